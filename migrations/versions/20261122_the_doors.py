"""letters in, sends out, how each inbox's line stands"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.config import settings
from app.lib.tenancy import protect

revision = "7d40c2b9e6a1"
down_revision = "5c1f0e7ab3d2"
branch_labels = None
depends_on = None

TENANT_TABLES = ("connections", "message_parts", "mail_references")
HOUR = sa.DateTime(timezone=True)
JSONB = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    widen_work()
    widen_letters()
    add_columns()
    make_tables()
    prefix = settings().database_role_prefix
    for table in TENANT_TABLES:
        for statement in protect(table, prefix):
            op.execute(statement)
    for statement in protect("orphans", prefix, account=None):
        op.execute(statement)


def widen_work() -> None:
    op.add_column("work", sa.Column("share", sa.Text(), server_default="", nullable=False))
    op.add_column("work", sa.Column("holds_until", HOUR, nullable=True))
    op.execute("update work set share = coalesce(account_id::text, '')")
    ready = sa.text("state = 'ready'")
    op.create_index("ix_work_share", "work", ["queue", "share", "run_at", "id"], postgresql_where=ready)
    claimed = sa.text("state = 'ready' and claimed_until is not null")
    op.create_index("ix_work_claimed", "work", ["queue", "share"], postgresql_where=claimed)


def widen_letters() -> None:
    op.execute("update letters set state = 'kept' where state = 'parked'")
    op.drop_constraint("ck_letters_state", "letters")
    op.create_check_constraint(
        op.f("ck_letters_state"), "letters", "state in ('kept', 'waiting', 'received', 'ignored')"
    )
    op.drop_index("ix_letters_open", table_name="letters")
    still_open = sa.text("state in ('kept', 'waiting')")
    op.create_index("ix_letters_open", "letters", ["account_id", "id"], postgresql_where=still_open)
    op.create_index("ix_letters_inbox", "letters", ["account_id", "inbox_id", "id"])
    of_a_message = sa.text("message_id is not null")
    op.create_index("ix_letters_message", "letters", ["account_id", "message_id"], postgresql_where=of_a_message)


def add_columns() -> None:
    op.add_column("inboxes", sa.Column("token", sa.Text(), nullable=True))
    # Nobody was told of these yet: a guess at one would take 122 bits.
    op.execute("update inboxes set token = replace(gen_random_uuid()::text, '-', '')")
    op.alter_column("inboxes", "token", nullable=False)
    op.create_unique_constraint(op.f("uq_inboxes_account_id_token"), "inboxes", ["account_id", "token"])
    op.create_index(op.f("ix_inboxes_token"), "inboxes", ["token"])
    op.add_column("messages", sa.Column("retry_at", HOUR, nullable=True))
    op.add_column("messages", sa.Column("edited_at", HOUR, nullable=True))
    op.add_column("attachments", sa.Column("state", sa.Text(), server_default="ready", nullable=False))
    op.create_check_constraint(op.f("ck_attachments_state"), "attachments", "state in ('ready', 'pending', 'failed')")
    op.add_column("attachments", sa.Column("ref", JSONB, nullable=True))
    for name in ("inline_id", "error"):
        op.add_column("attachments", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("attachments", sa.Column("letter_id", sa.BigInteger(), nullable=True))


def make_tables() -> None:
    op.create_table(
        "connections",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("inbox_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("problems", JSONB, server_default="[]", nullable=False),
        sa.Column("facts", JSONB, server_default="{}", nullable=False),
        sa.Column("expires_at", HOUR, nullable=True),
        sa.Column("checked_at", HOUR, nullable=True),
        sa.Column("failing_since", HOUR, nullable=True),
        sa.Column("told_at", HOUR, nullable=True),
        sa.Column("last_in_at", HOUR, nullable=True),
        sa.Column("last_out_at", HOUR, nullable=True),
        sa.Column("cursor", JSONB, server_default="{}", nullable=False),
        sa.Column("polled_at", HOUR, nullable=True),
        sa.Column("reconciled", JSONB, server_default="{}", nullable=False),
        sa.CheckConstraint("state in ('unknown', 'well', 'trouble')", name=op.f("ck_connections_state")),
        sa.ForeignKeyConstraint(
            ["account_id", "inbox_id"],
            ["inboxes.account_id", "inboxes.id"],
            name=op.f("fk_connections_account_id_inbox_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "inbox_id", name=op.f("pk_connections")),
    )
    in_trouble = sa.text("state = 'trouble'")
    op.create_index("ix_connections_trouble", "connections", ["account_id"], postgresql_where=in_trouble)
    op.create_table(
        "message_parts",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("inbox_id", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="sent", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("sent_at", HOUR, nullable=False),
        sa.CheckConstraint("status in ('sent', 'delivered', 'read', 'failed')", name=op.f("ck_message_parts_status")),
        sa.ForeignKeyConstraint(
            ["account_id", "inbox_id"],
            ["inboxes.account_id", "inboxes.id"],
            name=op.f("fk_message_parts_account_id_inbox_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "message_id"],
            ["messages.account_id", "messages.id"],
            name=op.f("fk_message_parts_account_id_message_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "message_id", "position", name=op.f("pk_message_parts")),
    )
    op.create_index(
        "uq_message_parts_source_id",
        "message_parts",
        ["inbox_id", "source_id"],
        unique=True,
        postgresql_where=sa.text("source_id is not null"),
    )
    op.create_table(
        "mail_references",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("inbox_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("header_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "conversation_id"],
            ["conversations.account_id", "conversations.id"],
            name=op.f("fk_mail_references_account_id_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "inbox_id"],
            ["inboxes.account_id", "inboxes.id"],
            name=op.f("fk_mail_references_account_id_inbox_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "message_id"],
            ["messages.account_id", "messages.id"],
            name=op.f("fk_mail_references_account_id_message_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_mail_references")),
    )
    op.create_index("ix_mail_references_header_id", "mail_references", ["account_id", "inbox_id", "header_id", "id"])
    op.create_index("ix_mail_references_message", "mail_references", ["account_id", "message_id"])
    op.create_table(
        "orphans",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("payload", JSONB, server_default="{}", nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", HOUR, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orphans")),
        sa.UniqueConstraint("channel", "address", "key", name=op.f("uq_orphans_channel_address_key")),
    )
