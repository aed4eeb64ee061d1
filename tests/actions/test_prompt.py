"""What an inbox says by itself: its hours, once while it is closed; a greeting; a question for an address."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, update

from app.actions.receive import receive
from app.channels.base import Inbound
from app.ledger.transaction import transaction
from app.lib import clock
from app.lib.database import db
from app.lib.week import Hours
from app.models import Contact, ContactInbox, Conversation, Inbox, Message
from app.models.working_hours import set_week
from tests.cast import Cast, a_contact, a_session, bob

ALWAYS = [Hours(day, 0, 1440) for day in range(7)]


def set_inbox(cast: Cast, hours: Sequence[Hours] | None = None, **values: object) -> None:
    with transaction(cast.account_id):
        inbox = db.session.get_one(Inbox, (cast.account_id, cast.inbox_id))
        for name, value in values.items():
            setattr(inbox, name, value)
        if hours is not None:
            inbox.working_hours_enabled = True
            set_week(inbox, "UTC", hours)


def say(cast: Cast, text: str = "Hello", session_id: int = 0) -> int:
    """Dana says it; the id of her session."""
    with transaction(cast.account_id):
        if session_id:
            session = db.session.get_one(ContactInbox, (cast.account_id, session_id))
        else:
            session = a_session(a_contact(cast.account_id), cast.inbox_id)
        receive(session, Inbound(text, client_id=str(uuid.uuid4())))
        return session.id


def prompts(cast: Cast) -> list[str]:
    with transaction(cast.account_id):
        return list(
            db.session.scalars(select(Message.content).where(Message.message_type == "template").order_by(Message.id))
        )


def test_a_closed_inbox_says_so_once(cast: Cast) -> None:
    set_inbox(cast, hours=[], out_of_office_message="We are closed.", greeting_enabled=True, greeting_message="Hi")
    dana = say(cast)
    say(cast, "Anyone?", dana)
    # The word of the hours comes instead of the greeting.
    assert prompts(cast) == ["We are closed."]


def test_an_open_inbox_greets(cast: Cast) -> None:
    set_inbox(cast, hours=ALWAYS, out_of_office_message="We are closed.", greeting_enabled=True, greeting_message="Hi")
    dana = say(cast)
    say(cast, "Anyone?", dana)
    assert prompts(cast) == ["Hi"]


def test_it_is_said_again_in_the_next_closed_time(cast: Cast) -> None:
    now = clock.now()
    # Open for a minute, two hours ago: what was said before that was said in another closed time.
    opened = now - timedelta(hours=2)
    minute = opened.hour * 60 + opened.minute
    hours = [Hours(opened.isoweekday() % 7, min(minute, 1438), min(minute, 1438) + 1)]
    set_inbox(cast, hours=hours, out_of_office_message="We are closed.")
    dana = say(cast)
    with transaction(cast.account_id):
        db.session.execute(update(Message).values(created_at=now - timedelta(hours=5)))
    say(cast, "And now?", dana)
    assert prompts(cast) == ["We are closed."] * 2


def test_whoever_was_just_answered_is_not_told_that_nobody_is_there(cast: Cast) -> None:
    set_inbox(cast, hours=[], out_of_office_message="We are closed.")
    dana = say(cast)
    with transaction(cast.account_id):
        db.session.execute(update(Message).values(content_attributes={}))
        db.session.scalars(select(Conversation)).one().reply("Still here", by=bob(cast).actor)
    say(cast, "Lucky me", dana)
    assert len(prompts(cast)) == 1


def test_an_address_is_asked_for_once_where_none_is_known(cast: Cast) -> None:
    set_inbox(cast, enable_email_collect=True)
    dana = say(cast)
    say(cast, "Anyone?", dana)
    with transaction(cast.account_id):
        asked = db.session.scalars(select(Message).where(Message.content_type == "input_email")).all()
        assert len(asked) == 1
        known = a_session(a_contact(cast.account_id, "Erin", email="erin@example.com"), cast.inbox_id).id
    say(cast, "You know me", known)
    assert len(prompts(cast)) == 1


def test_the_blocked_and_machines_hear_nothing(cast: Cast) -> None:
    set_inbox(cast, hours=[], out_of_office_message="We are closed.", enable_email_collect=True)
    with transaction(cast.account_id):
        blocked = a_session(a_contact(cast.account_id, "Eve", blocked=True), cast.inbox_id).id
        machine = a_session(db.session.scalars(select(Contact)).one(), cast.inbox_id)
        machine.contact.blocked = False
        receive(machine, Inbound("I am away", content_attributes={"email": {"auto_reply": True}}))
        machine.contact.blocked = True
    say(cast, "Hello", blocked)
    assert prompts(cast) == []
