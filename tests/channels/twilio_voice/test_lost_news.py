"""Where the news of a call's end is lost, the provider is asked; a call never stays open for ever."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from app.ledger.transaction import transaction
from app.lib import clock
from app.lib.database import db
from app.models.work import Work
from tests.channels.twilio_voice.conftest import BOBS, DANA, Desk
from tests.channels.twilio_voice.test_outgoing import bob_calls
from tests.fakes.twilio_voice import Caller, Phone


def time_passes(desk: Desk) -> None:
    with transaction(desk.cast.account_id):
        db.session.execute(update(Work).where(Work.job == "ask_after_call").values(run_at=clock.now()))
    desk.work()


def lose(desk: Desk) -> None:
    desk.voice.held.clear()
    desk.voice.holds = False


def test_a_missed_call_is_not_left_ringing(desk: Desk, dana: Caller) -> None:
    dana.message = ""
    desk.voice.holds = True
    desk.calls_in(dana)
    assert desk.call()["status"] == "ringing"
    lose(desk)
    time_passes(desk)
    assert desk.call()["status"] == "no-answer"


@pytest.mark.parametrize(("how", "status"), [("picks up", "completed"), ("busy", "no-answer"), ("failed", "failed")])
def test_what_became_of_our_call_is_asked_of_both_legs(desk: Desk, how: str, status: str) -> None:
    desk.has_phone(desk.cast.bob_id, BOBS)
    desk.voice.phones[DANA] = Phone(how)
    bob_calls(desk)
    desk.work()
    before, desk.voice.post = (
        desk.voice.post,
        lambda url, form: before(url, form) if "/connect" in url else (200, "text/xml", b"<Response/>"),
    )
    desk.voice.ring()
    desk.work()
    assert desk.call()["status"] == "ringing"
    desk.voice.post = before
    time_passes(desk)
    assert desk.call()["status"] == status


def test_while_it_goes_on_it_is_asked_again(desk: Desk, dana: Caller) -> None:
    desk.voice.holds = True
    desk.calls_in(dana)
    lose(desk)
    [call] = [row for row in desk.voice.calls.values() if row["direction"] == "inbound"]
    call["status"] = "in-progress"
    time_passes(desk)
    assert desk.call()["status"] == "ringing"
    call["status"] = "completed"
    time_passes(desk)
    assert desk.call()["status"] == "no-answer"


def test_a_call_that_twilio_has_forgotten_is_over(desk: Desk, dana: Caller) -> None:
    desk.voice.holds = True
    desk.calls_in(dana)
    lose(desk)
    desk.voice.calls.clear()
    time_passes(desk)
    assert desk.call()["status"] == "no-answer"
