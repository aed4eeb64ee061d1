"""What a customer may read of their conversation: never a note, never what the desk did."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload
from sqlalchemy.sql.base import ExecutableOption

from app.lib.database import db
from app.models.conversation import Conversation
from app.models.membership import Membership
from app.models.message import Message

PAGE = 20
CAUGHT_UP = 100
SAID_BY_US = ("outgoing", "template")


def latest(conversation: Conversation, *, before: int | None = None) -> list[Message]:
    """The last page of messages, or the one before that sequence; oldest first."""
    conditions = _readable(conversation)
    if before is not None:
        conditions.append(Message.sequence < before)
    newest_first = db.session.scalars(
        select(Message).where(*conditions).order_by(Message.sequence.desc()).limit(PAGE).options(*shown())
    )
    return list(reversed(newest_first.all()))


def changed_since(conversation: Conversation, version: int) -> Sequence[Message]:
    """What is new or different after `version`, by version, at most CAUGHT_UP of it."""
    return db.session.scalars(
        select(Message)
        .where(*_readable(conversation), Message.version > version)
        .order_by(Message.version, Message.sequence)
        .limit(CAUGHT_UP)
        .options(*shown())
    ).all()


def from_on(message: Message) -> Sequence[Message]:
    """It, and what was said since: the inbox may have answered by itself at once."""
    return db.session.scalars(
        select(Message)
        .where(*_readable(message.conversation), Message.sequence >= message.sequence)
        .order_by(Message.sequence)
        .limit(PAGE)
        .options(*shown())
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
                Message.message_type.in_(SAID_BY_US),
                Message.status.in_(("sent", "delivered")),
            )
        )
        or 0
    )


def _readable(conversation: Conversation) -> list[ColumnElement[bool]]:
    return [
        Message.account_id == conversation.account_id,
        Message.conversation_id == conversation.id,
        *to_customers(),
    ]


def to_customers() -> tuple[ColumnElement[bool], ...]:
    """Conditions: neither a note nor a line that tells what was done."""
    return (Message.private.is_(False), Message.message_type != "activity")


def shown() -> tuple[ExecutableOption, ...]:
    return (*Message.shown(), joinedload(Message.sender_user).joinedload(Membership.user))
