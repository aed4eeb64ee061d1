"""Who can take a call to an inbox now, said in a moment: somebody waits on the line."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.orm import contains_eager

from app.channels.base import Colleague, Standby
from app.lib import clock
from app.lib.database import db
from app.models.contact import Contact, ContactInbox
from app.models.inbox import Inbox, InboxMember
from app.models.membership import Availability, Membership
from app.models.message import Message
from app.models.user import User
from app.models.working_hours import week_of
from app.realtime import presence, streams

# Of each of the few questions to the database: whoever calls hears nothing meanwhile.
MOST_MILLISECONDS = 1200
MOST_ON_STANDBY = 60


def stand_by(account_id: int, inbox_id: int, source_id: str) -> Standby:
    """Raises OperationalError when the database cannot say so in time."""
    db.session.execute(text(f"set local statement_timeout = {MOST_MILLISECONDS}"))
    contact = db.session.scalar(
        select(Contact)
        .join(ContactInbox, (ContactInbox.account_id == Contact.account_id) & (ContactInbox.contact_id == Contact.id))
        .where(
            ContactInbox.account_id == account_id,
            ContactInbox.inbox_id == inbox_id,
            ContactInbox.source_id == source_id,
        )
    )
    caller, is_blocked = _known_as(contact), bool(contact and contact.blocked)
    inbox = db.session.get_one(Inbox, (account_id, inbox_id))
    if inbox.working_hours_enabled and not week_of(inbox).is_open(clock.now()):
        return Standby((), caller, is_blocked, (inbox.out_of_office_message or "").strip())
    return Standby([_colleague(each) for each in available(account_id, inbox_id)], caller, is_blocked)


def available(account_id: int, inbox_id: int) -> Sequence[Membership]:
    """Members of the inbox who take calls, are there and have a phone; who was rung longest ago first."""
    found = db.session.scalars(
        select(Membership)
        .join(
            InboxMember,
            (InboxMember.account_id == Membership.account_id) & (InboxMember.user_id == Membership.user_id),
        )
        .join(User, User.id == Membership.user_id)
        .where(
            InboxMember.account_id == account_id,
            InboxMember.inbox_id == inbox_id,
            Membership.is_active,
            Membership.takes_calls,
            Membership.call_number.is_not(None),
            Membership.availability == Availability.ONLINE,
        )
        .options(contains_eager(Membership.user))
        .order_by(Membership.rung_at.asc().nulls_first(), Membership.user_id)
        .limit(MOST_ON_STANDBY)
    ).all()
    there = presence.there(streams.of_account(account_id)) if any(each.auto_offline for each in found) else set()
    return [each for each in found if not each.auto_offline or f"user:{each.user_id}" in there]


def standby_of(message: Message) -> Standby:
    """Who a call that somebody asked for is between: nobody, where they have no phone."""
    caller = message.sender_user
    people = [_colleague(caller)] if caller and caller.is_active and caller.call_number else []
    return Standby(people, _known_as(message.conversation.contact))


def _known_as(contact: Contact | None) -> str:
    """A name that can be said aloud; empty where there is none."""
    return contact.name.strip() if contact else ""


def _colleague(membership: Membership) -> Colleague:
    return Colleague(membership.user_id, membership.user.available_name, membership.call_number or "")
