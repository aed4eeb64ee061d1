"""when an inbox is open, and that it asks for an address only where someone wished it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.config import settings
from app.lib.tenancy import protect

revision = "d91f6ab27c35"
down_revision = "b83e5f20d7ac"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "working_hours",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("inbox_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.SmallInteger(), nullable=False),
        sa.Column("opens_at", sa.SmallInteger(), nullable=False),
        sa.Column("closes_at", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("day between 0 and 6", name=op.f("ck_working_hours_day")),
        sa.CheckConstraint(
            "opens_at >= 0 and closes_at > opens_at and closes_at <= 1440", name=op.f("ck_working_hours_hours")
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "inbox_id"],
            ["inboxes.account_id", "inboxes.id"],
            name=op.f("fk_working_hours_account_id_inbox_id_inboxes"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_working_hours")),
        sa.UniqueConstraint(
            "account_id", "inbox_id", "day", "opens_at", name=op.f("uq_working_hours_account_id_inbox_id_day_opens_at")
        ),
    )
    for statement in protect("working_hours", settings().database_role_prefix):
        op.execute(statement)
    # Nobody could say until now whether they wished it.
    op.execute("update inboxes set enable_email_collect = false")
    op.alter_column("inboxes", "enable_email_collect", server_default=sa.text("false"))
