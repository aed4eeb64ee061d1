"""A website says who its visitor is: proven, joined with what is known of them, never mistaken for another."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from dataclasses import field as has
from typing import Any

from sqlalchemy import select

from app.actions.fetch_avatar import wish_avatar
from app.actions.meet import meet
from app.actions.merge import deeply, merge
from app.actions.recognise import holders, is_same
from app.channels.web_widget import WebsiteSettings, proves
from app.errors import Invalid, NotSignedIn
from app.lib import address
from app.lib.database import db
from app.models.contact import Contact, ContactInbox
from app.models.conversation import Conversation
from app.models.event import record
from app.models.inbox import Inbox
from app.models.likeness import Suggestion
from app.models.merge import Why
from app.models.provable import REACHES, Proof

MOST_ATTRIBUTES = 32_000


@dataclass(frozen=True)
class Person:
    """What a website says of its visitor. `identifier_hash` is the hex HMAC-SHA256 of the identifier."""

    identifier: str = ""
    identifier_hash: str = ""
    name: str = ""
    email: str = ""
    phone_number: str = ""
    additional_attributes: dict[str, Any] = has(default_factory=dict)
    custom_attributes: dict[str, Any] = has(default_factory=dict)


def identify(session: ContactInbox, person: Person, *, stays: bool = False, keeps_name: bool = False) -> ContactInbox:
    """The session that is this person's from now on: the same, or, for somebody else, another one.

    One that `stays` does not become an earlier one of theirs; `keeps_name` changes no name that is known. An address or
    number that cannot be used is passed over; one that somebody else has proven to be theirs is kept as a claim, for
    the desk to judge. Only the identifier is ever proven here: the rest is what the page says. Raises NotSignedIn when
    the proof is missing or wrong.
    """
    check_proof(session.inbox, person)
    if person.identifier and session.contact.identifier not in (None, person.identifier):
        session = meet(session.inbox, str(uuid.uuid4()))
    if person.identifier_hash:
        session = session if stays else _of_the_proven(session, person.identifier)
        session.hmac_verified = True
    person = _usable(person)
    proofs = _proofs(session, person)
    person = _joined(session, person, proofs)
    if keeps_name and session.contact.name:
        person = _but(person, name="")
    _describe(session.contact, person, proofs=proofs)
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


def _proofs(session: ContactInbox, person: Person) -> dict[str, Proof]:
    """How sure each of what the person says is: the hash is of the identifier, which may be their address."""
    is_proven = bool(person.identifier_hash) or (
        session.hmac_verified and session.contact.identifier == person.identifier
    )
    sure = Proof.VERIFIED if is_proven and person.identifier else Proof.TYPED
    is_address = bool(person.email) and _or_nothing(address.email, person.identifier) == person.email
    return {"identifier": sure, "email": sure if is_address else Proof.TYPED, "phone_number": Proof.TYPED}


def _joined(session: ContactInbox, person: Person, proofs: dict[str, Proof]) -> Person:
    """Join with the contact who has this identifier, else e-mail, else number; returns what may be written of the person."""
    look = WebsiteSettings.model_validate(session.inbox.channel_settings)
    may_join = session.hmac_verified or not look.hmac_mandatory
    said = {field: getattr(person, field) for field in REACHES}
    said["identifier"] = said["identifier"] or session.contact.identifier or ""
    for field, known in holders(session.account_id, {field: getattr(person, field) for field in REACHES}):
        if known.id == session.contact_id:
            continue
        is_one = may_join and is_same(known, field, said, proofs[field])
        if is_one and not Suggestion.told_apart(session.account_id, known.id, session.contact_id):
            _merge(session, known, proofs[field])
            if proofs[field] is Proof.TYPED:
                person = _only_new(known, person)
        else:
            _claim(session.contact, field, said[field])
            person = _but(person, **{field: ""})
    return person


def _merge(session: ContactInbox, known: Contact, proof: Proof) -> None:
    mine = session.contact
    db.session.expire(session)
    merge(known, mine, by=known.actor, why=Why.VERIFIED if proof is Proof.VERIFIED else Why.TYPED)


def _only_new(known: Contact, person: Person) -> Person:
    """Whoever was joined on their word alone adds to what is known, and changes none of it."""
    return replace(
        person,
        custom_attributes=deeply(person.custom_attributes, known.custom_attributes),
        additional_attributes=deeply(person.additional_attributes, known.additional_attributes),
        **{said: "" for said in ("name", *REACHES) if getattr(known, said)},
    )


def _claim(contact: Contact, field: str, value: str) -> None:
    """What they say is theirs, while it is somebody else's."""
    if contact.claims.get(field) != value:
        contact.claims = {**contact.claims, field: value}
        record("contact.updated", contact, by=contact.actor, changed=["claims"])


def _describe(
    contact: Contact,
    person: Person,
    *,
    custom: dict[str, Any] | None = None,
    proofs: dict[str, Proof] | None = None,
) -> None:
    """Write down what is new; nothing new is no change, and what is proven gives way to no weaker word."""
    before = contact.custom_attributes if custom is None else custom
    proofs = proofs or {}
    values: dict[str, Any] = {"name": person.name} if person.name else {}
    for field in REACHES:
        value = getattr(person, field)
        if value and value != getattr(contact, field) and not contact.may_replace(field, proofs[field]):
            _claim(contact, field, value)
        elif value:
            values[field] = value
    values["custom_attributes"] = check_size(deeply(before, person.custom_attributes))
    values["additional_attributes"] = check_size(deeply(contact.additional_attributes, person.additional_attributes))
    if contact.contact_type == "visitor" and any(values.get(field) for field in REACHES):
        values["contact_type"] = "lead"
    changed = {name: value for name, value in values.items() if getattr(contact, name) != value}
    for name, value in changed.items():
        setattr(contact, name, value)
    for field in REACHES:
        if getattr(person, field) and getattr(person, field) == getattr(contact, field):
            contact.prove(field, proofs[field])
    if changed:
        record("contact.updated", contact, by=contact.actor, changed=sorted(changed))
    if person.additional_attributes.get("avatar_url"):
        wish_avatar(contact)


def _but(person: Person, **values: Any) -> Person:
    return replace(person, **values)
