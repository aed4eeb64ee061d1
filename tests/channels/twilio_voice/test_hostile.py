"""Markup in every field, numbers that are none, and words that XML cannot hold do no harm, on the line or in the thread."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest
from flask import Flask
from sqlalchemy import select

from app.channels.twilio_voice.twiml import document, verb
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Contact
from app.models.letter import Letter
from tests.at_the_door import BOB, browser_of
from tests.channels.twilio_voice.conftest import BOBS, DANA, Desk
from tests.fakes.twilio import ACCOUNT_SID, posted
from tests.fakes.twilio_voice import Caller, Phone

SCRIPT = "<script>alert(1)</script>"


def test_words_of_any_kind_are_written_as_xml() -> None:
    odd = f"{SCRIPT} & ]]> \0 \x0b \ud83d \ufffe “ü” 👩🏽‍🚒"
    said = fromstring(document([verb("Say", odd, voice=odd)]))[0]  # noqa: S314  # our own
    assert said.tag == "Say"
    assert said.text
    assert said.text.startswith(f"{SCRIPT} & ]]>")
    assert said.text.endswith("“ü” 👩🏽‍🚒")
    assert len(said) == 0


def test_markup_in_every_field_is_words(app: Flask, desk: Desk) -> None:
    desk.set(transcribes=True, greeting=SCRIPT, message_words=SCRIPT)
    bobs = desk.has_phone(desk.cast.bob_id, BOBS, Phone("mailbox"))
    dana = Caller(DANA, name=f"Dana {SCRIPT}", message=f"Hello {SCRIPT}")
    desk.calls_in(dana)
    desk.calls_in(dana)
    assert dana.heard[:2] == [SCRIPT, SCRIPT]
    assert bobs.heard[-1] == f"Dana {SCRIPT} calls Fernway. Press 1 to take the call."
    page = browser_of(app, BOB).get(f"/accounts/{desk.cast.account_id}/conversations/{desk.conversation().display_id}")
    assert "Left a voice message" in page.text
    assert "alert(1)" in page.text
    assert SCRIPT not in page.text


@pytest.mark.parametrize(
    "number",
    ["", "+", "+1", "Unavailable", "sip:dana@<b>.example", "client:dana", "+" + "9" * 300, "‮+49", "0", "12345"],
)
def test_whoever_calls_from_whatever_is_heard(desk: Desk, number: str) -> None:
    desk.calls_in(Caller(number))
    [message] = desk.messages()
    assert message.content_attributes["data"]["status"] == "no-answer"
    with transaction(desk.cast.account_id):
        assert db.session.scalars(select(Contact.phone_number)).all() in ([None], ["+12345"])


@pytest.mark.parametrize("user", ["0", "-1", "x", "999999999", "9" * 40, "1 or 1=1", "٣"])
def test_a_colleague_who_is_none_takes_no_call(desk: Desk, user: str) -> None:
    desk.calls_in(Caller(DANA, hangs_up="greeting"))
    sid = desk.call()["call_sid"]
    url = f"{desk.inbox.webhook_url}/taken?call={sid}&user={user}".replace(" ", "+")
    form = {"AccountSid": ACCOUNT_SID, "CallSid": "CA" + "9" * 32, "Digits": "1"}
    assert desk.voice.post(url, form)[0] == 200
    desk.work()
    assert desk.conversation().assignee_id is None


def test_news_of_a_call_that_is_nobodys_waits_and_says_nothing(desk: Desk) -> None:
    form = {"AccountSid": ACCOUNT_SID, "CallSid": "CA" + "8" * 32, "CallStatus": "in-progress"}
    assert desk.voice.post(f"{desk.inbox.webhook_url}/callee?of=nobody&call=CA77", form)[0] == 200
    desk.work()
    assert desk.messages() == []
    with transaction(desk.cast.account_id):
        assert db.session.scalars(select(Letter.state)).all() == ["waiting"]


def test_what_is_proven_for_one_inbox_opens_no_other(desk: Desk, app: Flask) -> None:
    form = {"AccountSid": ACCOUNT_SID, "CallSid": "CA1", "From": DANA, "To": desk.inbox.address}
    proven = posted(desk.inbox.webhook_url, form)
    answer = app.test_client().post("/webhooks/twilio_voice/another-token", **proven)
    assert answer.status_code == 404
    assert app.test_client().get(f"/webhooks/twilio_voice/{desk.inbox.token}").status_code in (401, 404)
