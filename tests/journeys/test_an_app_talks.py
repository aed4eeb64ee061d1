"""A story of an API inbox: an app writes for a customer, and our answers reach the app, whatever its server does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from app.channels.api import new_secret
from app.ledger.drain import drain
from app.ledger.transaction import transaction
from app.lib import crypto
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Conversation, Inbox, Message
from tests.cast import Cast, bob
from tests.fakes.webhook_receiver import Receiver, Reply, private_calls_allowed, receiving
from workers.jobs import JOBS

SECRET = new_secret()


@pytest.fixture
def receiver(app: Flask, cast: Cast) -> Iterator[Receiver]:
    with receiving() as receiver, private_calls_allowed(app):
        yield receiver


@pytest.fixture
def talk(app: Flask, cast: Cast, receiver: Receiver) -> str:
    """The path of a conversation that Dana has begun with her app."""
    with transaction(cast.account_id):
        inbox = Inbox(account_id=cast.account_id, name="App", channel="api", address=crypto.token(18))
        inbox.channel_settings = {"webhook_url": receiver.url}
        inbox.credentials = {"hmac_secret": "h", "webhook_secret": SECRET}
        db.session.add(inbox)
        db.session.flush()
        home = f"/public/api/v1/inboxes/{inbox.address}/contacts"
    client = app.test_client()
    session = client.post(home, json={"name": "Dana", "email": "dana@example.com"}).json
    assert session
    path = f"{home}/{session['source_id']}/conversations"
    begun = client.post(path).json
    assert begun
    client.post(f"{path}/{begun['id']}/messages", json={"content": "Is the Ridge 2 back?"})
    return f"{path}/{begun['id']}"


def bob_answers(cast: Cast, text: str) -> int:
    with transaction(cast.account_id):
        return db.session.scalars(select(Conversation)).one().reply(text, by=bob(cast).actor).id


def sent(cast: Cast, message_id: int) -> tuple[str, str | None]:
    drain(Queue.OUTBOUND, JOBS)
    with transaction(cast.account_id):
        message = db.session.get_one(Message, (cast.account_id, message_id))
        return message.status, message.external_error


def test_an_answer_reaches_the_app_with_all_it_needs(talk: str, cast: Cast, receiver: Receiver) -> None:
    answer = bob_answers(cast, "It is **back**. " + "x" * 20_000)
    assert sent(cast, answer) == ("sent", None)
    (call,) = receiver.calls
    assert call.is_proven(SECRET)
    event = call.event
    assert event["event"] == "message_created"
    assert (event["id"], event["message_type"], event["private"]) == (answer, "outgoing", False)
    assert event["content"].startswith("It is **back**.")
    assert event["account"] == {"id": cast.account_id, "name": "Fernway"}
    assert event["inbox"]["name"] == "App"
    assert (event["sender"]["type"], event["sender"]["name"]) == ("user", "Bob")
    conversation = event["conversation"]
    assert conversation["channel"] == "Channel::Api"
    assert conversation["contact_inbox"]["source_id"] == talk.split("/")[7]
    assert conversation["meta"]["sender"]["email"] == "dana@example.com"
    assert conversation["can_reply"] is True


def test_a_note_stays_at_the_desk(talk: str, cast: Cast, receiver: Receiver) -> None:
    with transaction(cast.account_id):
        db.session.scalars(select(Conversation)).one().reply("Careful.", by=bob(cast).actor, private=True)
    drain(Queue.OUTBOUND, JOBS)
    assert receiver.calls == []


def test_a_refusal_is_shown_in_its_words_and_sent_again_under_the_same_key(
    talk: str, cast: Cast, receiver: Receiver
) -> None:
    receiver.replies = [Reply(422, b"no such customer")]
    answer = bob_answers(cast, "It is back.")
    assert sent(cast, answer) == ("failed", "It answered 422: no such customer")
    with transaction(cast.account_id):
        message = db.session.get_one(Message, (cast.account_id, answer))
        message.conversation.send_again(message.client_id, by=bob(cast).actor)
    assert sent(cast, answer) == ("sent", None)
    first, second = receiver.calls
    assert first.key == second.key


def test_a_server_that_is_away_is_asked_again_and_the_bubble_says_so(talk: str, cast: Cast, receiver: Receiver) -> None:
    receiver.replies = [Reply(503, b"deploying")]
    answer = bob_answers(cast, "It is back.")
    assert sent(cast, answer) == ("queued", "It answered 503: deploying")
    with transaction(cast.account_id):
        assert db.session.get_one(Message, (cast.account_id, answer)).retry_at
