"""What leaves through an API inbox: signed, bounded, never into private networks, and failing in the receiver's words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from pydantic import ValidationError

from app.channels.api import Api, ApiSettings, new_secret, signed
from app.channels.base import DeliveryFailed, Line, NotConnected, Outbound, Sent
from tests.fakes.webhook_receiver import Receiver, Reply, private_calls_allowed, receiving

SECRET = new_secret()
EVENT = {"event": "message_created", "id": 7, "content": "It is **back**. ü \ud83d"}
OUT = Outbound(key="message-7-0", to="dana", text="It is back.", event=EVENT)


@pytest.fixture
def receiver(parley: Flask) -> Iterator[Receiver]:
    with receiving() as receiver, parley.app_context(), private_calls_allowed(parley):
        yield receiver


def a_channel(url: str, **settings: Any) -> Api:
    credentials = {"hmac_secret": "h", "webhook_secret": SECRET}
    return Api(Line("identifier", credentials=credentials, settings={"webhook_url": url, **settings}))


def refused(channel: Api) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        channel.send(OUT)
    return caught.value


def test_a_message_is_posted_whole_and_signed_in_both_ways(receiver: Receiver) -> None:
    assert a_channel(receiver.url).send(OUT) == Sent()
    (call,) = receiver.calls
    assert call.key == "message-7-0"
    assert call.is_proven(SECRET)
    assert call.is_proven_as_before(SECRET)
    assert not call.is_proven(new_secret())
    assert call.headers["content-type"] == "application/json"
    assert call.event["content"] == "It is **back**. ü ?"


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    # https://github.com/standard-webhooks/standard-webhooks: the test vector of its libraries.
    headers = signed(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        at=1614265330,
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_without_a_webhook_a_message_waits_to_be_fetched() -> None:
    assert a_channel("").send(OUT) == Sent()


def test_a_repeat_of_a_send_has_the_same_key(receiver: Receiver) -> None:
    channel = a_channel(receiver.url)
    channel.send(OUT)
    channel.send(OUT)
    assert [call.key for call in receiver.calls] == ["message-7-0"] * 2
    assert channel.abilities.is_idempotent


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        (400, True),
        (401, True),
        (404, True),
        (410, True),
        (422, True),
        (408, False),
        (425, False),
        (429, False),
        (500, False),
        (501, False),
        (503, False),
    ],
)
def test_a_refusal_is_told_in_the_receivers_words(receiver: Receiver, status: int, permanent: bool) -> None:
    receiver.replies = [Reply(status, b"the till is closed")]
    failed = refused(a_channel(receiver.url))
    assert failed.reason == f"It answered {status}: the till is closed"
    assert failed.permanent is permanent
    assert not failed.is_unsure


def test_patience_that_is_asked_for_is_had(receiver: Receiver) -> None:
    receiver.replies = [Reply(429, b"", {"retry-after": "90"})]
    assert refused(a_channel(receiver.url)).retry_after == 90


@pytest.mark.parametrize("headers", [{"location": "http://127.0.0.1:1/elsewhere"}, {}])
def test_a_redirect_is_no_success_and_is_not_followed(receiver: Receiver, headers: dict[str, str]) -> None:
    receiver.replies = [Reply(302, b"", headers)]
    failed = refused(a_channel(receiver.url))
    assert failed.permanent
    assert len(receiver.calls) == 1


def test_a_huge_answer_is_success_and_is_not_read_to_its_end(receiver: Receiver) -> None:
    receiver.replies = [Reply(200, b"x" * 3_000_000)]
    assert a_channel(receiver.url).send(OUT) == Sent()


def test_an_answer_that_does_not_come_may_have_arrived(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.channels.api.TIMEOUT_SECONDS", 0.3)
    receiver.replies = [Reply(200, wait=2)]
    failed = refused(a_channel(receiver.url))
    assert not failed.permanent
    assert failed.is_unsure


def test_nobody_there_is_tried_again(parley: Flask) -> None:
    with receiving() as gone:
        url = gone.url
    with parley.app_context(), private_calls_allowed(parley):
        failed = refused(a_channel(url))
    assert not failed.permanent
    assert not failed.is_unsure
    assert "connection failed" in failed.reason


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/", "http://[::1]/", "http://169.254.169.254/", "http://10.0.0.8/"]
)
def test_private_networks_are_called_neither_for_a_test_nor_for_a_message(parley: Flask, address: str) -> None:
    channel = a_channel(address)
    with parley.app_context():
        failed = refused(channel)
        assert failed.permanent
        assert "leads into a private network" in failed.reason
        for check in (channel.check_address, lambda: channel.connect("")):
            with pytest.raises(NotConnected) as caught:
                check()
            assert "leads into a private network" in caught.value.fields["webhook_url"]


def test_connecting_asks_for_an_answer_and_does_not_judge_it(receiver: Receiver) -> None:
    receiver.replies = [Reply(401, b"who are you?")]
    channel = a_channel(receiver.url)
    assert channel.connect("") == channel.line
    (call,) = receiver.calls
    assert call.event["event"] == "ping"
    assert call.is_proven(SECRET)
    receiver.replies = [Reply(301, b"", {"location": "https://shop.example/"})]
    with pytest.raises(NotConnected, match="redirects to https"):
        channel.connect("")


@pytest.mark.parametrize(
    ("status", "is_well"), [(200, True), (204, True), (400, True), (422, True), (404, False), (503, False)]
)
def test_the_probe_tells_whether_messages_will_be_taken(receiver: Receiver, status: int, is_well: bool) -> None:
    receiver.replies = [Reply(status, b"")]
    problems = a_channel(receiver.url).probe("").problems
    assert (not problems) is is_well
    assert not problems or problems[0].repair == "settings"


@pytest.mark.parametrize(
    "value",
    [
        "ftp://shop.example/",
        "shop.example/parley",
        "https://",
        "https:///path",
        "javascript:alert(1)",
        "https://user:password@shop.example/",
        "https://shop.example/a b",
        "https://shop.example/\x00",
        "https://shop.example:99999/",
        "https://[bad/",
        "https://shop.example/" + "x" * 2048,
    ],
)
def test_an_address_that_is_none_is_refused_in_words(value: str) -> None:
    with pytest.raises(ValidationError):
        ApiSettings(webhook_url=value)


@pytest.mark.parametrize("hours", [0, -1, 1e9, "soon", float("nan"), float("inf")])
def test_a_window_is_some_hours_long(hours: Any) -> None:
    with pytest.raises(ValidationError):
        ApiSettings(agent_reply_time_window=hours)


def test_what_is_kept_can_be_read_again() -> None:
    kept = ApiSettings(webhook_url="https://shop.example/parley", agent_reply_time_window=24)
    assert ApiSettings.model_validate(json.loads(kept.model_dump_json())) == kept
