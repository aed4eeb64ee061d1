"""Who writes to an inbox for the first time becomes a contact with a session there."""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlalchemy import func, select

from app.lib.database import db
from app.models.contact import Contact, ContactInbox
from app.models.event import record
from app.models.inbox import Inbox


def meet(inbox: Inbox, source_id: str, **known: str) -> ContactInbox:
    """The session of whom this inbox's channel calls `source_id`, made now if they are new; `known` are fields of the contact.

    Two first words at once make one session: the name is held meanwhile.
    """
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(source_id, inbox.id))))
    return session_of(inbox, source_id) or _begin(inbox, source_id, known)


def session_of(inbox: Inbox, source_id: str) -> ContactInbox | None:
    """Their session, if they have ever written or been named."""
    return db.session.scalar(
        select(ContactInbox).where(
            ContactInbox.account_id == inbox.account_id,
            ContactInbox.inbox_id == inbox.id,
            ContactInbox.source_id == source_id,
        )
    )


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
