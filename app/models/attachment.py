"""A file, place or link that a message carries."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKeyConstraint, Identity, Index
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.lib import clock
from app.lib.database import Model
from app.models.message import Message

if TYPE_CHECKING:
    from app.lib.storage import Stored


class Attachment(Model):
    """`kind` is image, audio, video, file, location, contact, share, fallback …; sizes are in bytes and pixels."""

    __tablename__ = "attachments"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "message_id"], ["messages.account_id", "messages.id"], ondelete="CASCADE"),
        Index("ix_attachments_message", "account_id", "message_id", "id"),
        Index("uq_attachments_uuid", "account_id", "uuid", unique=True),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    uuid: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), default=uuid.uuid4)
    message_id: Mapped[int]
    kind: Mapped[str] = mapped_column(default="file", server_default="file")
    storage_key: Mapped[str | None]
    thumbnail_key: Mapped[str | None]
    filename: Mapped[str] = mapped_column(default="", server_default="")
    content_type: Mapped[str] = mapped_column(
        default="application/octet-stream", server_default="application/octet-stream"
    )
    byte_size: Mapped[int] = mapped_column(default=0, server_default="0")
    width: Mapped[int | None]
    height: Mapped[int | None]
    external_url: Mapped[str | None]
    fallback_title: Mapped[str | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    meta: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    message: Mapped[Message] = relationship(viewonly=True)

    @classmethod
    def made_of(cls, stored: Stored, message: Message) -> Attachment:
        return cls(
            account_id=message.account_id,
            message_id=message.id,
            kind=stored.kind,
            storage_key=stored.key,
            filename=stored.filename,
            content_type=stored.content_type,
            byte_size=stored.byte_size,
            width=stored.width,
            height=stored.height,
        )

    @property
    def link(self) -> str:
        """Where a shared thing is found; empty where a sender's link leads anywhere but to the web."""
        given = self.external_url or ""
        return given if given.lower().startswith(("https://", "http://")) else ""
