"""contacts that are made one and parted again, those who look alike, and a person's messages in time"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.config import settings
from app.lib.tenancy import protect

revision = "b83e5f20d7ac"
down_revision = "e2b91d6c04f5"
branch_labels = None
depends_on = None

HOUR = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("contacts", sa.Column("deleted_at", HOUR, nullable=True))
    make_merges()
    make_keys()
    make_suggestions()
    op.create_index("ix_messages_timeline", "messages", ["account_id", "conversation_id", "id"])
    # A contact who goes is looked for among the senders by the foreign key.
    op.create_index(
        "ix_messages_sender_contact",
        "messages",
        ["account_id", "sender_contact_id"],
        postgresql_where=sa.text("sender_contact_id is not null"),
    )
    for table in ("merges", "contact_keys", "merge_suggestions"):
        for statement in protect(table, settings().database_role_prefix):
            op.execute(statement)


def make_merges() -> None:
    op.create_table(
        "merges",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("base_id", sa.BigInteger(), nullable=False),
        sa.Column("merged_id", sa.BigInteger(), nullable=False),
        sa.Column("merged_name", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_name", sa.Text(), server_default="", nullable=False),
        sa.Column("snapshot", JSONB(), nullable=False),
        sa.Column("filled", JSONB(), nullable=False),
        sa.Column("moved", JSONB(), nullable=False),
        sa.Column("created_at", HOUR, nullable=False),
        sa.Column("undone_at", HOUR, nullable=True),
        sa.CheckConstraint("why in ('verified', 'email', 'phone', 'by_hand', 'typed')", name=op.f("ck_merges_why")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_merges")),
    )
    op.create_index("ix_merges_base", "merges", ["account_id", "base_id", "id"])
    op.create_index("ix_merges_merged", "merges", ["account_id", "merged_id", "id"])


def make_keys() -> None:
    op.create_table(
        "contact_keys",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "contact_id"],
            ["contacts.account_id", "contacts.id"],
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "kind", "key", "contact_id", name=op.f("pk_contact_keys")),
    )
    op.create_index("ix_contact_keys_contact", "contact_keys", ["account_id", "contact_id"])


def make_suggestions() -> None:
    op.create_table(
        "merge_suggestions",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), server_default="", nullable=False),
        sa.Column("proof", sa.Text(), server_default="typed", nullable=False),
        sa.Column("created_at", HOUR, nullable=False),
        sa.Column("dismissed_at", HOUR, nullable=True),
        sa.Column("dismissed_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("contact_id < other_id", name=op.f("ck_merge_suggestions_order")),
        *(
            sa.ForeignKeyConstraint(["account_id", column], ["contacts.account_id", "contacts.id"], ondelete="CASCADE")
            for column in ("contact_id", "other_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_merge_suggestions")),
    )
    op.create_index(
        "uq_merge_suggestions_pair", "merge_suggestions", ["account_id", "contact_id", "other_id"], unique=True
    )
    op.create_index("ix_merge_suggestions_other", "merge_suggestions", ["account_id", "other_id"])
