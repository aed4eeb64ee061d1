"""a conversation may name its last message before that is written, as long as both are committed together"""

from __future__ import annotations

from alembic import op

revision = "c41d7e90b2a8"
down_revision = "c5d07e9b1a42"
branch_labels = None
depends_on = None

NAME = "fk_conversations_account_id_last_message_id"


def upgrade() -> None:
    op.execute(f"alter table conversations alter constraint {NAME} deferrable initially deferred")
