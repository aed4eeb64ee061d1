"""How a number is connected, looked after and let go, against what Twilio really asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from app.channels.base import Line, NotConnected
from app.channels.twilio_voice import TwilioVoice
from tests.fakes.provider import serving
from tests.fakes.twilio import KEY_SECRET, KEY_SID, LANDLINE, Twilio
from tests.voice import CREDENTIALS, a_line

HOOK = "https://desk.test/webhooks/twilio_voice/token"


@pytest.fixture
def twilio(parley: Flask) -> Iterator[Twilio]:
    with parley.app_context(), serving(Twilio()) as twilio:
        yield twilio


def changed(line: Line, **credentials: str) -> TwilioVoice:
    return TwilioVoice(replace(line, credentials={**line.credentials, **credentials}))


def test_connecting_sets_what_the_number_does_with_calls(twilio: Twilio) -> None:
    number = twilio.number(LANDLINE)
    assert number
    number.held = {"VoiceApplicationSid": "AP" + "1" * 32, "SmsUrl": "https://elsewhere.example/sms"}
    line = TwilioVoice(replace(a_line(), name="", address="")).connect(HOOK)
    assert (line.address, line.name) == (LANDLINE, LANDLINE)
    assert number.held["VoiceUrl"] == HOOK
    assert number.held["VoiceFallbackUrl"].startswith(f"{HOOK}/fallback")
    assert number.held["StatusCallback"].startswith(f"{HOOK}/status")
    # An application would win over the address; texts are none of ours.
    assert (number.held["VoiceApplicationSid"], number.held["SmsUrl"]) == ("", "https://elsewhere.example/sms")


def test_an_api_key_does_what_the_token_does(twilio: Twilio) -> None:
    channel = changed(a_line(), api_key_sid=KEY_SID, api_key_secret=KEY_SECRET)
    assert channel.connect(HOOK).address == LANDLINE
    with pytest.raises(NotConnected) as refused:
        changed(a_line(), api_key_sid=KEY_SID, api_key_secret="wrong").connect(HOOK)
    assert list(refused.value.fields) == ["api_key_secret"]


@pytest.mark.parametrize("given", [{"auth_token": "wrong"}, {"account_sid": "AC" + "0" * 32}])
def test_wrong_credentials_are_refused_in_twilios_words(twilio: Twilio, given: dict[str, str]) -> None:
    with pytest.raises(NotConnected) as refused:
        changed(a_line(), **given).connect(HOOK)
    assert "Authenticate" in str(refused.value)
    assert twilio.number(LANDLINE).held == {}  # type: ignore[union-attr]


def test_a_number_that_cannot_be_used_is_refused_at_its_field(twilio: Twilio) -> None:
    number = twilio.number(LANDLINE)
    assert number
    for make_wrong, words in (
        (lambda: setattr(number, "phone_number", "+4930999999"), "no such number"),
        (lambda: (setattr(number, "phone_number", LANDLINE), setattr(number, "voice", False)), "takes no calls"),
        (lambda: (setattr(number, "voice", True), number.held.update(TrunkSid="TK1")), "SIP trunk"),
    ):
        make_wrong()
        with pytest.raises(NotConnected, match=words) as refused:
            TwilioVoice(a_line()).connect(HOOK)
        assert list(refused.value.fields) == ["phone_number"]


def test_the_probe_tells_what_is_wrong_and_how_it_is_repaired(twilio: Twilio) -> None:
    channel, number = TwilioVoice(a_line()), twilio.number(LANDLINE)
    assert number
    assert [each.repair for each in channel.probe(HOOK).problems] == ["register"]
    channel.connect(HOOK)
    health = channel.probe(HOOK)
    assert (list(health.problems), dict(health.facts)) == ([], {"Account": "active"})
    assert changed(a_line(), auth_token="wrong").probe(HOOK).problems[0].repair == "settings"
    twilio.numbers.remove(number)
    assert channel.probe(HOOK).problems[0].code == "number_gone"


def test_a_provider_that_is_away_is_no_fault_of_the_line(parley: Flask) -> None:
    with parley.app_context():
        assert TwilioVoice(a_line()).probe(HOOK).problems[0].code == "unreachable"


def test_letting_go_takes_back_only_what_is_ours(twilio: Twilio) -> None:
    channel, number = TwilioVoice(a_line()), twilio.number(LANDLINE)
    assert number
    channel.connect(HOOK)
    channel.disconnect(HOOK)
    assert (number.held["VoiceUrl"], number.held["StatusCallback"]) == ("", "")
    number.held["VoiceUrl"] = "https://elsewhere.example/calls"
    channel.disconnect(HOOK)
    assert number.held["VoiceUrl"] == "https://elsewhere.example/calls"


def test_settings_that_fit_no_more_still_answer_callers(twilio: Twilio) -> None:
    broken = TwilioVoice(Line(LANDLINE, "token", "Fernway", CREDENTIALS, {"language": "tlh", "ring_seconds": "x"}))
    assert broken.spoken.language == "en-US"
    assert broken.spoken.ring_seconds == 20
