"""A website says who its visitor is: proven, joined with what is known of them, never mistaken for another."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, select

from app.actions.meet import meet
from app.actions.merge import deeply, merge
from app.channels.web_widget import WebsiteSettings, proves
from app.errors import Invalid, NotSignedIn
from app.lib import address
from app.lib.database import db
from app.models.contact import Contact, ContactInbox
from app.models.conversation import Conversation
from app.models.event import record
from app.models.inbox import Inbox

MOST_ATTRIBUTES = 32_000


@dataclass(frozen=True)
class Person:
    """What a website says of its visitor. `identifier_hash` is the hex HMAC-SHA256 of the identifier."""

    identifier: str = ""
    identifier_hash: str = ""
    name: str = ""
    email: str = ""
    phone_number: str = ""
    additional_attributes: dict[str, Any] = field(default_factory=dict)
    custom_attributes: dict[str, Any] = field(default_factory=dict)


def identify(session: ContactInbox, person: Person, *, stays: bool = False) -> ContactInbox:
    """The session that is this person's from now on: the same, or, for somebody else, another one.

    One that `stays` does not become an earlier one of theirs. An address or number that cannot be used is passed over,
    as is one that belongs to somebody else. Raises NotSignedIn when the proof is missing or wrong.
    """
    check_proof(session.inbox, person)
    if person.identifier and session.contact.identifier not in (None, person.identifier):
        session = meet(session.inbox, str(uuid.uuid4()))
    if person.identifier_hash:
        session = session if stays else _of_the_proven(session, person.identifier)
        session.hmac_verified = True
    person = _usable(person)
    may_join = (
        session.hmac_verified or not WebsiteSettings.model_validate(session.inbox.channel_settings).hmac_mandatory
    )
    person = _joined(session, person, may_join=may_join)
    _describe(session.contact, person)
    return session


def check_proof(inbox: Inbox, person: Person) -> None:
    """Every path that names an identity passes here: a hash that is demanded or supplied must be right."""
    look = WebsiteSettings.model_validate(inbox.channel_settings)
    named = bool(person.identifier)
    if person.identifier_hash or (named and look.hmac_mandatory):
        secret = inbox.credentials.get("hmac_secret", "")
        if not (named and secret and proves(secret, person.identifier, person.identifier_hash)):
            raise NotSignedIn("HMAC failed: identifier_hash is missing or wrong.")


def describe(contact: Contact, attributes: dict[str, Any], *, forget: tuple[str, ...] = ()) -> None:
    """Set custom attributes of a contact, and forget others."""
    kept = {key: value for key, value in contact.custom_attributes.items() if key not in forget}
    _describe(contact, Person(custom_attributes=attributes), custom=kept)


def check_size(attributes: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(attributes)) > MOST_ATTRIBUTES:
        raise Invalid({"custom_attributes": "This is too much: 32,000 characters of attributes fit."})
    return attributes


def _of_the_proven(session: ContactInbox, identifier: str) -> ContactInbox:
    """Someone proven who has a session already goes on there, unless they have begun to talk in this one."""
    if session.hmac_verified or _has_talked(session):
        return session
    return proven_session(session.inbox, identifier) or session


def proven_session(inbox: Inbox, identifier: str) -> ContactInbox | None:
    """The last session in this inbox that was proven to be of whom the site calls `identifier`."""
    return db.session.scalar(
        select(ContactInbox)
        .join(Contact, (Contact.account_id == ContactInbox.account_id) & (Contact.id == ContactInbox.contact_id))
        .where(
            ContactInbox.account_id == inbox.account_id,
            ContactInbox.inbox_id == inbox.id,
            ContactInbox.hmac_verified,
            Contact.identifier == identifier,
        )
        .order_by(ContactInbox.id.desc())
        .limit(1)
    )


def _has_talked(session: ContactInbox) -> bool:
    return bool(
        db.session.scalar(
            select(Conversation.id)
            .where(Conversation.account_id == session.account_id, Conversation.contact_inbox_id == session.id)
            .limit(1)
        )
    )


def _usable(person: Person) -> Person:
    """Without an address or number that is none."""
    return _but(
        person,
        email=_or_nothing(address.email, person.email),
        phone_number=_or_nothing(address.phone, person.phone_number),
    )


def _or_nothing(check: Any, value: str) -> str:
    try:
        return str(check(value)) if value else ""
    except Invalid:
        return ""


def _joined(session: ContactInbox, person: Person, *, may_join: bool) -> Person:
    """Join with the contact who has this identifier, else e-mail, else number; returns what may be written of the person."""
    for name in ("identifier", "email", "phone_number"):
        value = getattr(person, name)
        known = _contact_with(session, getattr(Contact, name) == value) if value else None
        if known is None or known.id == session.contact_id:
            continue
        if may_join and _is_same(known, session, person, by=name):
            mine = session.contact
            db.session.expire(session)
            merge(known, mine, by=known.actor)
        else:
            person = _but(person, **{name: ""})
    return person


def _contact_with(session: ContactInbox, same: ColumnElement[bool]) -> Contact | None:
    return db.session.scalar(select(Contact).where(Contact.account_id == session.account_id, same))


def _is_same(known: Contact, session: ContactInbox, person: Person, *, by: str) -> bool:
    identifier = person.identifier or session.contact.identifier
    if identifier and known.identifier not in (None, identifier):
        return False
    if not session.hmac_verified and any(each.hmac_verified for each in known.sessions):
        # Whoever was once proven is joined by proof alone.
        return False
    return not (by == "phone_number" and person.email and known.email and known.email != person.email)


def _describe(contact: Contact, person: Person, *, custom: dict[str, Any] | None = None) -> None:
    """Write down what is new; nothing new is no change."""
    before = contact.custom_attributes if custom is None else custom
    values: dict[str, Any] = {
        name: getattr(person, name) for name in ("identifier", "name", "email", "phone_number") if getattr(person, name)
    }
    values["custom_attributes"] = check_size(deeply(before, person.custom_attributes))
    values["additional_attributes"] = check_size(deeply(contact.additional_attributes, person.additional_attributes))
    if contact.contact_type == "visitor" and (
        values.get("email") or values.get("phone_number") or values.get("identifier")
    ):
        values["contact_type"] = "lead"
    changed = {name: value for name, value in values.items() if getattr(contact, name) != value}
    for name, value in changed.items():
        setattr(contact, name, value)
    if changed:
        record("contact.updated", contact, by=contact.actor, changed=sorted(changed))


def _but(person: Person, **values: str) -> Person:
    return Person(**{**person.__dict__, **values})
