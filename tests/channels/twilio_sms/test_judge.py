"""Twilio's own library reads what the stand-in answers, and is refused where the stand-in says that Twilio refuses."""

from __future__ import annotations

from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from tests.channels.contract.twilio_sms import DANA
from tests.channels.twilio_sms.conftest import a_channel, outbound
from tests.fakes.places import PROVIDER_URLS
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, NUMBER
from tests.fakes.twilio_messages import SERVICE_SID, TEMPLATE_SID, WHATSAPP_SENDER
from tests.fakes.twilio_services import Served

HOSTS = {
    "https://api.twilio.com": PROVIDER_URLS["twilio"],
    "https://messaging.twilio.com": PROVIDER_URLS["twilio_messaging"],
    "https://content.twilio.com": PROVIDER_URLS["twilio_content"],
}


class Nearby(TwilioHttpClient):  # type: ignore[misc]
    """As it is, but that Twilio is on this machine."""

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        for home, here in HOSTS.items():
            url = url.replace(home, here, 1)
        return super().request(method, url, *args, **kwargs)


@pytest.fixture
def judge(there: Served) -> Any:
    return Client(ACCOUNT_SID, AUTH_TOKEN, http_client=Nearby())


def test_a_message_of_ours_is_the_message_it_would_have_sent(there: Served, judge: Any) -> None:
    a_channel(can_mms=True).send(outbound("It is back."))
    judge.messages.create(
        to=DANA, from_=NUMBER, body="It is back.", status_callback="http://localhost/webhooks/twilio_sms/token"
    )
    ours, theirs = (asked.form for asked in there.twilio.asked)
    assert ours == theirs
    ours_read, theirs_read = judge.messages.list(to=DANA)
    assert (ours_read.body, ours_read.status, ours_read.direction) == (
        "It is back.",
        theirs_read.status,
        "outbound-api",
    )
    assert ours_read.date_created is not None


def test_it_reads_numbers_services_senders_templates_and_the_balance(judge: Any) -> None:
    (number,) = judge.incoming_phone_numbers.list(phone_number=NUMBER)
    assert number.capabilities["mms"] is True
    assert judge.api.accounts(ACCOUNT_SID).fetch().status == "active"
    assert judge.balance.fetch().balance == "12.34"
    assert judge.messaging.v1.services(SERVICE_SID).fetch().friendly_name == "Fernway service"
    (sender,) = judge.messaging.v2.channels_senders.list(channel="whatsapp")
    assert sender.sender_id == WHATSAPP_SENDER
    (template,) = judge.content.v1.content_and_approvals.list()
    assert (template.sid, template.approval_requests["status"]) == (TEMPLATE_SID, "approved")


def test_it_is_refused_as_twilio_refuses(there: Served, judge: Any) -> None:
    there.messages.opted_out.add(DANA)
    with pytest.raises(TwilioRestException) as refused:
        judge.messages.create(to=DANA, from_=NUMBER, body="Hello")
    assert (refused.value.status, refused.value.code) == (400, 21610)
    with pytest.raises(TwilioRestException) as unknown:
        Client(ACCOUNT_SID, "wrong", http_client=Nearby()).balance.fetch()
    assert (unknown.value.status, unknown.value.code) == (401, 20003)
