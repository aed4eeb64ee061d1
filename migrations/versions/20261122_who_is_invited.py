"""who is invited, and to which address a link was sent"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5c1f0e7ab3d2"
down_revision = "c3f0a5d1e7b2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("memberships", sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("one_time_tokens", sa.Column("email", sa.Text(), nullable=True))
