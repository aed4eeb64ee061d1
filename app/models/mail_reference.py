"""Which Message-IDs stand for a message: what a mail's references are looked up in. Ids repeat: senders are careless."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.lib.database import Model


class MailReference(Model):
    """`header_id` is a Message-ID without angle brackets, at most 998 characters (RFC 5322)."""

    __tablename__ = "mail_references"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "message_id"], ["messages.account_id", "messages.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["account_id", "inbox_id"], ["inboxes.account_id", "inboxes.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["account_id", "conversation_id"], ["conversations.account_id", "conversations.id"], ondelete="CASCADE"
        ),
        Index("ix_mail_references_header_id", "account_id", "inbox_id", "header_id", "id"),
        Index("ix_mail_references_message", "account_id", "message_id"),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    inbox_id: Mapped[int]
    conversation_id: Mapped[int]
    message_id: Mapped[int]
    header_id: Mapped[str]
