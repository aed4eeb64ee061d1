"""A file, place or link that a message carries."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.channels.base import Media
from app.lib import clock
from app.lib.database import Model
from app.lib.queue import Queue, later
from app.models.message import Message

if TYPE_CHECKING:
    from app.lib.storage import Stored


class Attachment(Model):
    """`kind` is image, audio, video, file, location, contact, share, fallback …; sizes are in bytes and pixels."""

    __tablename__ = "attachments"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "message_id"], ["messages.account_id", "messages.id"], ondelete="CASCADE"),
        CheckConstraint("state in ('ready', 'pending', 'failed')", name="state"),
        Index("ix_attachments_message", "account_id", "message_id", "id"),
        Index("uq_attachments_uuid", "account_id", "uuid", unique=True),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    uuid: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), default=uuid.uuid4)
    message_id: Mapped[int]
    kind: Mapped[str] = mapped_column(default="file", server_default="file")
    state: Mapped[str] = mapped_column(default="ready", server_default="ready")
    """`pending` is being fetched from the provider, `failed` could not be: `error` says why, and it can be tried again."""
    ref: Mapped[dict[str, Any] | None]
    """What the channel fetches it by."""
    inline_id: Mapped[str | None]
    error: Mapped[str | None]
    letter_id: Mapped[int | None]
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
    def made_of(cls, given: Stored | Media, message: Message) -> Attachment:
        """Of a kept file, or of something a channel tells of, which is to be fetched when it has a `ref`."""
        made = cls(account_id=message.account_id, message_id=message.id, kind=given.kind, filename=given.filename)
        if isinstance(given, Media):
            made.state, made.ref = ("pending", dict(given.ref)) if given.ref is not None else ("ready", None)
            made.content_type = given.content_type or "application/octet-stream"
            made.byte_size, made.inline_id, made.meta = given.byte_size, given.inline_id, dict(given.meta)
            made.external_url, made.fallback_title = given.external_url, given.title
            made.latitude, made.longitude = given.latitude, given.longitude
        else:
            made.hold(given)
        return made

    def hold(self, stored: Stored) -> None:
        """These are its bytes."""
        self.state, self.error, self.storage_key = "ready", None, stored.key
        self.kind = stored.kind if self.kind in ("", "file", "image", "audio", "video") else self.kind
        self.filename = self.filename or stored.filename
        self.content_type, self.byte_size = stored.content_type, stored.byte_size
        self.width, self.height = stored.width, stored.height

    def wish_fetch(self, inbox_id: int) -> None:
        """Have it fetched from the provider, beside whatever else the inbox does."""
        self.state, self.error = "pending", None
        later(
            "fetch_media",
            self.account_id,
            self.id,
            queue=Queue.OUTBOUND,
            once=f"media:{self.id}",
            share=f"{self.account_id}:{inbox_id}:media",
        )

    @property
    def link(self) -> str:
        """Where a shared thing is found; empty where a sender's link leads anywhere but to the web."""
        given = self.external_url or ""
        return given if given.lower().startswith(("https://", "http://")) else ""
