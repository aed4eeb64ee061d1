"""One send of a message: a long text or several files go out in parts, each with the provider's own id."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.lib import clock
from app.lib.database import Model


class MessagePart(Model):
    """`position` counts from 0; `status` is as a message's, which shows the one that has come least far."""

    __tablename__ = "message_parts"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "message_id"], ["messages.account_id", "messages.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["account_id", "inbox_id"], ["inboxes.account_id", "inboxes.id"], ondelete="CASCADE"),
        CheckConstraint("status in ('sent', 'delivered', 'read', 'failed')", name="status"),
        Index(
            "uq_message_parts_source_id",
            "inbox_id",
            "source_id",
            unique=True,
            postgresql_where=text("source_id is not null"),
        ),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    inbox_id: Mapped[int]
    source_id: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="sent", server_default="sent")
    error: Mapped[str | None]
    sent_at: Mapped[datetime] = mapped_column(default=clock.now)
