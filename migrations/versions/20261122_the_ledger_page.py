"""counting what is open, and what came lately"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "f3a9d0c4172e"
down_revision = "d91f6ab27c35"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_letters_received_at", "letters", ["account_id", "received_at"])
    op.create_index("ix_messages_created_at", "messages", ["account_id", "created_at"])
    still_open = sa.text(
        "message_type in ('outgoing', 'template') and status in ('queued', 'sending', 'unsure', 'failed')"
    )
    op.create_index("ix_messages_open", "messages", ["account_id", "status", "id"], postgresql_where=still_open)
