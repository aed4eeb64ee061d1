"""The messages of a conversation as programs ask for them: around the ids of others."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload
from sqlalchemy.sql.base import ExecutableOption

from app.lib.database import db
from app.models.conversation import Conversation
from app.models.membership import Membership
from app.models.message import Message

LATEST, AFTER, BETWEEN = 20, 100, 1000


def around(
    conversation: Conversation, *, before: int | None = None, after: int | None = None, hide_internal: bool = False
) -> Sequence[Message]:
    """Oldest first: the latest, those before an id, those after one, or those from one (itself too) up to another."""
    query = select(Message).where(
        Message.account_id == conversation.account_id, Message.conversation_id == conversation.id
    )
    if hide_internal:
        query = query.where(Message.private.is_(False), Message.message_type != "activity")
    query = query.options(*shown())
    if before is not None:
        query = query.where(_is_before(conversation, before))
    if after is None:
        newest_first = db.session.scalars(query.order_by(Message.sequence.desc()).limit(LATEST))
        return list(reversed(newest_first.all()))
    from_here = ~_is_before(conversation, after)
    if before is None:
        query, limit = query.where(from_here, Message.id != after), AFTER
    else:
        query, limit = query.where(from_here), BETWEEN
    return db.session.scalars(query.order_by(Message.sequence).limit(limit)).all()


def one(conversation: Conversation, message_id: int) -> Message:
    """A message with all that is shown of it, as it is now."""
    query = select(Message).where(Message.account_id == conversation.account_id, Message.id == message_id)
    return db.session.scalars(query.options(*shown()).execution_options(populate_existing=True)).one()


def shown() -> tuple[ExecutableOption, ...]:
    return (
        *Message.shown(),
        joinedload(Message.sender_user).joinedload(Membership.user),
        joinedload(Message.sender_contact),
    )


def _is_before(conversation: Conversation, message_id: int) -> ColumnElement[bool]:
    """Ids rise with the sequence within a conversation; the thread is read by sequence, which has the index."""
    known = db.session.get(Message, (conversation.account_id, message_id))
    if known is None or known.conversation_id != conversation.id:
        return Message.id < message_id
    return Message.sequence < known.sequence
