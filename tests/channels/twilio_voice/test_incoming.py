"""Somebody calls: they are greeted, a colleague takes it, or they leave a message; the thread shows what became of it."""

from __future__ import annotations

from datetime import datetime

import psycopg2
import pytest
from sqlalchemy import select

from app.channels.twilio_voice.words import WORDS
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Contact, Inbox, Membership
from app.models.working_hours import set_week
from tests.channels.twilio_voice.conftest import ALICES, BOBS, DANA, Desk
from tests.conftest import Ground
from tests.fakes.twilio import ACCOUNT_SID, Twilio
from tests.fakes.twilio_voice import Caller, Phone


def test_a_call_is_bridged_to_who_is_there_and_is_one_message_that_tells_it(desk: Desk, dana: Caller) -> None:
    bobs = desk.has_phone(desk.cast.bob_id, BOBS, Phone(seconds=63))
    desk.calls_in(dana)
    assert dana.heard == [WORDS["en"].greeting.format(inbox="Fernway")]
    assert bobs.heard == [WORDS["en"].take_unknown.format(inbox="Fernway")]
    call = desk.call()
    assert (call["status"], call["call_direction"], call["duration"]) == ("completed", "inbound", 63)
    assert (call["from_number"], call["to_number"]) == (DANA, desk.inbox.address)
    assert call["answered_by"] == desk.cast.bob_id
    assert datetime.fromisoformat(call["answered_at"]) <= datetime.fromisoformat(call["ended_at"])
    talk = desk.conversation()
    assert (talk.waiting_since, talk.unread_count, talk.assignee_id) == (None, 0, desk.cast.bob_id)
    assert talk.first_reply_created_at
    assert talk.additional_attributes["call_status"] == "completed"


def test_who_called_before_is_announced_by_name(desk: Desk, dana: Caller) -> None:
    bobs = desk.has_phone(desk.cast.bob_id, BOBS)
    desk.calls_in(dana)
    with transaction(desk.cast.account_id):
        contact = db.session.scalars(select(Contact)).one()
        contact.name = "Dana <b>&</b>"
    desk.calls_in(dana)
    assert bobs.heard[-1] == "Dana <b>&</b> calls Fernway. Press 1 to take the call."
    assert len(desk.messages()) == 2
    assert desk.conversation().contact_id == contact.id


@pytest.mark.parametrize("how", ["no-answer", "busy", "mailbox", "declines", "failed"])
def test_whom_nobody_answers_leaves_a_message_with_its_words_and_waits(desk: Desk, dana: Caller, how: str) -> None:
    desk.has_phone(desk.cast.bob_id, BOBS, Phone(how))
    desk.set(transcribes=True)
    desk.calls_in(dana)
    assert dana.heard[-1] == WORDS["en"].thanks
    [message] = desk.messages()
    call = message.content_attributes["data"]
    assert (call["status"], call["has_message"]) == ("no-answer", True)
    assert "answered_at" not in call
    [file] = desk.files()
    assert (file.state, file.kind, file.content_type) == ("ready", "audio", "audio/mpeg")
    assert file.meta["transcribed_text"] == message.content == dana.message
    assert file.meta["duration"] == 8
    talk = desk.conversation()
    assert talk.waiting_since
    assert (talk.unread_count, talk.assignee_id, talk.first_reply_created_at) == (1, None, None)


def test_nobody_there_is_not_rung(desk: Desk, dana: Caller) -> None:
    phones = [
        desk.has_phone(desk.cast.alice_id, ALICES, availability="busy"),
        desk.has_phone(desk.cast.bob_id, BOBS, takes_calls=False),
    ]
    desk.calls_in(dana)
    # A page that is open nowhere is no presence, where one asks for that.
    desk.has_phone(desk.cast.bob_id, BOBS, takes_calls=True, auto_offline=True)
    desk.calls_in(dana)
    assert [phone.heard for phone in phones] == [[], []]
    assert desk.voice.phones[BOBS].heard == []
    assert [each.content_attributes["data"]["status"] for each in desk.messages()] == ["no-answer", "no-answer"]


