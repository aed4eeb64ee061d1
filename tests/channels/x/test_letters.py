"""What X delivers: its challenge answered without helping forgers, its signature checked, its letters told apart."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask

from app.channels.x import letters as x_letters
from app.channels.x.channel import XProfile
from app.errors import NotAllowed
from tests.channels.x.conftest import PAYLOADS, a_knock, letters, line, recorded
from tests.conftest import Ground, make_settings
from tests.fakes.x import CLIENT, CONSUMER, PROFILE, signature, signed

DANA = "3001969357"


@pytest.fixture
def set_up(context: Flask, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_settings(ground, x_consumer_secret=CONSUMER[1], x_client_secret=CLIENT[1])
    monkeypatch.setitem(context.config, "PARLEY", settings)


def challenge(token: str, **given: Any) -> dict[str, str]:
    answer = XProfile.greet(a_knock(method="GET", query={"crc_token": token, "nonce": "n"}, **given))
    assert answer is not None
    body: dict[str, str] = json.loads(answer.body)
    return body


def test_the_challenge_is_answered_as_the_documentation_has_it(set_up: None) -> None:
    assert challenge("MWE5Yzc2-ZTFj_NWU0") == {"response_token": signature(b"MWE5Yzc2-ZTFj_NWU0")}


def test_an_own_apps_challenge_is_answered_by_the_secret_sealed_in_the_address(context: Flask) -> None:
    path = x_letters.sealed("own-secret")
    assert "own-secret" not in path
    assert challenge("token", path=path) == {"response_token": signature(b"token", "own-secret")}


@pytest.mark.parametrize("path", ["token", "gAAAAAB", "\0", "ü", "x" * 5000])
def test_an_address_that_was_not_given_to_x_is_no_address(set_up: None, path: str) -> None:
    with pytest.raises(NotAllowed):
        challenge("token", path=path)


def test_a_delivery_is_not_signed_for_whoever_asks_for_it_as_a_challenge(set_up: None) -> None:
    """Else anybody could have their forgery signed by us."""
    for token in ('{"for_user_id":"1"}', recorded("dm_text").decode(), "", " ", "a" * 201, "[]", "é"):
        with pytest.raises(NotAllowed):
            challenge(token)


def test_without_a_secret_no_challenge_is_answered(context: Flask) -> None:
    with pytest.raises(NotAllowed):
        challenge("token")


def test_a_knock_without_a_challenge_is_no_greeting(set_up: None) -> None:
    assert XProfile.greet(a_knock(recorded("dm_text"))) is None
    assert XProfile.greet(a_knock(method="GET")) is None


def test_what_the_apps_secret_signed_is_believed_and_nothing_else(context: Flask) -> None:
    body, channel = recorded("dm_text"), XProfile(line())
    channel.verify(a_knock(body, signed(body)))
    for headers in (
        {},
        signed(body + b" "),
        signed(body, "another"),
        {"X-Twitter-Webhooks-Signature": signature(body).removeprefix("sha256=")},
        {"X-Twitter-Webhooks-Signature": "sha256="},
        {"Authorization": signature(body)},
    ):
        with pytest.raises(NotAllowed):
            channel.verify(a_knock(body, headers))


def test_the_newer_signature_by_the_client_secret_is_believed_too(set_up: None) -> None:
    body, channel = recorded("dm_text"), XProfile(line(bearer_token="bearer.first"))
    channel.verify(a_knock(body, signed(body, CLIENT[1], header="X-Twitter-Webhooks-Signature-OAuth2")))
    channel.verify(a_knock(body, signed(body)))
    with pytest.raises(NotAllowed):
        channel.verify(a_knock(body, signed(body, "another", header="X-Twitter-Webhooks-Signature-OAuth2")))


def test_an_own_app_is_believed_by_its_own_secret_only(set_up: None) -> None:
    body = recorded("dm_text")
    with pytest.raises(NotAllowed):
        XProfile(line(consumer_secret="own")).verify(a_knock(body, signed(body)))


def test_without_a_secret_nothing_is_believed(context: Flask) -> None:
    body = recorded("dm_text")
    with pytest.raises(NotAllowed):
        XProfile(line(bearer_token="bearer.first")).verify(a_knock(body, signed(body, "")))


def test_each_event_is_a_letter_of_its_own_in_the_lane_of_the_other_side() -> None:
    body = json.loads(recorded("dm_text"))
    body["direct_message_events"] += json.loads(recorded("dm_echo"))["direct_message_events"]
    body["follow_events"] = json.loads(recorded("follow"))["follow_events"]
    sorted_ = XProfile.sort(a_knock(json.dumps(body).encode()))
    assert [(each.address, each.sender) for each in sorted_] == [(PROFILE, DANA), (PROFILE, DANA), (PROFILE, PROFILE)]
    assert sorted_[0].key == "direct_message_events:954491830116155396"
    assert sorted_[2].payload == {"is": "follow_events"}


def test_both_apis_for_events_call_the_same_event_the_same() -> None:
    """A profile may be heard by both for a while."""
    old = json.loads(recorded("dm_text"))
    event = old["direct_message_events"][0]
    new = {
        "data": {
            "filter": {"user_id": PROFILE},
            "event_type": "dm.received",
            "payload": {"direct_message_events": [event]},
        }
    }
    (first,), (second,) = (XProfile.sort(a_knock(json.dumps(each).encode())) for each in (old, new))
    assert (first.address, first.sender, first.key) == (second.address, second.sender, second.key)


def test_every_recorded_delivery_is_ours_and_repeats_are_known() -> None:
    keys = [letter.key for path in PAYLOADS.glob("*.json") for letter in letters(path.stem)]
    assert len(keys) == len(set(keys)) == len(list(PAYLOADS.glob("*.json")))
    assert {letter.address for path in PAYLOADS.glob("*.json") for letter in letters(path.stem)} == {PROFILE}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"for_user_id": []}',
        b'{"for_user_id": "1", "direct_message_events": {}}',
        b'{"data": {"filter": {"user_id": "1"}}}',
        b'{"data": 7}',
        b'{"user_event": {"revoke": []}}',
        b'{"for_user_id": "1", "tweet_create_events": [7, null, "x"]}',
    ],
)
def test_nonsense_is_no_letter_or_says_nothing(body: bytes) -> None:
    for letter in XProfile.sort(a_knock(body)):
        assert XProfile(line()).parse(letter) == ()
