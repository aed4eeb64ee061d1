"""What a customer is shown: nothing of the desk's own, and nothing of a person whom they only claim to be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.blueprints.api.shapes.message import TYPES, attachment
from app.blueprints.api.shapes.moments import iso, unix_or_zero
from app.blueprints.api.shapes.person import photo
from app.lib.database import db
from app.models.contact import Contact, ContactInbox
from app.models.conversation import Conversation
from app.models.membership import Membership
from app.models.message import Message, MessageType

REACHES = ("name", "email", "phone_number", "identifier")
# What of a message's attributes is meant for the customer.
MEANT = ("items", "submitted_values", "submitted_email")


def contact(session: ContactInbox, said: dict[str, Any] | None = None) -> dict[str, Any]:
    """`said` is what this very request says of the person: that is no secret from whoever says it."""
    person = session.contact
    return {"id": person.id, "source_id": session.source_id, "pubsub_token": "", **_reaches(session, said or {})}


def record(session: ContactInbox, said: dict[str, Any] | None = None) -> dict[str, Any]:
    """The contact as a whole, as far as customers are told."""
    person = session.contact
    return {
        **contact(session, said),
        "account_id": person.account_id,
        "contact_type": person.contact_type,
        "created_at": iso(person.created_at),
        "updated_at": iso(person.updated_at),
        "last_activity_at": iso(person.last_activity_at),
    }


def conversation(conversation: Conversation, session: ContactInbox, messages: Sequence[Message]) -> dict[str, Any]:
    return {
        "id": conversation.display_id,
        "uuid": str(conversation.uuid),
        "inbox_id": conversation.inbox_id,
        "contact_last_seen_at": unix_or_zero(conversation.contact_last_seen_at),
        "status": conversation.status,
        "agent_last_seen_at": unix_or_zero(conversation.agent_last_seen_at),
        "messages": [message(each, conversation) for each in messages],
        "contact": record(session),
    }


def message(message: Message, conversation: Conversation) -> dict[str, Any]:
    return {
        "id": message.id,
        "content": message.content,
        "message_type": TYPES[MessageType(message.message_type)],
        "content_type": message.content_type,
        "content_attributes": _attributes(message),
        "created_at": unix_or_zero(message.created_at),
        "conversation_id": conversation.display_id,
        "attachments": [attachment(each) for each in message.attachments],
        "sender": _sender(message),
    }


def _reaches(session: ContactInbox, said: dict[str, Any]) -> dict[str, Any]:
    person = session.contact
    is_told = session.hmac_verified or _is_only_theirs(session)
    known = {name: getattr(person, name) or None for name in REACHES}
    return {name: value if is_told or value == said.get(name) else None for name, value in known.items()}


def _is_only_theirs(session: ContactInbox) -> bool:
    """Whether all that is known of the person came through this session: others may have told us more."""
    contact = session.contact
    others = select(ContactInbox.id).where(
        ContactInbox.account_id == contact.account_id,
        ContactInbox.contact_id == contact.id,
        ContactInbox.id != session.id,
    )
    return _made_with(contact, session) and db.session.scalar(others.limit(1)) is None


def _made_with(contact: Contact, session: ContactInbox) -> bool:
    """A contact whom the desk or another channel knew before was made earlier than the session."""
    made: tuple[datetime | None, datetime | None] = (contact.created_at, session.created_at)
    return made[0] is not None and made[1] is not None and made[0] >= made[1]


def _attributes(message: Message) -> dict[str, Any]:
    attributes = {name: value for name, value in message.content_attributes.items() if name in MEANT}
    if message.reply_to_id:
        attributes["in_reply_to"] = message.reply_to_id
    if message.deleted_at:
        attributes["deleted"] = True
    return attributes


def _sender(message: Message) -> dict[str, Any]:
    if message.sender_user:
        return _colleague(message.sender_user)
    if message.sender_contact:
        return {"id": message.sender_contact.id, "name": message.sender_contact.name or None, "type": "contact"}
    return {"id": 0, "name": None, "type": "agent_bot"}


def _colleague(membership: Membership) -> dict[str, Any]:
    user = membership.user
    picture = photo(user.avatar_key)
    return {
        "id": user.id,
        "name": user.available_name,
        "available_name": user.available_name,
        "avatar_url": picture,
        "thumbnail": picture,
        "type": "user",
    }
