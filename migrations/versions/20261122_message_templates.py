"""message templates, and when they were last synced"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.config import settings
from app.lib.tenancy import protect

revision = "5e8d31c07fa9"
down_revision = "9e27b4d05af1"
branch_labels = None
depends_on = None

HOUR = sa.DateTime(timezone=True)
JSONB = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.add_column("connections", sa.Column("templates_synced_at", HOUR, nullable=True))
    op.add_column("connections", sa.Column("templates_error", sa.Text(), nullable=True))
    words = [
        sa.Column(name, sa.Text(), server_default="", nullable=False)
        for name in ("category", "body", "header_kind", "header", "footer", "hindrance")
    ]
    op.create_table(
        "message_templates",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("inbox_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        *words,
        sa.Column("buttons", JSONB, server_default="[]", nullable=False),
        sa.Column("payload", JSONB, server_default="{}", nullable=False),
        sa.Column("created_at", HOUR, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", HOUR, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "inbox_id"],
            ["inboxes.account_id", "inboxes.id"],
            name=op.f("fk_message_templates_account_id_inbox_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name=op.f("pk_message_templates")),
    )
    op.create_index("uq_message_templates_key", "message_templates", ["account_id", "inbox_id", "key"], unique=True)
    for statement in protect("message_templates", settings().database_role_prefix):
        op.execute(statement)
