"""What Bandwidth's events say, and that only those are heard which bring the application's name and password."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from app.channels.base import Envelope, Inbound, Receipt, Unsupported
from app.channels.sms.application import USER, password
from app.channels.sms.channel import Sms
from app.errors import NotAllowed
from tests.channels.contract.sms import DANA, a_line, an_event, basic
from tests.channels.sms.conftest import NAMES, a_channel, a_knock, letters, recorded, said, the


def test_a_text_says_who_when_and_what() -> None:
    said = the("sms")
    assert said.content == "Is the bell back in blue? ü 🔔"
    assert said.source_id == "14762070468292kw2fuqty55yp2b2"
    assert (said.sender.source_id, said.sender.phone_number) == (DANA, DANA)
    assert said.provider_at == datetime(2026, 11, 22, 18, 20, 16, tzinfo=UTC)


def test_files_are_told_of_and_the_scaffolding_of_mms_is_none() -> None:
    assert [(each.filename, each.kind) for each in the("mms").attachments] == [
        ("bell one.jpg", "image"),
        ("song.mp3", "audio"),
    ]
    for name in ("mms_only_scaffolding", "empty"):
        assert isinstance(the(name), Unsupported)


def test_a_delivery_of_several_is_several_letters_of_their_own() -> None:
    assert [letter.key for letter in letters("several")] == [
        "14762070468300kw2fuqty55yp2b2",
        "14762070468301kw2fuqty55yp2b2",
        f"14762070468302kw2fuqty55yp2b2 message-delivered {DANA}",
    ]
    assert [type(fact) for fact in said("several")] == [Inbound, Inbound, Receipt]
    assert {letter.sender for letter in letters("several")} == {DANA}


def test_a_group_and_an_opt_out_are_noted() -> None:
    assert "+15551112222 got it too" in the("group").content_attributes["notice"]
    assert the("stop").content_attributes["opt_out"] == "stop"
    assert the("start").content_attributes["opt_out"] == "start"
    assert the("short_code").sender.phone_number == ""


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("sending", "sent", ""),
        ("delivered", "delivered", ""),
        ("read", "read", ""),
        ("failed", "failed", "destination-rejected-due-to-user-opt-out (error 4775)"),
        ("failed_without_code", "failed", "Bandwidth gave no reason."),
    ],
)
def test_a_receipt_says_how_far_one_of_ours_has_come(name: str, status: str, error: str) -> None:
    receipt = the(name)
    assert isinstance(receipt, Receipt)
    assert (receipt.status, receipt.error) == (status, error)


def test_a_failure_is_explained() -> None:
    assert "opted out" in Sms.explain(the("failed").error)
    assert Sms.explain("(error 9999)") == Sms.explain("no reason") == ""
    assert said("unknown") == []


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_missing_or_odd_nothing_raises(name: str) -> None:
    for event in recorded(name):
        odd: list[dict[str, Any]] = [{key: value for key, value in event.items() if key != left} for left in event]
        odd += [{**event, key: value} for key in event for value in (None, 7, [], {}, "x" * 5000, "<script>")]
        message = event["message"]
        odd += [{**event, "message": {**message, key: value}} for key in message for value in (None, 7, [7], {}, "x")]
        for each in odd:
            for letter in Sms.sort(a_knock([each])):
                a_channel().parse(letter)
            a_channel().parse(Envelope("", "", "", each))


def is_heard(events: Any, headers: dict[str, str]) -> bool:
    try:
        a_channel().verify(a_knock(events, headers))
    except NotAllowed:
        return False
    return True


def test_only_the_applications_name_and_password_are_heard(context: Flask) -> None:
    good = basic(USER, password("token"))
    assert is_heard([an_event("Hello")], good)
    for headers in (
        {},
        basic(USER, "wrong"),
        basic("Parley", password("token")),
        basic(USER, password("another")),
        {"Authorization": "Basic"},
        {"Authorization": "Basic ü"},
        {"Authorization": good["Authorization"].replace("Basic", "Bearer")},
    ):
        assert not is_heard([an_event("Hello")], headers)
    with pytest.raises(NotAllowed):
        Sms(type(a_line())("", "")).verify(a_knock([], basic(USER, password(""))))


def test_events_of_another_number_are_refused_however_proven(context: Flask) -> None:
    good = basic(USER, password("token"))
    assert not is_heard([an_event("Hello", owner="+19195559999")], good)
    assert not is_heard([an_event("Hello"), an_event("Hello", owner="+19195559999")], good)


def test_the_name_and_password_are_told_to_whoever_connects(context: Flask) -> None:
    facts = a_channel().setup_facts("https://desk.test/webhooks/sms/token")
    assert facts == {
        "Inbound and status callback URL": "https://desk.test/webhooks/sms/token",
        "Callback user name": "parley",
        "Callback password": password("token"),
    }
    assert len(password("token")) == 40
