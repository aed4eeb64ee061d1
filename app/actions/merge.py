"""Makes one contact of two that are the same person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select, update

from app.errors import Invalid
from app.lib.database import db
from app.models.actor import Actor
from app.models.contact import Contact, ContactInbox, ContactNote
from app.models.conversation import Conversation
from app.models.event import record
from app.models.message import Message

FILLED = (
    *("name", "middle_name", "last_name", "email", "phone_number", "identifier"),
    *("location", "country_code", "locale", "avatar_key", "company_id"),
)


def merge(base: Contact, other: Contact, *, by: Actor) -> Contact:
    """All that `other` has becomes `base`'s, whose own values win; `other` is gone. Returns `base`."""
    if base.id == other.id:
        raise Invalid({"contact": "A contact cannot be merged with itself."})
    conversations = _move(base, other)
    values = {name: getattr(other, name) for name in FILLED}
    custom, additional = other.custom_attributes, other.additional_attributes
    # Gone before its values are taken over: an address is unique in the account.
    db.session.execute(delete(Contact).where(Contact.account_id == other.account_id, Contact.id == other.id))
    db.session.expunge(other)
    for name, value in values.items():
        if not getattr(base, name) and value:
            setattr(base, name, value)
    base.custom_attributes = deeply(custom, base.custom_attributes)
    base.additional_attributes = deeply(additional, base.additional_attributes)
    db.session.flush()
    record("contact.merged", base, by=by, merged=other.id)
    for conversation in conversations:
        db.session.expire(conversation)
        record("conversation.updated", conversation, by=by)
    return base


def deeply(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Both, and `over` where they disagree, at every depth."""
    both = {**under, **over}
    for key in under.keys() & over.keys():
        if isinstance(under[key], dict) and isinstance(over[key], dict):
            both[key] = deeply(under[key], over[key])
    return both


def _move(base: Contact, other: Contact) -> list[Conversation]:
    account_id = base.account_id
    conversations = db.session.scalars(
        select(Conversation).where(Conversation.account_id == account_id, Conversation.contact_id == other.id)
    ).all()
    for table, column in (
        (Conversation, Conversation.contact_id),
        (ContactInbox, ContactInbox.contact_id),
        (ContactNote, ContactNote.contact_id),
        (Message, Message.sender_contact_id),
    ):
        of_other = [table.account_id == account_id, column == other.id]
        if table is Message:
            # There is no index by sender: a contact writes in their own conversations only.
            of_other.append(Message.conversation_id.in_([each.id for each in conversations]))
        db.session.execute(update(table).where(*of_other).values({column.key: base.id}))
    return list(conversations)
