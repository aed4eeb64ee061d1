"""A conversation: what one customer and the desk say to each other in one inbox."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKeyConstraint, Identity, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship, selectinload
from sqlalchemy.sql.base import ExecutableOption

from app.lib import clock
from app.lib.database import Model, Stamped
from app.models.contact import Contact, ContactInbox
from app.models.conversation.accessible import Accessible
from app.models.conversation.answerable import Answerable
from app.models.conversation.assignable import Assignable
from app.models.conversation.continuable import Continuable
from app.models.conversation.deliverable import Deliverable
from app.models.conversation.labelable import Labelable
from app.models.conversation.prioritized import Prioritized
from app.models.conversation.readable import Readable
from app.models.conversation.startable import Startable
from app.models.conversation.stateful import Stateful
from app.models.conversation.talkative import Talkative
from app.models.inbox import Inbox
from app.models.label import Label
from app.models.membership import Membership
from app.models.message import Message


class Status(StrEnum):
    OPEN = "open"
    PENDING = "pending"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class Priority(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


RANK = "case priority when 'urgent' then 4 when 'high' then 3 when 'medium' then 2 when 'low' then 1 else 0 end"


def _list_indexes() -> list[Index]:
    """One index per way to sort, each for a whole account and for one inbox, one person, and nobody."""
    sorts = {
        "activity": ["last_activity_at", "id"],
        "created": ["created_at", "id"],
        "priority": ["priority_rank", "last_activity_at", "id"],
        "waiting": ["waiting_since", "id"],
    }
    nobody = {"postgresql_where": text("assignee_id is null")}
    scopes: dict[str, tuple[list[str], dict[str, Any]]] = {
        "account": ([], {}),
        "inbox": (["inbox_id"], {}),
        # With the inbox, of which some may not be seen, a count reads nothing else.
        "assignee": (["assignee_id"], {"postgresql_include": ["inbox_id"]}),
        "unassigned": (["inbox_id"], nobody),
        "unassigned_account": ([], nobody),
    }
    indexes = [
        Index(f"ix_conversations_{scope}_{sort}", "account_id", *columns, "status", *keys, **more)
        for scope, (columns, more) in scopes.items()
        for sort, keys in sorts.items()
    ]
    return [*indexes, Index("ix_conversations_account_any", "account_id", "last_activity_at", "id")]


class Conversation(
    Startable,
    Accessible,
    Assignable,
    Stateful,
    Prioritized,
    Labelable,
    Continuable,
    Readable,
    Answerable,
    Talkative,
    Deliverable,
    Stamped,
    Model,
):
    """`version` rises, under the row's lock, with every change that someone can see."""

    __tablename__ = "conversations"
    __table_args__ = (
        ForeignKeyConstraint(["account_id"], ["accounts.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["account_id", "inbox_id"], ["inboxes.account_id", "inboxes.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["account_id", "contact_id"], ["contacts.account_id", "contacts.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["account_id", "contact_inbox_id"], ["contact_inboxes.account_id", "contact_inboxes.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["account_id", "assignee_id"], ["memberships.account_id", "memberships.user_id"]),
        ForeignKeyConstraint(
            ["account_id", "last_message_id"],
            ["messages.account_id", "messages.id"],
            use_alter=True,
            deferrable=True,
            initially="DEFERRED",
        ),
        CheckConstraint("status in ('open', 'pending', 'snoozed', 'resolved')", name="status"),
        CheckConstraint("priority in ('low', 'medium', 'high', 'urgent')", name="priority"),
        Index("uq_conversations_display_id", "account_id", "display_id", unique=True),
        Index("uq_conversations_uuid", "account_id", "uuid", unique=True),
        Index("ix_conversations_contact", "account_id", "contact_id", "last_activity_at", "id"),
        Index("ix_conversations_session", "account_id", "contact_inbox_id", "id"),
        *_list_indexes(),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    display_id: Mapped[int]
    uuid: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), default=uuid.uuid4)
    inbox_id: Mapped[int]
    contact_id: Mapped[int]
    contact_inbox_id: Mapped[int]
    status: Mapped[str] = mapped_column(default=Status.OPEN, server_default="open")
    priority: Mapped[str | None]
    priority_rank: Mapped[int] = mapped_column(SmallInteger, Computed(RANK, persisted=True))
    assignee_id: Mapped[int | None]
    assignee_agent_bot_id: Mapped[int | None]
    team_id: Mapped[int | None]
    campaign_id: Mapped[int | None]
    sla_policy_id: Mapped[int | None]
    identifier: Mapped[str | None]
    subject: Mapped[str | None]
    snoozed_until: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None]
    first_reply_created_at: Mapped[datetime | None]
    last_activity_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_incoming_at: Mapped[datetime | None]
    agent_last_seen_at: Mapped[datetime | None]
    assignee_last_seen_at: Mapped[datetime | None]
    contact_last_seen_at: Mapped[datetime | None]
    unread_count: Mapped[int] = mapped_column(default=0, server_default="0")
    last_sequence: Mapped[int] = mapped_column(default=0, server_default="0")
    last_message_id: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=0, server_default="0")
    additional_attributes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    custom_attributes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")

    inbox: Mapped[Inbox] = relationship(viewonly=True)
    contact: Mapped[Contact] = relationship(viewonly=True)
    contact_inbox: Mapped[ContactInbox] = relationship(viewonly=True)
    assignee: Mapped[Membership | None] = relationship(viewonly=True)
    labels: Mapped[list[Label]] = relationship(viewonly=True, secondary="conversation_labels", order_by="Label.title")
    last_message: Mapped[Message | None] = relationship(
        viewonly=True,
        foreign_keys="[Conversation.account_id, Conversation.last_message_id]",
        primaryjoin="and_(Message.account_id == Conversation.account_id, Message.id == Conversation.last_message_id)",
    )

    @classmethod
    def shown(cls) -> tuple[ExecutableOption, ...]:
        """Loader options for showing it in a list, with the last thing said."""
        said = joinedload(cls.last_message)
        return (
            joinedload(cls.contact),
            joinedload(cls.inbox),
            joinedload(cls.assignee).joinedload(Membership.user),
            selectinload(cls.labels),
            said.selectinload(Message.attachments),
            said.joinedload(Message.sender_user).joinedload(Membership.user),
        )
