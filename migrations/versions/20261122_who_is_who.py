"""how sure it is that an address is a contact's own"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "a4d7c2e91b60"
down_revision = "7d40c2b9e6a1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("proofs", "claims"):
        op.add_column("contacts", sa.Column(name, JSONB(), server_default="{}", nullable=False))