def test_who_hangs_up_during_the_greeting_called_and_waits(desk: Desk) -> None:
    desk.has_phone(desk.cast.bob_id, BOBS)
    for hangs_up in ("greeting", "ringing"):
        desk.calls_in(Caller(DANA, hangs_up=hangs_up))
    assert [each.content_attributes["data"]["status"] for each in desk.messages()] == ["no-answer", "no-answer"]
    assert desk.files() == []
    assert desk.conversation().waiting_since


@pytest.mark.parametrize("backwards", [False, True])
def test_who_was_gone_when_it_was_taken_was_not_spoken_with(desk: Desk, backwards: bool) -> None:
    """The colleague presses the key in the moment in which the caller hangs up."""
    desk.has_phone(desk.cast.bob_id, BOBS)
    told: list[tuple[str, dict[str, str]]] = []
    post = desk.voice.post

    def keeps_back(url: str, form: dict[str, str]) -> tuple[int, str, bytes]:
        if "/taken" in url and backwards:
            told.append((url, form))
            return 200, "text/xml", b"<Response/>"
        return post(url, form)

    desk.voice.post = keeps_back
    desk.calls_in(Caller(DANA, hangs_up="taken"))
    for url, form in told:
        post(url, form)
    desk.work()
    assert desk.call()["status"] == "no-answer"
    assert desk.conversation().waiting_since
    assert desk.conversation().unread_count == 1


def test_all_are_rung_at_once_and_the_first_to_take_it_has_it(desk: Desk, dana: Caller) -> None:
    desk.has_phone(desk.cast.alice_id, ALICES, Phone("no-answer"))
    desk.has_phone(desk.cast.bob_id, BOBS)
    desk.calls_in(dana)
    assert desk.call()["answered_by"] == desk.cast.bob_id
    rung = [form["To"] for _, form in desk.voice.told if form.get("CallStatus") == "initiated"]
    assert sorted(rung) == sorted([ALICES, BOBS])


def test_in_turns_who_was_rung_longest_ago_is_rung_first(desk: Desk, dana: Caller) -> None:
    desk.set(ring="turns")
    alices, bobs = desk.has_phone(desk.cast.alice_id, ALICES), desk.has_phone(desk.cast.bob_id, BOBS)
    for _ in range(4):
        desk.calls_in(dana)
    assert (len(alices.heard), len(bobs.heard)) == (2, 2)
    # Who does not answer is followed by the next.
    alices.how = bobs.how = "no-answer"
    desk.calls_in(dana)
    assert dana.heard[-1] == WORDS["en"].thanks
    with transaction(desk.cast.account_id):
        assert db.session.get_one(Membership, (desk.cast.account_id, desk.cast.alice_id)).rung_at


def test_a_call_is_recorded_only_where_the_inbox_says_so_and_both_sides_are_told(
    desk: Desk, dana: Caller, twilio: Twilio
) -> None:
    bobs = desk.has_phone(desk.cast.bob_id, BOBS)
    desk.set(records=True, announcement="We record & learn.", deletes_recordings=True, language="de-DE")
    desk.calls_in(dana)
    assert dana.heard == [WORDS["de"].greeting.format(inbox="Fernway"), "We record & learn."]
    assert bobs.heard[0].endswith("We record & learn.")
    [file] = desk.files()
    assert (file.state, file.meta["of"]) == ("ready", "call")
    assert desk.call()["status"] == "completed"


def test_who_withholds_their_number_is_a_stranger_each_time(desk: Desk) -> None:
    for _ in range(2):
        desk.calls_in(Caller("+266696687"))
    with transaction(desk.cast.account_id):
        people = db.session.scalars(select(Contact)).all()
    assert [(each.name, each.phone_number) for each in people] == [("Number withheld", None)] * 2


def test_who_is_blocked_hears_that_the_line_is_busy(desk: Desk, dana: Caller) -> None:
    bobs = desk.has_phone(desk.cast.bob_id, BOBS)
    desk.calls_in(Caller(DANA, hangs_up="greeting"))
    with transaction(desk.cast.account_id):
        db.session.scalars(select(Contact)).one().blocked = True
    desk.calls_in(dana)
    assert (dana.heard, bobs.heard) == ([], [])


