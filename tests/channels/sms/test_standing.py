"""A number at Bandwidth is connected, its application told where we are, and watched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from app.channels.base import NotConnected, Unreachable
from app.channels.sms.application import USER, password
from app.channels.sms.bandwidth import BandwidthSettings
from app.channels.sms.channel import Sms
from tests.channels.contract.sms import APPLICATION, CREDENTIALS, SETTINGS, a_line
from tests.channels.sms.conftest import URL
from tests.fakes.bandwidth import NUMBER, Served, application


def typed(credentials: dict[str, str] | None = None, **settings: Any) -> Sms:
    line = a_line(**settings)
    return Sms(replace(line, address="", name="", credentials={**CREDENTIALS, **(credentials or {})}))


def problems(channel: Sms) -> list[tuple[str, str]]:
    return [(each.code, each.repair) for each in channel.probe(URL).problems]


def test_connecting_has_the_applications_events_come_to_us(there: Served) -> None:
    line = typed().connect(URL)
    assert (line.address, line.name) == (NUMBER, NUMBER)
    assert (there.told("InboundCallbackUrl"), there.told("OutboundCallbackUrl")) == (URL, URL)
    assert (there.told("AppName"), there.told("UserId"), there.told("Password")) == (
        "Fernway &amp; Sons",
        USER,
        password("token"),
    )
    health = Sms(line).probe(URL)
    assert not health.problems
    assert health.facts == {"Application": "Fernway & Sons", "Webhook": URL}


def test_without_the_right_to_configure_it_is_done_by_hand(there: Served) -> None:
    there.accounts.may_configure = False
    line = typed().connect(URL)
    assert there.told("InboundCallbackUrl") == "https://elsewhere.example/in"
    health = Sms(line).probe(URL)
    assert not health.problems
    assert health.facts["Webhook"].startswith(f"{URL} (Set it in the Bandwidth App")


@pytest.mark.parametrize(
    ("credentials", "given", "field", "words"),
    [
        ({"client_secret": "wrong"}, {}, "client_secret", "Authentication Failed"),
        ({"account_id": "1"}, {}, "client_secret", "Access Denied"),
        ({}, {"application_id": "another"}, "application_id", "404"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    there: Served, credentials: dict[str, str], given: dict[str, str], field: str, words: str
) -> None:
    with pytest.raises(NotConnected) as caught:
        typed(credentials, **given).connect(URL)
    assert list(caught.value.fields) == [field]
    assert words in caught.value.fields[field]


def test_a_probe_says_what_is_wrong_and_how_it_is_repaired(there: Served) -> None:
    channel = Sms(typed().connect(URL))
    there.accounts.document = application("https://elsewhere.example/in")
    assert problems(channel) == [("webhook_elsewhere", "register")]
    assert problems(typed(application_id="another")) == [("application_gone", "settings")]
    assert problems(typed({"client_secret": "wrong"})) == [("credentials", "reconnect")]


@pytest.mark.usefixtures("context")
def test_nobody_there_is_told_as_such() -> None:
    channel = typed({"client_id": "CLI-nobody"})
    with pytest.raises(Unreachable):
        channel.connect(URL)
    assert problems(channel) == [("unreachable", "")]


@pytest.mark.parametrize("written", ["", "FERNWAY", "12345", "919 555 1234"])
def test_what_is_no_number_is_refused_in_words(written: str) -> None:
    with pytest.raises(ValidationError):
        BandwidthSettings(**{**SETTINGS, "phone_number": written})


def test_numbers_are_kept_in_one_form() -> None:
    settings = BandwidthSettings(phone_number="+1 (919) 555-1234", application_id=f" {APPLICATION} ")
    assert (settings.phone_number, settings.application_id) == (NUMBER, APPLICATION)
