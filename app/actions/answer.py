"""A customer answers an interactive message: the answer is kept with it, and an e-mail address tells who they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.actions.identify import Person, identify
from app.errors import Conflict, NotFound
from app.lib import clock
from app.lib.database import db
from app.models.contact import ContactInbox
from app.models.event import record
from app.models.message import Message
from app.models.message_items import ANSWERS, ContentType, checked_answer


def answer(session: ContactInbox, message: Message, given: Mapping[str, Any]) -> Message:
    """Keep what was chosen, filled in or pressed; a repeat changes nothing. `given` holds `submitted_values` or `submitted_email`.

    Raises NotFound for a message that asks nothing of customers, Invalid for each value that does not fit, Conflict for
    a second, different answer: only the buttons of cards may be pressed again.
    """
    if message.is_incoming or not message.is_public or message.deleted_at or message.content_type == ContentType.TEXT:
        raise NotFound
    conversation = message.conversation
    conversation.lock()
    db.session.refresh(message)
    attributes = message.content_attributes
    kept = checked_answer(message.content_type, attributes.get("items", []), given)
    before = {name: attributes[name] for name in ANSWERS if name in attributes}
    if before == kept:
        return message
    if before and message.content_type != ContentType.CARDS:
        raise Conflict("This has been answered already.")
    if email := kept.get("submitted_email"):
        identify(session, Person(email=email))
    conversation.changed()
    contact = conversation.contact
    message.content_attributes, message.version = {**attributes, **kept}, conversation.version
    conversation.last_activity_at = contact.last_activity_at = clock.now()
    if not contact.blocked:
        conversation.unread_count += 1
    record("message.updated", message, by=contact.actor, answered=True)
    return message
