"""What each webhook of a call tells of it, by payloads written after Twilio's documentation."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.channels.base import Call, Envelope, Person
from app.channels.twilio_voice import TwilioVoice
from tests.voice import a_line

PAYLOADS = Path(__file__).parents[2] / "payloads" / "twilio_voice"
SID, LEG, RECORDING = "CA" + "1" * 32, "CA" + "2" * 32, "RE" + "3" * 32
OURS, DANAS = "+4930555000", "+4915112345678"
DANA = Person(DANAS, phone_number=DANAS)
AT = datetime(2026, 11, 22, 21, 30, tzinfo=UTC)

INBOUND: dict[str, Any] = {"customer": DANA, "number": OURS}
TOLD: dict[str, dict[str, Any]] = {
    "incoming_call": {**INBOUND, "customer": Person(DANAS, "DANA PIER", phone_number=DANAS), "state": "ringing"},
    "incoming_call_withheld": {
        **INBOUND,
        "customer": Person(f"withheld:{SID}", "Number withheld", proof="typed"),
        "state": "ringing",
    },
    "incoming_call_by_sip": {**INBOUND, "customer": Person("sip:dana@pbx.example"), "state": "ringing"},
    "incoming_call_after_our_failure": {**INBOUND, "state": "ringing"},
    "colleague_is_rung": {"state": "ringing", "user_id": 7, "leg": LEG, "at": AT},
    "colleague_picked_up": {"state": "ringing", "user_id": 7, "leg": LEG},
    "colleague_takes_it": {"state": "answered", "user_id": 7, "leg": LEG},
    "bridged_and_over": {**INBOUND, "state": "ended", "seconds": 63, "leg": LEG},
    "nobody_took_it": {**INBOUND, "state": "ringing", "not_with": (7,)},
    "a_mailbox_picked_up": {**INBOUND, "state": "ringing", "not_with": (7,)},
    "call_over": {**INBOUND, "state": "ended", "at": AT},
    "call_failed": {
        **INBOUND,
        "state": "ended",
        "outcome": "failed",
        "reason": "Dial: Twilio does not support calling this number or the number is invalid (13224)",
        "at": AT,
    },
    "written_down": {**INBOUND, "transcript": (RECORDING, "Hello, this is Dana. Please call me back.")},
}
OF: dict[str, Any] = {"direction": "outbound", "client_id": "bobs-first-call"}
TOLD |= {
    "own_phone_rings": {**OF, "customer": DANA, "state": "ringing", "at": AT},
    "own_phone_is_busy": {**OF, "customer": DANA, "state": "ended", "outcome": "declined", "at": AT},
    "own_phone_hung_up": {**OF, "customer": DANA, "state": "ended", "at": AT},
    "own_phone_pressed_a_key": {**OF, "customer": DANA, "state": "ringing"},
    "customers_phone_rings": {**OF, "state": "ringing", "at": AT},
    "customer_answered": {**OF, "state": "answered", "at": AT},
    "customer_hung_up": {**OF, "state": "ended", "seconds": 31, "at": AT},
    "customer_is_busy": {**OF, "state": "ended", "outcome": "busy", "at": AT},
    "call_to_customer_over": {**OF, "customer": DANA, "state": "ended", "seconds": 31, "leg": LEG},
    "customer_did_not_answer": {**OF, "customer": DANA, "state": "ended", "outcome": "no-answer"},
}
RECORDED = {"message_left": "message", "message_ready": "message", "call_recorded": "call", "our_call_recorded": "call"}
NOTHING = {"colleague_does_not", "recording_absent", "could_not_be_written_down"}


def told(name: str, parley: Flask) -> list[Call]:
    with parley.app_context():
        letter = Envelope("token", "dana", name, json.loads((PAYLOADS / f"{name}.json").read_text()))
        return [fact for fact in TwilioVoice(a_line()).parse(letter) if isinstance(fact, Call)]


def test_every_payload_is_looked_at() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == {*TOLD, *RECORDED, *NOTHING}


@pytest.mark.parametrize("name", sorted(TOLD))
def test_it_tells(name: str, parley: Flask) -> None:
    assert told(name, parley) == [Call(SID, **TOLD[name])]


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_a_recording_is_fetched_by_its_id_and_never_by_an_address_that_is_told(name: str, parley: Flask) -> None:
    [call] = told(name, parley)
    assert call.source_id == SID
    assert call.recording
    assert call.recording.ref == {"recording": RECORDING}
    assert call.recording.meta == {"duration": 8, "of": RECORDED[name]}


@pytest.mark.parametrize("name", sorted(NOTHING))
def test_it_tells_nothing(name: str, parley: Flask) -> None:
    assert told(name, parley) == []
