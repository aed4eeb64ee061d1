"""An administrator connects a program: its webhook is tried at once, and its secrets are shown until they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Event, Inbox
from tests.at_the_door import ALICE, BOB, CHARLIE, browser_of
from tests.cast import Cast
from tests.fakes.webhook_receiver import Receiver, Reply, private_calls_allowed, receiving


@pytest.fixture
def alice(app: Flask, cast: Cast) -> FlaskClient:
    return browser_of(app, ALICE)


@pytest.fixture
def home(cast: Cast) -> str:
    return f"/accounts/{cast.account_id}/settings/inboxes/api"


@pytest.fixture
def receiver(app: Flask) -> Iterator[Receiver]:
    with receiving() as receiver, private_calls_allowed(app):
        yield receiver


def typed(**given: Any) -> dict[str, Any]:
    return {"name": "Fernway app", "is_enabled": "1", **given}


def the_inbox(cast: Cast) -> Inbox:
    with transaction(cast.account_id):
        inbox = db.session.scalars(select(Inbox).where(Inbox.channel == "api")).one()
        _ = inbox.members
        return inbox


def none_there(cast: Cast) -> bool:
    with transaction(cast.account_id):
        return db.session.scalar(select(Inbox.id).where(Inbox.channel == "api")) is None


def test_the_chooser_has_every_channel_and_leads_on(alice: FlaskClient, home: str) -> None:
    inboxes = home.removesuffix("/api")
    page = alice.get(f"{inboxes}/new").text
    assert f'href="{inboxes}/new/website"' in page
    assert f'href="{home}/new"' in page
    assert alice.get(f"{inboxes}/new?channel=api").location == f"{home}/new"
    assert alice.get(f"{inboxes}/new?channel=pigeon").status_code == 200


def test_an_inbox_is_made_and_its_webhook_gets_a_signed_test(
    alice: FlaskClient, home: str, cast: Cast, receiver: Receiver
) -> None:
    form = alice.get(f"{home}/new").text
    for words in ("Webhook address", "Named customers must be proven", "Answers are taken for (hours)"):
        assert words in form
    assert form.count(" checked") == 2, "open, and whoever makes it answers"
    answer = alice.post(home, data=typed(webhook_url=receiver.url, agent_reply_time_window="24", members=[cast.bob_id]))
    inbox = the_inbox(cast)
    assert answer.location == f"{home}/{inbox.id}"
    assert inbox.channel_settings == {
        "webhook_url": receiver.url,
        "hmac_mandatory": False,
        "agent_reply_time_window": 24.0,
    }
    (call,) = receiver.calls
    assert call.event["event"] == "ping"
    assert call.is_proven(inbox.credentials["webhook_secret"])
    page = alice.get(answer.location).text
    assert "Your server took our test." in page
    assert inbox.address in page
    assert f"http://localhost/public/api/v1/inboxes/{inbox.address}/contacts" in page
    assert 'value="24"' in page
    assert "Fernway app" in alice.get(home.removesuffix("/api")).text


def test_secrets_are_shown_until_they_are_kept_and_anew_when_changed(alice: FlaskClient, home: str, cast: Cast) -> None:
    path = alice.post(home, data=typed()).location
    first = the_inbox(cast).credentials
    page = alice.get(path).text
    assert first["hmac_secret"] in page
    assert first["webhook_secret"] in page
    alice.post(f"{path}/secret/kept")
    page = alice.get(path).text
    assert first["hmac_secret"] not in page
    assert first["webhook_secret"] not in page
    assert alice.post(f"{path}/secret", data={"which": "webhook_secret"}).status_code == 422
    alice.post(f"{path}/secret", data={"which": "webhook_secret", "sure": "1"})
    second = the_inbox(cast).credentials
    assert second["hmac_secret"] == first["hmac_secret"]
    assert second["webhook_secret"] != first["webhook_secret"]
    page = alice.get(path).text
    assert second["webhook_secret"] in page
    assert second["hmac_secret"] not in page
    with transaction(cast.account_id):
        told = db.session.scalars(select(Event.data)).all()
    assert not any(secret in str(told) for secret in (first["hmac_secret"], second["webhook_secret"]))


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(302, b"", {"location": "https://www.shop.example/"}), "It redirects to https://www.shop.example/."),
    ],
)
def test_a_webhook_that_takes_nothing_is_not_saved(
    alice: FlaskClient, home: str, cast: Cast, receiver: Receiver, reply: Reply, words: str
) -> None:
    receiver.replies = [reply]
    answer = alice.post(home, data=typed(webhook_url=receiver.url))
    assert answer.status_code == 422
    assert words in answer.text
    assert receiver.url in answer.text
    assert none_there(cast)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:9/", "leads into a private network"),
        ("http://169.254.169.254/latest/meta-data", "leads into a private network"),
        ("http://[::ffff:10.0.0.1]/", "leads into a private network"),
        ("ftp://shop.example", "Give an address of the web"),
        ("https://user:secret@shop.example/", "Give an address of the web"),
    ],
)
def test_a_webhook_inside_the_network_is_not_saved(
    alice: FlaskClient, home: str, cast: Cast, url: str, words: str
) -> None:
    answer = alice.post(home, data=typed(webhook_url=url))
    assert answer.status_code == 422
    assert words in answer.text
    assert none_there(cast)
    path = alice.post(home, data=typed()).location
    assert alice.post(path, data=typed(webhook_url=url)).status_code == 422
    assert the_inbox(cast).channel_settings["webhook_url"] == ""


def test_a_server_that_refuses_the_test_is_saved_and_its_words_are_told(
    alice: FlaskClient, home: str, cast: Cast, receiver: Receiver
) -> None:
    receiver.replies = [Reply(401, b"<b>who are you?</b>")]
    path = alice.post(home, data=typed(webhook_url=receiver.url)).location
    assert "It answered 401: &lt;b&gt;who are you?&lt;/b&gt;" in alice.get(path).text
    receiver.replies = [Reply(500, b"broken")]
    assert alice.post(f"{path}/test").location == f"{path}#webhook"
    assert "It answered 500: broken" in alice.get(path).text
    alice.post(f"{path}/test")
    assert "Your server took our test." in alice.get(path).text
    assert len(receiver.calls) == 3


def test_an_unchanged_webhook_is_not_called_again(
    alice: FlaskClient, home: str, cast: Cast, receiver: Receiver
) -> None:
    path = alice.post(home, data=typed(webhook_url=receiver.url)).location
    alice.post(path, data=typed(name="Renamed", webhook_url=receiver.url, lock_to_single_conversation="1"))
    inbox = the_inbox(cast)
    assert (inbox.name, inbox.lock_to_single_conversation) == ("Renamed", True)
    assert len(receiver.calls) == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Fill this in."),
        ("name", "x" * 101, "This is too long"),
        ("webhook_url", "https://shop.example/" + "x" * 2048, "This is too long"),
        ("agent_reply_time_window", "soon", "valid number"),
        ("agent_reply_time_window", "-1", "greater than 0"),
        ("agent_reply_time_window", "nan", "This is not saved yet"),
        ("members", ["9999"], "Choose among the people"),
        ("greeting_message", "x" * 10_001, "This is too long"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_typed(
    alice: FlaskClient, home: str, cast: Cast, field: str, value: Any, words: str
) -> None:
    answer = alice.post(home, data=typed(**{field: value, "greeting_enabled": "1"}))
    assert answer.status_code == 422
    assert words in answer.text
    assert none_there(cast)


def test_only_administrators_of_the_account_come_here_and_nobody_is_called_for_others(
    app: Flask, alice: FlaskClient, home: str, cast: Cast, receiver: Receiver
) -> None:
    path = alice.post(home, data=typed()).location
    for who in (BOB, CHARLIE):
        browser = browser_of(app, who)
        for address in (f"{home}/new", path):
            assert browser.get(address).status_code in (403, 404)
        for address in (home, path, f"{path}/test", f"{path}/secret", f"{path}/secret/kept"):
            assert browser.post(address, data=typed(webhook_url=receiver.url)).status_code in (403, 404)
    assert receiver.calls == []
    website = f"{home}/{cast.inbox_id}"
    assert alice.get(website).status_code == 404
    assert alice.post(f"{website}/test").status_code == 404
