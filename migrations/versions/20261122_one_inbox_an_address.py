"""an address that letters name belongs to one inbox of all accounts; inboxes are removed piece by piece"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c5d07e9b1a42"
down_revision = "a86c1f4be930"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inboxes", sa.Column("claim", sa.Text(), nullable=True))
    op.add_column("inboxes", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_unique_constraint("uq_inboxes_channel_claim", "inboxes", ["channel", "claim"])
