"""A number, a service or a WhatsApp sender is found, told where we are, watched, and let go again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from app.channels.base import NotConnected, Unreachable
from app.channels.twilio_sms.channel import TwilioSms
from app.channels.twilio_sms.settings import TwilioSmsSettings
from tests.channels.contract.twilio_sms import CREDENTIALS, a_line
from tests.fakes.twilio import KEY_SECRET, KEY_SID, LANDLINE, NUMBER, refusal
from tests.fakes.twilio_messages import SERVICE_SID, WHATSAPP_SENDER
from tests.fakes.twilio_services import Served

OURS = "https://desk.test/webhooks/twilio_sms/token"
SERVICE = {"phone_number": "", "messaging_service_sid": SERVICE_SID}


def typed(credentials: dict[str, str] | None = None, **settings: Any) -> TwilioSms:
    """As the form was filled in: without a name or address."""
    return TwilioSms(
        replace(a_line(**settings), address="", name="", credentials={**CREDENTIALS, **(credentials or {})})
    )


def refused(channel: TwilioSms) -> dict[str, str]:
    with pytest.raises(NotConnected) as caught:
        channel.connect(OURS)
    return caught.value.fields


def problems(channel: TwilioSms) -> list[tuple[str, str]]:
    return [(each.code, each.repair) for each in channel.probe(OURS).problems]


def test_a_number_is_found_and_sends_to_us_from_now_on(there: Served) -> None:
    number = there.twilio.numbers[0]
    number.held = {"SmsUrl": "https://elsewhere.example/", "SmsApplicationSid": "AP" + "0" * 32}
    line = typed().connect(OURS)
    assert (line.address, line.name, line.settings["can_mms"]) == (NUMBER, NUMBER, True)
    assert number.held == {"SmsUrl": OURS, "SmsMethod": "POST", "SmsApplicationSid": ""}
    assert TwilioSms(line).place == NUMBER
    health = TwilioSms(line).probe(OURS)
    assert not health.problems
    assert health.facts == {"Account": "Fernway, active", "Balance": "12.34 USD", "Webhook": OURS}


def test_a_service_is_found_and_named(there: Served) -> None:
    line = typed(**SERVICE).connect(OURS)
    assert (line.address, line.name) == (SERVICE_SID, "Fernway service")
    service = there.messages.services[SERVICE_SID]
    assert (service["inbound_request_url"], service["use_inbound_webhook_on_number"]) == (OURS, False)
    assert not TwilioSms(line).probe(OURS).problems
    service["use_inbound_webhook_on_number"] = True
    assert problems(TwilioSms(line)) == [("webhook_elsewhere", "register")]


def test_a_whatsapp_sender_is_found_and_may_have_the_number_of_an_sms_inbox(there: Served) -> None:
    line = typed(medium="whatsapp").connect(OURS)
    assert (line.address, TwilioSms(line).place) == (WHATSAPP_SENDER, f"{NUMBER} (WhatsApp)")
    assert there.messages.senders[WHATSAPP_SENDER]["webhook"] == {"callback_url": OURS, "callback_method": "POST"}
    assert not TwilioSms(line).probe(OURS).problems


def test_the_sandbox_of_whatsapp_is_connected_and_its_webhook_set_by_hand(there: Served) -> None:
    line = typed(medium="whatsapp", phone_number="+14155238886").connect(OURS)
    health = TwilioSms(line).probe(OURS)
    assert not health.problems
    assert health.facts["Webhook"].startswith(f"{OURS} (Set it in the Twilio Console")


def test_a_short_code_is_a_number_too(there: Served) -> None:
    line = typed(phone_number="12345").connect(OURS)
    assert line.address == "12345"
    assert there.messages.short_codes["12345"] == {"sms_url": OURS}
    assert not TwilioSms(line).probe(OURS).problems


@pytest.mark.parametrize(
    ("credentials", "given", "field", "words"),
    [
        ({"auth_token": "wrong"}, {}, "auth_token", "Authenticate (error 20003)"),
        ({"account_sid": "AC" + "0" * 32}, {}, "auth_token", "Authenticate"),
        ({"api_key_sid": KEY_SID, "api_key_secret": "wrong"}, {}, "api_key_secret", "Authenticate"),
        ({"api_key_sid": KEY_SID}, {}, "api_key_secret", "give both"),
        ({}, {"phone_number": "+15550009999"}, "phone_number", "no number +15550009999"),
        ({}, {"phone_number": "99999"}, "phone_number", "no short code 99999"),
        ({}, {"phone_number": LANDLINE}, "phone_number", "cannot send and receive text messages"),
        ({}, {"phone_number": ""}, "phone_number", "Give a phone number, or"),
        ({}, {"messaging_service_sid": SERVICE_SID}, "phone_number", "not both"),
        ({}, {**SERVICE, "messaging_service_sid": "MG" + "0" * 32}, "messaging_service_sid", "was not found"),
        ({}, {"medium": "whatsapp", "phone_number": "+15550009999"}, "phone_number", "no WhatsApp sender"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    there: Served, credentials: dict[str, str], given: dict[str, str], field: str, words: str
) -> None:
    fields = refused(typed(credentials, **given))
    assert list(fields) == [field]
    assert words in fields[field]
    assert not any(number.held for number in there.twilio.numbers)


def test_an_account_that_is_suspended_is_said_to_be(there: Served) -> None:
    line = typed().connect(OURS)
    there.twilio.status = "suspended"
    assert "suspended" in refused(typed())["account_sid"]
    assert problems(TwilioSms(line)) == [("credentials", "reconnect")]


def test_a_key_makes_the_calls_and_the_token_is_proven_all_the_same(there: Served) -> None:
    typed({"api_key_sid": KEY_SID, "api_key_secret": KEY_SECRET}).connect(OURS)
    fields = refused(typed({"api_key_sid": KEY_SID, "api_key_secret": KEY_SECRET, "auth_token": "wrong"}))
    assert list(fields) == ["auth_token"]


def test_a_probe_says_what_is_wrong_and_how_it_is_repaired(there: Served) -> None:
    channel = TwilioSms(typed().connect(OURS))
    there.twilio.numbers[0].held["SmsUrl"] = "https://elsewhere.example/"
    assert problems(channel) == [("webhook_elsewhere", "register")]
    there.twilio.numbers[0].held["SmsUrl"] = ""
    assert problems(channel) == [("webhook_elsewhere", "register")]
    channel.connect(OURS)
    assert problems(channel) == []
    there.twilio.numbers[0].held["SmsApplicationSid"] = "AP" + "0" * 32
    assert problems(channel) == [("webhook_elsewhere", "register")]
    del there.twilio.numbers[0]
    assert problems(channel) == [("number_gone", "settings")]
    there.twilio.keys.clear()
    assert problems(channel) == [("credentials", "reconnect")]


def test_a_trial_account_says_so(there: Served) -> None:
    channel = TwilioSms(typed().connect(OURS))
    there.twilio.type = "Trial"
    assert "verified numbers only" in channel.probe(OURS).facts["Account"]


def test_letting_go_takes_our_address_out_and_nobody_elses(there: Served) -> None:
    for settings, held in (
        ({}, lambda: there.twilio.numbers[0].held["SmsUrl"]),
        (SERVICE, lambda: there.messages.services[SERVICE_SID]["inbound_request_url"]),
        ({"medium": "whatsapp"}, lambda: there.messages.senders[WHATSAPP_SENDER]["webhook"]["callback_url"]),
    ):
        channel = TwilioSms(typed(**settings).connect(OURS))
        channel.disconnect("https://desk.test/webhooks/twilio_sms/another")
        assert held() == OURS
        channel.disconnect(OURS)
        assert held() == ""
    there.twilio.keys.clear()
    channel.disconnect(OURS)


@pytest.mark.usefixtures("context")
def test_nobody_there_is_told_as_such() -> None:
    with pytest.raises(Unreachable):
        typed().connect(OURS)
    assert problems(typed()) == [("unreachable", "")]
    with pytest.raises(Unreachable):
        typed().disconnect(OURS)


def test_a_refusal_in_the_middle_of_connecting_is_told(there: Served) -> None:
    def refuses(asked: Any, path: str) -> Any:
        return refusal(400, 21502, "Url is not valid") if asked.method == "POST" else None

    there.twilio.resources.insert(0, refuses)
    assert refused(typed()) == {"phone_number": "Url is not valid (error 21502)"}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("+1 (555) 000-1111", NUMBER),
        (f"whatsapp:{NUMBER}", NUMBER),
        (" 12345 ", "12345"),
        ("", ""),
    ],
)
def test_numbers_are_kept_in_one_form(written: str, kept: str) -> None:
    assert TwilioSmsSettings(phone_number=written).phone_number == kept


@pytest.mark.parametrize("written", ["FERNWAY", "0555 1234", "12", "+0", "<script>", "+1555\x00"])
def test_what_is_no_number_is_refused_in_words(written: str) -> None:
    with pytest.raises(ValidationError, match="phone number"):
        TwilioSmsSettings(phone_number=written)


def test_a_service_has_a_sid() -> None:
    with pytest.raises(ValidationError, match="begins with MG"):
        TwilioSmsSettings(messaging_service_sid="my service")
