"""A message: incoming, outgoing, an activity line, or one that Parley sent by a template."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Computed, ForeignKeyConstraint, Identity, Index, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload
from sqlalchemy.sql.base import ExecutableOption

from app.lib.database import Model, Stamped
from app.models.actor import Actor, ActorKind

if TYPE_CHECKING:
    from app.models.attachment import Attachment
    from app.models.contact import Contact
    from app.models.conversation import Conversation
    from app.models.membership import Membership

MAX_CONTENT = 150_000
MAX_ATTACHMENTS = 15
MAX_PER_MINUTE = 200

SEARCH = (
    "array_to_tsvector(array['@' || account_id::text])"
    " || to_tsvector('simple', left(parley_fold(left(content, 50000)), 60000))"
)


class MessageType(StrEnum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    ACTIVITY = "activity"
    TEMPLATE = "template"


class MessageStatus(StrEnum):
    """How far a message to the customer has come; it only moves forward."""

    QUEUED = "queued"
    SENDING = "sending"
    UNSURE = "unsure"
    FAILED = "failed"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"


class Message(Stamped, Model):
    """`sequence` counts within the conversation; `version` is the conversation's at the message's last change.

    `client_id` is the bubble's id on every page, chosen by whoever wrote it: a repeat is one message.
    """

    __tablename__ = "messages"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "conversation_id"], ["conversations.account_id", "conversations.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["account_id", "inbox_id"], ["inboxes.account_id", "inboxes.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["account_id", "sender_user_id"], ["memberships.account_id", "memberships.user_id"]),
        ForeignKeyConstraint(["account_id", "sender_contact_id"], ["contacts.account_id", "contacts.id"]),
        ForeignKeyConstraint(["account_id", "reply_to_id"], ["messages.account_id", "messages.id"]),
        CheckConstraint("message_type in ('incoming', 'outgoing', 'activity', 'template')", name="message_type"),
        CheckConstraint(
            "status in ('queued', 'sending', 'unsure', 'failed', 'sent', 'delivered', 'read')", name="status"
        ),
        Index("uq_messages_sequence", "account_id", "conversation_id", "sequence", unique=True),
        Index("uq_messages_client_id", "account_id", "conversation_id", "client_id", unique=True),
        Index(
            "uq_messages_source_id",
            "inbox_id",
            "source_id",
            unique=True,
            postgresql_where=text("source_id is not null"),
        ),
        Index("ix_messages_version", "account_id", "conversation_id", "version"),
        Index(
            "ix_messages_under_way",
            "account_id",
            "conversation_id",
            "status",
            postgresql_where=text("message_type in ('outgoing', 'template') and status <> 'read'"),
        ),
        Index("ix_messages_timeline", "account_id", "conversation_id", "id"),
        # A contact who goes is looked for among the senders by the foreign key.
        Index(
            "ix_messages_sender_contact",
            "account_id",
            "sender_contact_id",
            postgresql_where=text("sender_contact_id is not null"),
        ),
        Index(
            "ix_messages_open",
            "account_id",
            "status",
            "id",
            postgresql_where=text(
                "message_type in ('outgoing', 'template') and status in ('queued', 'sending', 'unsure', 'failed')"
            ),
        ),
        Index("ix_messages_created_at", "account_id", "created_at"),
        Index("ix_messages_search", "search", postgresql_using="gin"),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    conversation_id: Mapped[int]
    inbox_id: Mapped[int]
    sequence: Mapped[int]
    version: Mapped[int]
    message_type: Mapped[str]
    content_type: Mapped[str] = mapped_column(default="text", server_default="text")
    content: Mapped[str] = mapped_column(default="", server_default="")
    processed_content: Mapped[str | None]
    private: Mapped[bool] = mapped_column(default=False, server_default="false")
    status: Mapped[str] = mapped_column(default=MessageStatus.SENT, server_default="sent")
    external_error: Mapped[str | None]
    source_id: Mapped[str | None]
    client_id: Mapped[str]
    sender_kind: Mapped[str] = mapped_column(default=ActorKind.SYSTEM, server_default="system")
    sender_user_id: Mapped[int | None]
    sender_contact_id: Mapped[int | None]
    reply_to_id: Mapped[int | None]
    content_attributes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    additional_attributes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    external_source_ids: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    sentiment: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    provider_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    """When a send that failed for now is tried again."""
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    search: Mapped[Any] = mapped_column(TSVECTOR, Computed(SEARCH, persisted=True), deferred=True)

    conversation: Mapped[Conversation] = relationship(
        viewonly=True, foreign_keys="[Message.account_id, Message.conversation_id]"
    )
    sender_user: Mapped[Membership | None] = relationship(viewonly=True)
    sender_contact: Mapped[Contact | None] = relationship(viewonly=True)
    reply_to: Mapped[Message | None] = relationship(
        viewonly=True,
        remote_side="[Message.account_id, Message.id]",
        foreign_keys="[Message.account_id, Message.reply_to_id]",
    )
    attachments: Mapped[list[Attachment]] = relationship(viewonly=True, order_by="Attachment.id")

    @classmethod
    def shown(cls) -> tuple[ExecutableOption, ...]:
        """Loader options for showing messages."""
        return (selectinload(cls.attachments), selectinload(cls.reply_to))

    def sent_by(self, actor: Actor) -> None:
        self.sender_kind = actor.kind
        self.sender_user_id = actor.id if actor.kind is ActorKind.USER else None
        self.sender_contact_id = actor.id if actor.kind is ActorKind.CONTACT else None

    @property
    def is_incoming(self) -> bool:
        return self.message_type == MessageType.INCOMING

    @property
    def is_activity(self) -> bool:
        return self.message_type == MessageType.ACTIVITY

    @property
    def is_public(self) -> bool:
        """Whether the customer may see it."""
        return not self.private and not self.is_activity

    @property
    def sender_name(self) -> str:
        if self.sender_user:
            return self.sender_user.user.available_name
        if self.sender_contact:
            return self.sender_contact.display_name
        return str(self.content_attributes.get("actor", ""))

    @property
    def dom_id(self) -> str:
        return f"message-{self.client_id}"
