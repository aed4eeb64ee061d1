"""colleagues take calls on phones of their own"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "9e27b4d05af1"
down_revision = "c41d7e90b2a8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("memberships", sa.Column("call_number", sa.Text()))
    op.add_column("memberships", sa.Column("takes_calls", sa.Boolean(), nullable=False, server_default="true"))
    op.add_column("memberships", sa.Column("rung_at", sa.DateTime(timezone=True)))
