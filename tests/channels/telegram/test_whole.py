"""From Telegram's door to the thread, and from the thread to Telegram."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from app.actions.poll import wish_poll
from app.channels.telegram.channel import Telegram
from app.ledger.drain import drain
from app.ledger.transaction import transaction
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Attachment, Conversation, Inbox, Membership, Message
from tests.cast import Cast
from tests.channels.contract.telegram import ADAPTER, a_call
from tests.channels.telegram.conftest import recorded
from tests.fakes.provider import serving
from tests.fakes.telegram import BLOCKED
from tests.fakes.telegram import Telegram as StandIn
from workers.jobs import JOBS


@pytest.fixture
def stand_in(app: Flask) -> Any:
    with serving(StandIn()) as telegram:
        yield telegram


@pytest.fixture
def inbox(app: Flask, cast: Cast) -> Inbox:
    with transaction(cast.account_id):
        return ADAPTER.open_inbox(cast.account_id)


def brings(client: FlaskClient, inbox: Inbox, *names: str) -> None:
    for name in names:
        call = a_call(inbox.token, recorded(name), Telegram(inbox.line).secret)
        answer = client.post(call.path, **call.request)
        assert answer.status_code == 200
        assert name != "callback_query" or answer.get_json()["method"] == "answerCallbackQuery"


def worked() -> None:
    for queue in (Queue.INBOUND, Queue.OUTBOUND, Queue.SLOW):
        drain(queue, JOBS)


def messages(cast: Cast) -> list[Message]:
    with transaction(cast.account_id):
        found = list(db.session.scalars(select(Message).order_by(Message.sequence)))
        assert all(message.conversation for message in found)
        return found


def answers(cast: Cast, content: str, **more: Any) -> None:
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation).order_by(Conversation.id.desc()).limit(1)).one()
        bob = db.session.scalars(select(Membership).where(Membership.user_id == cast.bob_id)).one()
        talk.reply(content, by=bob.actor, **more)
    worked()


def test_a_talk_with_words_a_picture_a_button_and_a_change_of_mind(
    client: FlaskClient, cast: Cast, inbox: Inbox, stand_in: StandIn
) -> None:
    wheel = BytesIO()
    Image.new("RGB", (8, 8), "#7a9").save(wheel, "PNG")
    stand_in.files = {"AgADphotox": ("photos/1.jpg", wheel.getvalue()), "face": ("photos/2.jpg", wheel.getvalue())}
    stand_in.photos = {4711: ["face"]}
    brings(client, inbox, "text", "text", "photo")
    worked()
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation)).one()
        assert (talk.contact.name, bool(talk.contact.avatar_key)) == ("Dana Okafor", True)
        assert db.session.scalars(select(Attachment)).one().state == "ready"
        first = messages_of(talk)[0]
    answers(
        cast,
        "**Which** one?",
        reply_to=first.client_id,
        content_type="input_select",
        content_attributes={
            "items": [{"title": "Red", "value": "colour-red"}, {"title": "Blue", "value": "colour-blue"}]
        },
    )
    (sent,) = stand_in.sent
    assert (sent["text"], len(sent["reply_markup"]["inline_keyboard"])) == ("Which one?", 2)
    assert sent["reply_parameters"]["message_id"] == 31
    brings(client, inbox, "callback_query", "edited", "reaction")
    worked()
    said = messages(cast)
    assert [message.content for message in said[:4]] == [
        "Is the blue one back?",
        "The scratch is here",
        "**Which** one?",
        "Blue",
    ]
    assert said[3].content_attributes["payload"] == "colour-blue"
    edited = recorded("edited")
    edited["update_id"] += 1000
    call = a_call(inbox.token, edited, Telegram(inbox.line).secret)
    assert client.post(call.path, **call.request).status_code == 200
    worked()
    assert [each["content"] for each in messages(cast)[0].content_attributes["edits"]] == ["Is the red one back? 🚲"]
    assert said[2].source_id == f"4711/{sent['message_id']}"


def messages_of(talk: Conversation) -> list[Message]:
    return list(
        db.session.scalars(select(Message).where(Message.conversation_id == talk.id).order_by(Message.sequence))
    )


def test_a_business_chat_stands_by_itself_and_its_owners_words_are_ours(
    client: FlaskClient, cast: Cast, inbox: Inbox, stand_in: StandIn
) -> None:
    stand_in.business.add("AbCdEf-1")
    brings(client, inbox, "text", "business_text", "business_owner", "business_by_us")
    worked()
    with transaction(cast.account_id):
        talks = list(db.session.scalars(select(Conversation).order_by(Conversation.id)))
        assert [talk.identifier for talk in talks] == [None, "AbCdEf-1"]
        assert [(each.content, each.is_incoming) for each in messages_of(talks[1])] == [
            ("Do you still have it?", True),
            ("Yes, we do", False),
        ]
    answers(cast, "Shall I keep it for you?")
    assert stand_in.sent[0]["business_connection_id"] == "AbCdEf-1"
    brings(client, inbox, "business_deleted")
    worked()
    assert [message.deleted_at is not None for message in messages(cast)][:3].count(True) == 2


def test_a_customer_who_blocked_the_bot_is_told_of_and_can_be_tried_again(
    client: FlaskClient, cast: Cast, inbox: Inbox, stand_in: StandIn
) -> None:
    brings(client, inbox, "text", "blocked", "group")
    worked()
    stand_in.instead.append(BLOCKED)
    answers(cast, "It is back.")
    failed = messages(cast)[-1]
    assert (failed.status, failed.external_error) == (
        "failed",
        "Forbidden: bot was blocked by the user",
    )


def test_where_telegram_cannot_come_it_is_asked(cast: Cast, inbox: Inbox, stand_in: StandIn) -> None:
    with transaction(cast.account_id):
        kept = db.session.get_one(Inbox, (cast.account_id, inbox.id))
        kept.channel_settings = {"polling": True}
    stand_in.waiting = [recorded("text"), recorded("group")]
    with transaction(cast.account_id):
        wish_poll(cast.account_id, inbox.id)
    for _ in range(3):
        worked()
    assert [message.content for message in messages(cast)] == ["Is the red one back? 🚲"]
    assert stand_in.waiting == []


def test_what_stands_in_every_field_is_only_words(
    client: FlaskClient, cast: Cast, inbox: Inbox, stand_in: StandIn
) -> None:
    evil = "<script>alert(1)</script> **x** \u202e"
    update = recorded("document")
    update["message"] |= {"caption": evil, "from": {**update["message"]["from"], "first_name": evil, "username": evil}}
    update["message"]["document"] |= {"file_name": f"../{evil}.pdf", "mime_type": evil}
    call = a_call(inbox.token, update, Telegram(inbox.line).secret)
    assert client.post(call.path, **call.request).status_code == 200
    worked()
    (message,) = messages(cast)
    assert message.content == evil
    with transaction(cast.account_id):
        attachment = db.session.scalars(select(Attachment)).one()
        assert "/" not in attachment.filename
        assert attachment.state in ("failed", "pending")
