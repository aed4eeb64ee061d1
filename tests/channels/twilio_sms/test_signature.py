"""Only what Twilio signed for this address, of this account and for this number is heard; its own library signs."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from twilio.request_validator import RequestValidator

from app.channels import twilio
from app.channels.base import Knock
from app.errors import NotAllowed
from tests.channels.contract.twilio_sms import a_form
from tests.channels.twilio_sms.conftest import NAMES, a_channel, a_knock, recorded
from tests.fakes.twilio import AUTH_TOKEN, posted
from tests.fakes.twilio_messages import SERVICE_SID

URL = "https://desk.test/webhooks/twilio_sms/token"


def is_heard(knock: Knock, **settings: Any) -> bool:
    try:
        a_channel(**settings).verify(knock)
    except NotAllowed:
        return False
    return True


def settings_for(form: dict[str, str]) -> dict[str, str]:
    is_whatsapp = form["From"].startswith("whatsapp:")
    return {"medium": "whatsapp" if is_whatsapp else "sms"}


@pytest.mark.parametrize("name", NAMES)
def test_what_twilio_signs_is_heard(name: str) -> None:
    form = recorded(name)
    assert is_heard(a_knock(URL, posted(URL, form)), **settings_for(form))


@pytest.mark.parametrize("signed", ["https://desk.test:443/webhooks/twilio_sms/token", URL])
@pytest.mark.parametrize("called", ["https://desk.test:443/webhooks/twilio_sms/token", URL])
def test_the_usual_port_may_be_written_or_not(signed: str, called: str) -> None:
    assert is_heard(a_knock(called, posted(signed, a_form("Hello"))))


@pytest.mark.parametrize(
    "url",
    [
        "https://desk.test/webhooks/twilio_sms/another",
        "http://desk.test/webhooks/twilio_sms/token",
        "https://desk.test/webhooks/twilio_sms/token?x=1",
        "https://desk.test:8443/webhooks/twilio_sms/token",
    ],
)
def test_a_signature_for_another_address_is_none(url: str) -> None:
    assert not is_heard(a_knock(URL, posted(url, a_form("Hello"))))


def test_changed_added_and_missing_fields_are_noticed() -> None:
    request = posted(URL, a_form("Hello"))
    pairs = parse_qsl(request["data"], keep_blank_values=True)
    for changed in (
        [(name, "Hello!" if name == "Body" else value) for name, value in pairs],
        [*pairs, ("OptOutType", "STOP")],
        [*pairs, ("Body", "and more")],
        [pair for pair in pairs if pair[0] != "NumMedia"],
    ):
        assert not is_heard(a_knock(URL, {**request, "data": urlencode(changed)}))


def test_without_a_token_nothing_is_proven() -> None:
    with pytest.raises(NotAllowed, match="no auth token"):
        type(a_channel())(replace(a_channel().line, credentials={})).verify(
            a_knock(URL, posted(URL, a_form("Hello"), ""))
        )


def test_a_signed_body_is_for_its_own_account_number_and_service() -> None:
    def heard(form: dict[str, str], **settings: Any) -> bool:
        return is_heard(a_knock(URL, posted(URL, form)), **settings)

    service = {"phone_number": "", "messaging_service_sid": SERVICE_SID}
    assert heard(a_form("Hello", MessagingServiceSid=SERVICE_SID, To="+15550007777"), **service)
    assert not heard(a_form("Hello", MessagingServiceSid="MG" + "0" * 32), **service)
    assert not heard(a_form("Hello", AccountSid="AC" + "0" * 32))
    assert not heard(a_form("Hello", To="+15550007777"))
    assert not heard(a_form("Hello", To="whatsapp:+15550001111"))
    assert not heard(a_form("Hello", From="+15550001111", To="+15557654321"))


def test_a_body_that_is_no_form_is_signed_by_its_hash() -> None:
    body = b'{"a": "\xc3\xbc"}'
    digest = RequestValidator(AUTH_TOKEN)
    url = f"{URL}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {"x-twilio-signature": digest.compute_signature(url, {}), "content-type": "application/json"}
    query = dict(parse_qsl(url.partition("?")[2]))
    twilio.verify(Knock("POST", "token", url, headers, query, body), AUTH_TOKEN)
    with pytest.raises(NotAllowed):
        twilio.verify(Knock("POST", "token", url, headers, query, body + b" "), AUTH_TOKEN)


def test_a_webhook_that_was_set_to_get_is_heard_too() -> None:
    form = a_form("Hello ü")
    url = f"{URL}?{urlencode(form)}"
    headers = {"x-twilio-signature": RequestValidator(AUTH_TOKEN).compute_signature(url, {})}
    knock = Knock("GET", "token", url, headers, form, b"")
    a_channel().verify(knock)
    (letter,) = a_channel().sort(knock)
    assert letter.payload == form


def test_it_is_answered_with_twiml_that_says_nothing() -> None:
    answer = a_channel().receipt_of(a_knock(URL, posted(URL, a_form("Hello"))))
    assert (answer.content_type, answer.status) == ("text/xml", 200)
    assert answer.body.endswith("<Response/>")
