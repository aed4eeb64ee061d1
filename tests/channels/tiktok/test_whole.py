"""From TikTok's door to the thread, and from the thread to TikTok."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from app.ledger.drain import drain
from app.ledger.transaction import transaction
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Attachment, Contact, Conversation, Membership, Message
from tests.cast import Cast
from tests.channels.contract.tiktok import a_call, an_inbox
from tests.channels.tiktok.conftest import content_of, recorded
from tests.fakes.tiktok import TikTokStandIn, delivery, no, signed
from workers.jobs import JOBS


@pytest.fixture
def inbox_id(app: Flask, cast: Cast) -> int:
    with transaction(cast.account_id):
        return an_inbox(cast.account_id).id


def posted(client: FlaskClient, body: bytes) -> None:
    call = a_call(body)
    assert client.post(call.path, **call.request).status_code == 200


def worked() -> None:
    for queue in (Queue.INBOUND, Queue.OUTBOUND, Queue.SLOW):
        drain(queue, JOBS)


def messages(cast: Cast, inbox_id: int) -> list[Message]:
    with transaction(cast.account_id):
        found = select(Message).where(Message.inbox_id == inbox_id).order_by(Message.id)
        return list(db.session.scalars(found))


def test_a_talk_with_words_a_picture_and_a_read_mark(
    client: FlaskClient, cast: Cast, inbox_id: int, tiktok: TikTokStandIn
) -> None:
    wheel = BytesIO()
    Image.new("RGB", (8, 8), "#7a9").save(wheel, "PNG")
    tiktok.media = {"img-1": ("image/png", wheel.getvalue())}
    tiktok.participants = [{"role": "PERSONAL_ACCOUNT", "id": "user-dana", "display_name": "Dana Rider"}]
    for name in ("text", "image", "text"):
        posted(client, recorded(name))
    worked()
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation).where(Conversation.inbox_id == inbox_id)).one()
        assert talk.contact.name == "dana_rides"
        picture = db.session.scalars(select(Attachment)).one()
        assert (picture.state, picture.content_type) == ("ready", "image/png")
        first = db.session.scalars(select(Message).where(Message.source_id == "m-1")).one()
        talk.reply("It is back.", by=cast_agent(cast), reply_to=first.client_id)
    worked()
    assert tiktok.sent[0]["text"] == {"body": "It is back."}
    assert tiktok.sent[0]["recipient"] == content_of("text")["conversation_id"]
    assert tiktok.sent[0]["referenced_message_info"] == {"referenced_message_id": "m-1"}
    said = messages(cast, inbox_id)
    assert [(each.content, each.status) for each in said] == [
        ("Is the Fern 3 back?", "sent"),
        ("", "sent"),
        ("It is back.", "sent"),
    ]
    read = content_of("read")
    posted(client, delivery("im_mark_read_msg", {**read, "read": {"last_read_timestamp": 1_900_000_000_000}}))
    worked()
    assert messages(cast, inbox_id)[-1].status == "read"


def test_our_own_echo_is_one_message_and_a_colleagues_is_another(
    client: FlaskClient, cast: Cast, inbox_id: int, tiktok: TikTokStandIn
) -> None:
    posted(client, recorded("text"))
    worked()
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation).where(Conversation.inbox_id == inbox_id)).one()
        talk.reply("It is back.", by=cast_agent(cast))
    worked()
    echo = content_of("echo")
    posted(client, delivery("im_send_msg", {**echo, "message_id": "out-1", "text": {"body": "It is back."}}))
    posted(client, recorded("echo"))
    worked()
    assert [each.content for each in messages(cast, inbox_id)] == ["Is the Fern 3 back?", "It is back.", "From the app"]


def test_a_refusal_is_shown_in_tiktoks_words(
    client: FlaskClient, cast: Cast, inbox_id: int, tiktok: TikTokStandIn
) -> None:
    posted(client, recorded("text"))
    worked()
    tiktok.instead.append(no(40064, "The message is blocked by the direct message rules."))
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation).where(Conversation.inbox_id == inbox_id)).one()
        talk.reply("It is back.", by=cast_agent(cast))
    worked()
    failed = messages(cast, inbox_id)[-1]
    assert failed.status == "failed"
    assert failed.external_error == "[40064] The message is blocked by the direct message rules."


def test_an_own_app_cannot_speak_for_the_account_of_another(client: FlaskClient, cast: Cast, inbox_id: int) -> None:
    """Whoever runs an app of their own knows its secret, and could sign anything."""
    with transaction(cast.other_account_id):
        theirs = an_inbox(cast.other_account_id, address="open-id-of-charlie")
        theirs.credentials = {**theirs.credentials, "app_secret": "known to Charlie"}
    forged = recorded("text")
    answer = client.post("/webhooks/tiktok", data=forged, headers=signed(forged, secret="known to Charlie"))
    assert answer.status_code == 401
    worked()
    assert messages(cast, inbox_id) == []


def test_a_reaction_stands_at_the_message_it_is_to(
    client: FlaskClient, cast: Cast, inbox_id: int, tiktok: TikTokStandIn
) -> None:
    posted(client, recorded("text"))
    worked()
    content = content_of("reaction")
    content["reaction"] = [{**content["reaction"][0], "original_msg_id": "m-1"}]
    posted(client, delivery("im_receive_msg", content))
    worked()
    with transaction(cast.account_id):
        message = db.session.scalars(select(Message).where(Message.source_id == "m-1")).one()
        assert message.content_attributes["reactions"] == {"👍": [db.session.scalars(select(Contact)).one().name]}


def cast_agent(cast: Cast) -> Any:
    return db.session.scalars(select(Membership).where(Membership.user_id == cast.bob_id)).one().actor
