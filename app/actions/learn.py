"""Takes news of messages there are: receipts, reactions, edits, deletions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from app.actions.call import note_call
from app.actions.rename import rename
from app.actions.unknown import Unknown as Unknown
from app.channels.base import Call, Deleted, Edited, Reaction, Receipt
from app.channels.incoming import Renamed
from app.lib import clock
from app.lib.database import db
from app.lib.storable import storable
from app.models.contact import ContactInbox
from app.models.conversation import Conversation
from app.models.event import record
from app.models.inbox import Inbox
from app.models.message import MAX_CONTENT, Message
from app.models.message_part import MessagePart

News = Receipt | Reaction | Edited | Deleted | Call | Renamed
# A read mark tells of all before it; those still under way are few.
MOST_AT_ONCE = 500
MOST_REACTIONS = 50


def learn(inbox: Inbox, news: News) -> Message | None:
    """Take one piece of news; returns the message it tells of. Raises Unknown."""
    if isinstance(news, Call):
        return note_call(inbox, news)
    if isinstance(news, Renamed):
        rename(inbox, news)
        return None
    if isinstance(news, Receipt) and news.up_to is not None:
        _read_until(inbox, news, news.up_to)
        return None
    message = _named(inbox, news.source_id)
    if message is None:
        raise Unknown(f"There is no message of the id {news.source_id[:200]}.")
    conversation = message.conversation
    if isinstance(news, Receipt):
        if not message.is_incoming:
            error = news.error or ("The provider did not deliver it." if news.status == "failed" else "")
            if news.about:
                message.additional_attributes = {**message.additional_attributes, **storable(dict(news.about))}
            conversation.advance(message, news.status, source_id=news.source_id, error=storable(error)[:2000])
        return message
    if isinstance(news, Edited) and message.content == storable(news.content)[:MAX_CONTENT]:
        # Providers tell of changes, too, that nobody sees.
        return message
    conversation.changed()
    if isinstance(news, Reaction):
        _react(message, news)
    elif isinstance(news, Edited):
        _edit(message, news)
    else:
        message.content_attributes = {**message.content_attributes, "deleted_by_sender": True}
        message.deleted_at = message.deleted_at or clock.now()
    message.version = conversation.version
    record("message.updated", message, by=conversation.contact.actor)
    return message


def _named(inbox: Inbox, source_id: str) -> Message | None:
    """By the provider's id, of the whole message or of a part of it."""
    if not source_id:
        return None
    part = select(MessagePart.message_id).where(
        MessagePart.account_id == inbox.account_id, MessagePart.inbox_id == inbox.id, MessagePart.source_id == source_id
    )
    message_id = db.session.scalar(part)
    named = Message.id == message_id if message_id else Message.source_id == source_id
    return db.session.scalar(
        select(Message).where(Message.account_id == inbox.account_id, Message.inbox_id == inbox.id, named)
    )


def _read_until(inbox: Inbox, receipt: Receipt, until: datetime) -> None:
    """All our messages to `sender` until then have come that far."""
    conversations = (
        select(Conversation)
        .join(
            ContactInbox,
            (ContactInbox.account_id == Conversation.account_id) & (ContactInbox.id == Conversation.contact_inbox_id),
        )
        .where(
            Conversation.account_id == inbox.account_id,
            ContactInbox.inbox_id == inbox.id,
            ContactInbox.source_id == receipt.sender,
            *_thread(receipt.thread),
        )
        .order_by(Conversation.id.desc())
        .limit(5)
    )
    for conversation in db.session.scalars(conversations).all():
        under_way = (
            select(Message)
            .where(
                Message.account_id == inbox.account_id,
                Message.conversation_id == conversation.id,
                Message.message_type.in_(("outgoing", "template")),
                Message.private.is_(False),
                Message.status.in_(("sent", "delivered")),
                func.coalesce(Message.provider_at, Message.created_at) <= until,
            )
            .order_by(Message.sequence.desc())
            .limit(MOST_AT_ONCE)
        )
        for message in db.session.scalars(under_way).all():
            conversation.advance(message, receipt.status)


def _thread(thread: str | None) -> tuple[ColumnElement[bool], ...]:
    if thread is None:
        return ()
    return (Conversation.identifier == thread if thread else Conversation.identifier.is_(None),)


def _react(message: Message, reaction: Reaction) -> None:
    """One emoji a person; none takes it back."""
    name = message.conversation.contact.display_name
    before: dict[str, list[str]] = message.content_attributes.get("reactions", {})
    others = {emoji: [who for who in people if who != name] for emoji, people in before.items()}
    after = {emoji: people for emoji, people in others.items() if people}
    emoji = storable(reaction.emoji)[:32]
    if emoji and len(after) < MOST_REACTIONS:
        after[emoji] = [*after.get(emoji, []), name]
    message.content_attributes = {**message.content_attributes, "reactions": after}


def _edit(message: Message, edited: Edited) -> None:
    """What it said before is kept for whoever has to know."""
    before = message.content_attributes.get("edits", [])
    message.content_attributes = {
        **message.content_attributes,
        "edits": [*before, {"content": message.content, "at": clock.now().isoformat()}][-20:],
    }
    message.content, message.edited_at = storable(edited.content)[:MAX_CONTENT], clock.now()
