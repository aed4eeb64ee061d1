"""What a customer may read of their conversation: never a note, never what the desk did."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload
from sqlalchemy.sql.base import ExecutableOption

from app.lib.database import db
from app.models.contact import ContactInbox
from app.models.conversation import Conversation
from app.models.membership import Membership
from app.models.message import Message

PAGE = 20
CAUGHT_UP = 100


def latest(conversation: Conversation, *, before: int | None = None) -> list[Message]:
    """The last page of messages, or the one before that sequence; oldest first."""
    conditions = _readable(conversation)
    if before is not None:
        conditions.append(Message.sequence < before)
    newest_first = db.session.scalars(
        select(Message).where(*conditions).order_by(Message.sequence.desc()).limit(PAGE).options(*_shown())
    )
    return list(reversed(newest_first.all()))


def changed_since(conversation: Conversation, version: int) -> Sequence[Message]:
    """What is new or different after `version`, by version, at most CAUGHT_UP of it."""
    return db.session.scalars(
        select(Message)
        .where(*_readable(conversation), Message.version > version)
        .order_by(Message.version, Message.sequence)
        .limit(CAUGHT_UP)
        .options(*_shown())
    ).all()


def is_first(conversation: Conversation, message: Message) -> bool:
    """Whether nothing stands before it."""
    earlier = select(Message.id).where(*_readable(conversation), Message.sequence < message.sequence).limit(1)
    return db.session.scalar(earlier) is None


def unread(conversation: Conversation) -> int:
    """How many of our messages the customer has not seen."""
    return (
        db.session.scalar(
            select(func.count()).where(
                *_readable(conversation),
                Message.message_type.in_(("outgoing", "template")),
                Message.status.in_(("sent", "delivered")),
            )
        )
        or 0
    )


def last_answer(conversation: Conversation) -> Message | None:
    """What the desk said last."""
    return db.session.scalar(
        select(Message)
        .where(*_readable(conversation), Message.message_type.in_(("outgoing", "template")))
        .order_by(Message.sequence.desc())
        .limit(1)
        .options(*_shown())
    )


def state_of(account_id: int, inbox_id: int, source_id: str) -> tuple[ContactInbox | None, int]:
    """A visitor's session and the version of their conversation, 0 before there is one: what a heartbeat asks, in one."""
    found = db.session.execute(
        select(ContactInbox, func.coalesce(Conversation.version, 0))
        .outerjoin(
            Conversation,
            (Conversation.account_id == ContactInbox.account_id) & (Conversation.contact_inbox_id == ContactInbox.id),
        )
        .where(
            ContactInbox.account_id == account_id,
            ContactInbox.inbox_id == inbox_id,
            ContactInbox.source_id == source_id,
        )
        .order_by(Conversation.id.desc().nulls_last())
        .limit(1)
    ).first()
    return (found[0], found[1]) if found else (None, 0)


def _readable(conversation: Conversation) -> list[ColumnElement[bool]]:
    return [
        Message.account_id == conversation.account_id,
        Message.conversation_id == conversation.id,
        Message.private.is_(False),
        Message.message_type != "activity",
    ]


def _shown() -> tuple[ExecutableOption, ...]:
    return (*Message.shown(), joinedload(Message.sender_user).joinedload(Membership.user))
