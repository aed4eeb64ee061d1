"""Who writes to an inbox for the first time becomes a contact with a session there."""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.actions.fetch_profile import fill_in, wish_profile
from app.actions.recognise import find_person, holders
from app.channels.base import Person
from app.errors import Invalid
from app.lib import address, ahead
from app.lib.database import db
from app.models.contact import Contact, ContactInbox
from app.models.event import record
from app.models.inbox import Inbox
from app.models.provable import Proof

# What is looked up ahead: by inbox and source id, held until the transaction ends.
SESSION = "session"
PROOFS = {"verified": Proof.VERIFIED, "reply": Proof.MAIL, "typed": Proof.TYPED}


def meet(inbox: Inbox, source_id: str, **known: str) -> ContactInbox:
    """The session of whom this inbox's channel calls `source_id`, made now if they are new; `known` are fields of the contact.

    Two first words at once make one session: the name is held meanwhile.
    """
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(source_id, inbox.id))))
    return session_of(inbox, source_id) or _begin(inbox, source_id, known)


def meet_person(inbox: Inbox, person: Person) -> ContactInbox:
    """The session of somebody as their channel describes them: with the contact they are known as, or a new one.

    What does not fit (a number that is none) is passed over, as is what belongs to somebody else.
    """
    session: ContactInbox | None = None
    found = ahead.get(SESSION, (inbox.id, person.source_id))
    if found is not ahead.UNKNOWN:
        session = found
    else:
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(person.source_id, inbox.id))))
        session = session_of(inbox, person.source_id, hold=True)
    if session is not None:
        if changed := fill_in(session.contact, person):
            record("contact.updated", session.contact, by=session.contact.actor, changed=changed)
        return session
    said = _said(person)
    proof = PROOFS[person.proof]
    contact = find_person(
        inbox.account_id,
        identifier=said.get("identifier", ""),
        email=said.get("email", ""),
        phone=said.get("phone_number", ""),
        proof=proof,
    )
    if contact is None:
        taken = {field for field, _ in holders(inbox.account_id, said)}
        free = {field: value for field, value in said.items() if field not in taken}
        contact = Contact(account_id=inbox.account_id, name=person.name, locale=person.locale or None, **free)
        db.session.add(contact)
        db.session.flush()
        fill_in(contact, person)
        record("contact.created", contact, by=contact.actor)
    for field, value in said.items():
        if getattr(contact, field) == value:
            contact.prove(field, proof)
    session = ContactInbox.begin(contact, inbox, person.source_id)
    if inbox.abilities.has_profiles:
        wish_profile(session)
    session.is_held()
    ahead.put(SESSION, (inbox.id, person.source_id), session)
    return session


def _said(person: Person) -> dict[str, str]:
    """Their reach, as it is stored; without what is none."""
    said = {"identifier": person.identifier.strip()}
    for field, check, value in (
        ("email", address.email, person.email),
        ("phone_number", address.phone, person.phone_number),
    ):
        try:
            said[field] = str(check(value)) if value else ""
        except Invalid:
            continue
    return {field: value for field, value in said.items() if value}


def session_of(inbox: Inbox, source_id: str, *, hold: bool = False) -> ContactInbox | None:
    """Their session, if they have ever written or been named; `hold` keeps it until the transaction ends."""
    found = (
        select(ContactInbox)
        .where(
            ContactInbox.account_id == inbox.account_id,
            ContactInbox.inbox_id == inbox.id,
            ContactInbox.source_id == source_id,
        )
        .options(joinedload(ContactInbox.contact))
    )
    if hold:
        found = found.with_for_update(of=ContactInbox).execution_options(populate_existing=True)
    session = db.session.scalar(found)
    if hold and session is not None:
        session.is_held()
    return session


def _begin(inbox: Inbox, source_id: str, known: dict[str, str]) -> ContactInbox:
    contact = Contact(account_id=inbox.account_id, **known)
    db.session.add(contact)
    db.session.flush()
    record("contact.created", contact, by=contact.actor)
    session = ContactInbox(
        account_id=inbox.account_id,
        contact_id=contact.id,
        inbox_id=inbox.id,
        source_id=source_id,
        uuid=own_uuid(source_id),
    )
    db.session.add(session)
    db.session.flush()
    return session


def own_uuid(source_id: str) -> UUID:
    """A website's visitors are called by the UUID of their session, so that it is known before there is one."""
    try:
        return UUID(source_id)
    except ValueError:
        return uuid4()
