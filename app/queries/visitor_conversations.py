"""The conversations of a visitor: those of their session, or, once they are proven, of all their proven sessions here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from app.lib.database import db
from app.models.contact import ContactInbox
from app.models.conversation import Conversation
from app.models.membership import Membership
from app.models.message import Message
from app.queries.visitor_thread import SAID_BY_US, shown, to_customers

MOST = 20


@dataclass(frozen=True)
class Entry:
    """A conversation as its visitor's list has it."""

    conversation: Conversation
    last: Message | None
    unread: int

    @property
    def id(self) -> int:
        return self.conversation.id


def are_of(session: ContactInbox) -> ColumnElement[bool]:
    """A condition: the visitor of this session may read them."""
    own: ColumnElement[Any] = Conversation.contact_inbox_id == session.id
    if session.hmac_verified:
        own = Conversation.contact_inbox_id.in_(
            select(ContactInbox.id).where(
                ContactInbox.account_id == session.account_id,
                ContactInbox.inbox_id == session.inbox_id,
                ContactInbox.contact_id == session.contact_id,
                ContactInbox.hmac_verified,
            )
        )
    return (Conversation.account_id == session.account_id) & (Conversation.inbox_id == session.inbox_id) & own


def latest(session: ContactInbox) -> Conversation | None:
    return db.session.scalar(select(Conversation).where(are_of(session)).order_by(Conversation.id.desc()).limit(1))


def named(session: ContactInbox, uuid: UUID) -> Conversation | None:
    return db.session.scalar(select(Conversation).where(are_of(session), Conversation.uuid == uuid))


def holding(session: ContactInbox, client_id: str) -> Message | None:
    """The message of that name in any of their conversations, as far as customers may read it."""
    own = select(Conversation.id).where(are_of(session))
    return db.session.scalar(
        select(Message)
        .where(
            Message.account_id == session.account_id,
            Message.conversation_id.in_(own),
            Message.client_id == client_id,
            *to_customers(),
        )
        .options(*shown(), joinedload(Message.conversation))
    )


def listed(session: ContactInbox) -> list[Entry]:
    """What they talk of, the newest first, with the last words and how many they have not read."""
    conversations = db.session.scalars(
        select(Conversation)
        .where(are_of(session))
        .order_by(Conversation.last_activity_at.desc(), Conversation.id.desc())
        .limit(MOST)
        .options(joinedload(Conversation.inbox), joinedload(Conversation.assignee).joinedload(Membership.user))
    ).all()
    last, unread = _last_messages(conversations), _unread(conversations)
    return [Entry(each, last.get(each.id), unread.get(each.id, 0)) for each in conversations]


def state_of(account_id: int, inbox_id: int, source_id: str) -> tuple[ContactInbox | None, dict[str, int]]:
    """A visitor's session, and the version of each of their conversations by its uuid: what a heartbeat asks, mostly in one."""
    found = db.session.execute(
        select(ContactInbox, Conversation.uuid, Conversation.version)
        .outerjoin(
            Conversation,
            (Conversation.account_id == ContactInbox.account_id) & (Conversation.contact_inbox_id == ContactInbox.id),
        )
        .where(
            ContactInbox.account_id == account_id,
            ContactInbox.inbox_id == inbox_id,
            ContactInbox.source_id == source_id,
        )
        .order_by(Conversation.last_activity_at.desc(), Conversation.id.desc())
        .limit(MOST)
    ).all()
    session = found[0][0] if found else None
    if session and session.hmac_verified:
        return session, _heads(session)
    return session, {str(uuid): version for _, uuid, version in found if uuid}


def sessions(session: ContactInbox) -> Sequence[UUID]:
    """The uuids of the sessions whose conversations they may read: theirs, and once proven, their other proven ones."""
    if not session.hmac_verified:
        return [session.uuid]
    return db.session.scalars(
        select(ContactInbox.uuid).where(
            ContactInbox.account_id == session.account_id,
            ContactInbox.inbox_id == session.inbox_id,
            ContactInbox.contact_id == session.contact_id,
            ContactInbox.hmac_verified,
        )
    ).all()


def _heads(session: ContactInbox) -> dict[str, int]:
    found = db.session.execute(
        select(Conversation.uuid, Conversation.version)
        .where(are_of(session))
        .order_by(Conversation.last_activity_at.desc(), Conversation.id.desc())
        .limit(MOST)
    )
    return {str(uuid): version for uuid, version in found}


def _last_messages(conversations: Sequence[Conversation]) -> dict[int, Message]:
    if not conversations:
        return {}
    newest = (
        select(Message.id)
        .where(
            Message.account_id == Conversation.account_id,
            Message.conversation_id == Conversation.id,
            *to_customers(),
        )
        .order_by(Message.sequence.desc())
        .limit(1)
        .correlate(Conversation)
        .scalar_subquery()
    )
    found = db.session.scalars(
        select(Message)
        .join(
            Conversation,
            (Conversation.account_id == Message.account_id) & (Conversation.id == Message.conversation_id),
        )
        .where(
            Message.account_id == conversations[0].account_id,
            Conversation.id.in_([each.id for each in conversations]),
            Message.id == newest,
        )
        .options(*shown(), joinedload(Message.sender_user).joinedload(Membership.user))
    )
    return {message.conversation_id: message for message in found}


def _unread(conversations: Sequence[Conversation]) -> dict[int, int]:
    if not conversations:
        return {}
    counted = db.session.execute(
        select(Message.conversation_id, func.count())
        .where(
            Message.account_id == conversations[0].account_id,
            Message.conversation_id.in_([each.id for each in conversations]),
            *to_customers(),
            Message.message_type.in_(SAID_BY_US),
            Message.status.in_(("sent", "delivered")),
        )
        .group_by(Message.conversation_id)
    )
    return {row[0]: row[1] for row in counted}
