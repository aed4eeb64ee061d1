"""A colleague calls: their own phone first, then the customer; never twice, never late, and told in the thread."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app.actions.place_call import call_contact, place_call
from app.errors import Conflict, Invalid
from app.ledger.transaction import transaction
from app.lib import clock
from app.lib.database import db
from app.models import Contact, Conversation, Inbox, Membership, Message
from app.models.message_part import MessagePart
from app.models.work import Work
from tests.cast import a_contact
from tests.channels.twilio_voice.conftest import BOBS, DANA, Desk
from tests.fakes.provider import Told
from tests.fakes.twilio import Twilio, refusal
from tests.fakes.twilio_voice import Caller, Phone


def bob_calls(desk: Desk, client_id: str = "bobs-first-call") -> Message:
    """Dana, from her page."""
    with transaction(desk.cast.account_id):
        contact = db.session.scalar(select(Contact)) or a_contact(desk.cast.account_id, phone_number=DANA)
        bob = db.session.get_one(Membership, (desk.cast.account_id, desk.cast.bob_id))
        inbox = db.session.get_one(Inbox, (desk.cast.account_id, desk.inbox.id))
        return call_contact(contact, inbox, by=bob, client_id=client_id)


@pytest.fixture
def bobs(desk: Desk) -> Phone:
    return desk.has_phone(desk.cast.bob_id, BOBS, Phone(seconds=70))


def test_the_own_phone_rings_first_and_then_the_customers(desk: Desk, bobs: Phone) -> None:
    danas = desk.voice.phones[DANA] = Phone("picks up", seconds=31)
    desk.set(records=True)
    bob_calls(desk)
    desk.work()
    desk.voice.ring()
    desk.work()
    assert bobs.heard == ["Press 1 to call Dana. This call is recorded."]
    assert danas.heard == ["This call is recorded."]
    call = desk.call()
    assert (call["status"], call["call_direction"], call["duration"]) == ("completed", "outbound", 31)
    assert (call["from_number"], call["to_number"]) == (desk.inbox.address, DANA)
    [message] = desk.messages()
    assert (message.status, message.source_id) == ("sent", call["call_sid"])
    [file] = desk.files()
    assert (file.state, file.kind) == ("ready", "audio")
    assert [row["from"] for row in desk.voice.calls.values()] == [desk.inbox.address] * 2


@pytest.mark.parametrize(
    ("how", "status", "words"),
    [("busy", "no-answer", "Dana is on another call."), ("no-answer", "no-answer", "Dana did not answer."),
     ("failed", "failed", "Dana could not be reached.")],
)  # fmt: skip
def test_a_customer_who_cannot_be_had_is_told_of_and_waits_on(
    desk: Desk, bobs: Phone, dana: Caller, how: str, status: str, words: str
) -> None:
    bobs.how, dana.name = "no-answer", "Dana"
    desk.calls_in(dana)
    waiting = desk.conversation().waiting_since
    assert waiting
    bobs.how, desk.voice.phones[DANA] = "takes", Phone(how)
    with transaction(desk.cast.account_id):
        bob = db.session.get_one(Membership, (desk.cast.account_id, desk.cast.bob_id))
        place_call(db.session.scalars(select(Conversation)).one(), by=bob)
    desk.work()
    desk.voice.ring()
    desk.work()
    assert bobs.heard[-1] == words
    data = desk.messages()[-1].content_attributes["data"]
    assert data["status"] == status
    assert "answered_at" not in data
    assert desk.conversation().waiting_since == waiting


def test_who_is_called_back_waits_no_more(desk: Desk, bobs: Phone, dana: Caller) -> None:
    bobs.how = "busy"
    desk.calls_in(dana)
    bobs.how, desk.voice.phones[DANA] = "takes", Phone("picks up")
    bob_calls(desk)
    desk.work()
    desk.voice.ring()
    desk.work()
    assert [each.content_attributes["data"]["status"] for each in desk.messages()] == ["no-answer", "completed"]
    talk = desk.conversation()
    assert (talk.waiting_since, talk.assignee_id) == (None, desk.cast.bob_id)


@pytest.mark.parametrize("how", ["no-answer", "busy", "mailbox", "declines"])
def test_nobody_is_called_where_the_colleague_does_not_take_it(desk: Desk, bobs: Phone, how: str) -> None:
    bobs.how = how
    danas = desk.voice.phones[DANA] = Phone("picks up")
    bob_calls(desk)
    desk.work()
    desk.voice.ring()
    desk.work()
    assert desk.call()["status"] == "failed"
    assert DANA not in [row["to"] for row in desk.voice.calls.values()]
    assert danas.heard == []


def test_news_in_any_order_and_twice_tells_the_same(desk: Desk, bobs: Phone) -> None:
    desk.voice.phones[DANA] = Phone("picks up", seconds=31)
    desk.voice.holds = True
    bob_calls(desk)
    desk.work()
    desk.voice.ring()
    desk.voice.release(backwards=True, times=2)
    desk.work()
    call = desk.call()
    assert (call["status"], call["duration"]) == ("completed", 31)


def test_it_rings_before_the_answer_to_our_order_comes(desk: Desk, bobs: Phone) -> None:
    """Twilio may tell of the call while we still wait for its id."""
    bob_calls(desk)
    desk.voice.phones[DANA] = Phone("picks up")
    desk.work()
    desk.voice.ring()
    with transaction(desk.cast.account_id):
        # As if the answer had been lost: nobody knows what became of the order.
        db.session.execute(update(Message).values(status="unsure", source_id=None))
        db.session.execute(delete(MessagePart))
    desk.work()
    [kept] = desk.messages()
    assert (kept.status, kept.content_attributes["data"]["status"]) == ("sent", "completed")


def test_an_order_whose_answer_was_lost_is_unsure_and_not_given_again(desk: Desk, bobs: Phone, twilio: Twilio) -> None:
    twilio.instead.append(Told(hangs_up=True))
    bob_calls(desk)
    desk.work()
    [message] = desk.messages()
    assert message.status == "unsure"
    desk.work()
    assert sum(twilio.is_send(asked) for asked in twilio.asked) == 1


def test_a_refusal_is_told_in_twilios_words(desk: Desk, bobs: Phone, twilio: Twilio) -> None:
    twilio.instead.append(refusal(400, 21215, "Account not authorized to call +4915112345678."))
    bob_calls(desk)
    desk.work()
    [message] = desk.messages()
    assert message.status == "failed"
    assert "not authorized to call" in (message.external_error or "")


def test_a_call_that_could_not_be_placed_in_time_is_not_placed_later(desk: Desk, bobs: Phone, twilio: Twilio) -> None:
    with clock.at(clock.now() - timedelta(minutes=10)):
        bob_calls(desk)
    desk.work()
    [message] = desk.messages()
    assert message.status == "failed"
    assert not any(twilio.is_send(asked) for asked in twilio.asked)


def test_pressed_twice_it_is_one_call_and_two_at_once_are_not_placed(desk: Desk, bobs: Phone) -> None:
    assert bob_calls(desk).id == bob_calls(desk).id
    with pytest.raises(Conflict, match="on already"):
        bob_calls(desk, "bobs-second-call")


def test_who_has_no_phone_is_told_where_to_give_one(desk: Desk) -> None:
    with pytest.raises(Conflict, match="your profile"):
        bob_calls(desk)


def test_a_withheld_number_cannot_be_called_back(desk: Desk, bobs: Phone) -> None:
    bobs.how = "busy"
    desk.calls_in(Caller("anonymous"))
    with transaction(desk.cast.account_id):
        bob = db.session.get_one(Membership, (desk.cast.account_id, desk.cast.bob_id))
        conversation = db.session.scalars(select(Conversation)).one()
        with pytest.raises(Invalid):
            place_call(conversation, by=bob)


def test_text_cannot_be_written_to_a_phone(desk: Desk, bobs: Phone, dana: Caller) -> None:
    desk.calls_in(dana)
    with transaction(desk.cast.account_id):
        bob = db.session.get_one(Membership, (desk.cast.account_id, desk.cast.bob_id))
        db.session.scalars(select(Conversation)).one().reply("Hello?", by=bob.actor)
    desk.work()
    assert desk.messages()[-1].status == "failed"


def test_recordings_are_deleted_at_twilio_once_we_hold_them(desk: Desk, bobs: Phone, dana: Caller) -> None:
    desk.set(records=True, deletes_recordings=True)
    desk.calls_in(dana)
    assert len(desk.voice.recordings) == 1
    soon: Any = clock.now()
    with transaction(desk.cast.account_id):
        db.session.execute(update(Work).where(Work.job == "let_go_media").values(run_at=soon))
    desk.work()
    assert desk.voice.recordings == {}
    [file] = desk.files()
    assert (file.state, "let_go_at" in file.meta) == ("ready", True)