def test_a_slow_database_costs_the_caller_a_moment_and_leads_to_a_voice_message(
    desk: Desk, dana: Caller, ground: Ground
) -> None:
    desk.has_phone(desk.cast.bob_id, BOBS)
    other = psycopg2.connect(ground.database_url)
    with other.cursor() as cursor:
        cursor.execute("lock table inbox_members in access exclusive mode")
        sid = desk.voice.call_in(dana, desk.inbox.address)
    other.close()
    assert dana.heard[-1] == WORDS["en"].thanks
    assert desk.voice.calls[sid]["answered_after"] < 5
    desk.work()
    assert desk.call()["status"] == "no-answer"
    assert len(desk.files()) == 1


def test_a_database_that_keeps_nothing_leads_to_a_voice_message_at_the_second_try(
    desk: Desk, dana: Caller, ground: Ground
) -> None:
    """Twilio asks at the fallback address then; what the caller leaves is told of once more, when it can be kept."""
    desk.has_phone(desk.cast.bob_id, BOBS)
    other = psycopg2.connect(ground.database_url)
    told: list[int] = []
    post = desk.voice.post

    def frees_the_way(url: str, form: dict[str, str]) -> tuple[int, str, bytes]:
        if "/message" in url or "/recording" in url:
            other.rollback()
        answer = post(url, form)
        told.append(answer[0])
        return answer

    desk.voice.post = frees_the_way
    with other.cursor() as cursor:
        cursor.execute("lock table letters in access exclusive mode")
        desk.voice.call_in(dana, desk.inbox.address)
    other.close()
    assert told[:2] == [503, 200]
    assert dana.heard[-1] == WORDS["en"].thanks
    desk.work()
    assert (desk.call()["status"], desk.call()["has_message"]) == ("no-answer", True)


def test_outside_its_hours_nobody_is_rung(desk: Desk, dana: Caller) -> None:
    bobs = desk.has_phone(desk.cast.bob_id, BOBS)
    with transaction(desk.cast.account_id):
        inbox = db.session.get_one(Inbox, (desk.cast.account_id, desk.inbox.id))
        inbox.working_hours_enabled, inbox.out_of_office_message = True, "We open at nine."
        set_week(inbox, "UTC", [])
    desk.calls_in(dana)
    assert dana.heard[1:] == ["We open at nine.", WORDS["en"].leave_a_message, WORDS["en"].thanks]
    assert (bobs.heard, desk.call()["status"]) == ([], "no-answer")


def test_where_no_messages_are_taken_callers_are_told_so(desk: Desk, dana: Caller) -> None:
    desk.set(takes_messages=False, message_words="We are out on the trail.")
    desk.calls_in(dana)
    assert dana.heard[-1] == "We are out on the trail."
    assert desk.files() == []
    assert desk.call()["status"] == "no-answer"


def test_whatever_order_the_news_has_the_call_is_told_as_it_was(desk: Desk, dana: Caller) -> None:
    desk.has_phone(desk.cast.bob_id, BOBS, Phone(seconds=5))
    desk.set(records=True, transcribes=True)
    desk.voice.holds = True
    desk.voice.call_in(dana, desk.inbox.address)
    desk.voice.release(backwards=True, times=2)
    desk.work()
    call = desk.call()
    assert (call["status"], call["duration"], call["answered_by"]) == ("completed", 5, desk.cast.bob_id)
    assert len(desk.files()) == 1


def test_of_several_who_press_the_key_the_one_who_was_bridged_answered(desk: Desk, dana: Caller) -> None:
    desk.has_phone(desk.cast.bob_id, BOBS)
    desk.calls_in(dana)
    late = f"{desk.inbox.webhook_url}/taken?call={desk.call()['call_sid']}&user={desk.cast.alice_id}"
    desk.voice.post(late, {"AccountSid": ACCOUNT_SID, "CallSid": "CA" + "9" * 32, "Digits": "1"})
    desk.work()
    assert (desk.call()["answered_by"], desk.call()["answered_by_name"]) == (desk.cast.bob_id, "Bob")
