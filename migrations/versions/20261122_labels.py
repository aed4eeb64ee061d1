"""labels, and which conversations have them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.config import settings
from app.lib.tenancy import protect

revision = "e2b91d6c04f5"
down_revision = "a4d7c2e91b60"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "labels",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("color", sa.Text(), server_default="#1f93ff", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("show_on_sidebar", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_labels_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_labels")),
    )
    op.create_index("uq_labels_title", "labels", ["account_id", "title"], unique=True)
    op.create_table(
        "conversation_labels",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("label_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "conversation_id"],
            ["conversations.account_id", "conversations.id"],
            name=op.f("fk_conversation_labels_account_id_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "label_id"],
            ["labels.account_id", "labels.id"],
            name=op.f("fk_conversation_labels_account_id_label_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "conversation_id", "label_id", name=op.f("pk_conversation_labels")),
    )
    op.create_index(
        "ix_conversation_labels_label", "conversation_labels", ["account_id", "label_id", "conversation_id"]
    )
    prefix = settings().database_role_prefix
    for table in ("labels", "conversation_labels"):
        for statement in protect(table, prefix):
            op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {prefix}_tenant, {prefix}_system")
