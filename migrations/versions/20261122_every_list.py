"""every list of the inbox has an index that it is read from in order"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "a86c1f4be930"
down_revision = "f3a9d0c4172e"
branch_labels = None
depends_on = None

SORTS = {
    "activity": ["last_activity_at", "id"],
    "created": ["created_at", "id"],
    "priority": ["priority_rank", "last_activity_at", "id"],
    "waiting": ["waiting_since", "id"],
}
NOBODY: dict[str, Any] = {"postgresql_where": sa.text("assignee_id is null")}


def upgrade() -> None:
    op.drop_index("ix_conversations_assignee", "conversations")
    op.execute("alter index ix_conversations_unassigned rename to ix_conversations_unassigned_activity")
    op.execute("alter index ix_conversations_unassigned_account rename to ix_conversations_unassigned_account_activity")
    for sort, keys in SORTS.items():
        _index(f"assignee_{sort}", ["assignee_id", "status", *keys], postgresql_include=["inbox_id"])
        if sort != "activity":
            _index(f"unassigned_{sort}", ["inbox_id", "status", *keys], **NOBODY)
            _index(f"unassigned_account_{sort}", ["status", *keys], **NOBODY)


def _index(name: str, columns: list[str], **more: Any) -> None:
    op.create_index(f"ix_conversations_{name}", "conversations", ["account_id", *columns], **more)
