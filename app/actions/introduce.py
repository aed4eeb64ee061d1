"""Somebody whom a program speaks for says hello: they are given a session, or go on in the one they have proven."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select

from app.actions.identify import Person, check_proof, identify, proven_session
from app.actions.meet import meet
from app.lib.database import db
from app.models.contact import ContactInbox
from app.models.inbox import Inbox


def introduce(inbox: Inbox, person: Person) -> ContactInbox:
    """Their session. Who is proven has one session that they come back to; everybody else gets a new one each time.

    Raises NotSignedIn when the proof is missing or wrong.
    """
    check_proof(inbox, person)
    if person.identifier:
        # Two first words at once of the same person would both make a contact with that identifier.
        held = func.hashtextextended(person.identifier, inbox.account_id)
        db.session.execute(select(func.pg_advisory_xact_lock(held)))
    earlier = proven_session(inbox, person.identifier) if person.identifier_hash else None
    return identify(earlier or meet(inbox, str(uuid.uuid4())), person, stays=True)
