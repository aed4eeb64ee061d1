"""A customer."""

from __future__ import annotations

from typing import Any

from flask import g

from app.blueprints.api.shapes import inbox as inboxes
from app.blueprints.api.shapes.moments import unix, unix_or_zero
from app.blueprints.api.shapes.person import photo
from app.models.contact import Contact, ContactInbox
from app.realtime import signals


def contact(contact: Contact, sessions: list[ContactInbox] | None = None) -> dict[str, Any]:
    """`sessions`, where given, must have their inbox loaded, and be the viewer's to see."""
    shape = {
        "id": contact.id,
        "name": " ".join(filter(None, [contact.name, contact.middle_name, contact.last_name])),
        "email": contact.email,
        "phone_number": contact.phone_number,
        "identifier": contact.identifier,
        "blocked": contact.blocked,
        "thumbnail": photo(contact.avatar_key),
        "availability_status": "online" if contact.id in _here(contact.account_id) else "offline",
        "additional_attributes": contact.additional_attributes,
        "custom_attributes": contact.custom_attributes,
        "last_activity_at": unix(contact.last_activity_at),
        "created_at": unix_or_zero(contact.created_at),
    }
    if sessions is not None:
        shape["contact_inboxes"] = [_session(session) for session in sessions]
    return shape


def sender(of: Contact) -> dict[str, Any]:
    """As the sender of a message or the other side of a conversation."""
    return {**contact(of), "last_activity_at": unix_or_zero(of.last_activity_at), "type": "contact"}


def told(shape: dict[str, Any]) -> dict[str, Any]:
    """Without what is not known: the answer to a new contact has no nulls in the contract."""
    without = {name: value for name, value in shape.items() if value is not None}
    if "contact_inboxes" in without:
        without["contact_inboxes"] = [{**each, "inbox": told(each["inbox"])} for each in without["contact_inboxes"]]
    return without


def _session(session: ContactInbox) -> dict[str, Any]:
    return {"source_id": session.source_id, "inbox": inboxes.brief(session.inbox)}


def _here(account_id: int) -> set[int]:
    """Asked of Redis once for a request."""
    if "visitors_online" not in g:
        g.visitors_online = signals.visitors_online(account_id)
    here: set[int] = g.visitors_online
    return here
