"""From LINE's door to the thread, and from the thread to LINE."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from app.ledger.drain import drain
from app.ledger.transaction import transaction
from app.lib import storage
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Attachment, Contact, Conversation, Inbox, Membership, Message
from app.models.letter import Letter
from tests.cast import Cast
from tests.channels.contract.line import ADAPTER, a_call, recorded
from tests.fakes.line import MONTHLY_LIMIT, Line, LineData
from tests.fakes.provider import serving
from workers.jobs import JOBS


@pytest.fixture
def line(app: Flask) -> Iterator[Line]:
    with serving(Line()) as stand_in:
        yield stand_in


@pytest.fixture
def contents(app: Flask) -> Iterator[LineData]:
    with serving(LineData()) as stand_in:
        yield stand_in


@pytest.fixture
def inbox(app: Flask, cast: Cast) -> Inbox:
    with transaction(cast.account_id):
        return ADAPTER.open_inbox(cast.account_id)


def brings(client: FlaskClient, inbox: Inbox, *told: dict[str, Any]) -> None:
    for each in told:
        call = a_call(inbox.token, each)
        assert client.post(call.path, **call.request).status_code == 200


def worked() -> None:
    for queue in (Queue.INBOUND, Queue.OUTBOUND, Queue.SLOW):
        drain(queue, JOBS)


def messages(cast: Cast) -> list[Message]:
    with transaction(cast.account_id):
        return list(db.session.scalars(select(Message).order_by(Message.sequence)))


def answers(cast: Cast, content: str, **more: Any) -> None:
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation).order_by(Conversation.id.desc()).limit(1)).one()
        bob = db.session.scalars(select(Membership).where(Membership.user_id == cast.bob_id)).one()
        talk.reply(content, by=bob.actor, **more)
    worked()


def test_a_talk_with_words_a_picture_a_button_and_something_taken_back(
    client: FlaskClient, cast: Cast, inbox: Inbox, line: Line, contents: LineData
) -> None:
    wheel = BytesIO()
    Image.new("RGB", (8, 8), "#7a9").save(wheel, "JPEG")
    image = recorded("image")
    contents.contents[image["events"][0]["message"]["id"]] = ("image/jpeg", wheel.getvalue())
    brings(client, inbox, recorded("trial"), recorded("text"), recorded("text"), image)
    worked()
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation)).one()
        assert talk.contact.name == "Dana"
        assert db.session.scalars(select(Attachment)).one().state == "ready"
    first = messages(cast)[0]
    line.quote_tokens.add(first.content_attributes["quote_token"])
    items = {"items": [{"title": "Red", "value": "colour-red"}, {"title": "Blue", "value": "colour-blue"}]}
    answers(cast, "**Which** one?", reply_to=first.client_id, content_type="input_select", content_attributes=items)
    (asked,) = line.sent
    assert (asked["altText"], asked["template"]["type"]) == ("Which one?", "confirm")
    answers(cast, "We have *both*.", reply_to=first.client_id)
    assert line.sent[1] == {"type": "text", "text": "We have both.", "quoteToken": "q3Plxr4AgKd-text"}
    unsend = recorded("unsend")
    unsend["events"][0]["unsend"]["messageId"] = first.source_id
    quoting = recorded("text_quoting")
    quoting["events"][0]["message"]["quotedMessageId"] = messages(cast)[3].source_id
    brings(client, inbox, recorded("postback"), quoting, unsend, recorded("group"), recorded("follow"))
    worked()
    said = messages(cast)
    assert [message.content for message in said[1:]] == ["", "**Which** one?", "We have *both*.", "Blue", "That one"]
    assert said[0].deleted_at
    assert said[5].reply_to_id == said[3].id
    assert [message.status for message in said if not message.is_incoming] == ["sent", "sent"]


def test_a_picture_that_is_large_has_a_small_one_for_line(
    app: Flask, client: FlaskClient, cast: Cast, inbox: Inbox, line: Line
) -> None:
    before = app.config["PARLEY"]
    app.config["PARLEY"] = before.model_copy(update={"public_url": "https://desk.example"})
    try:
        brings(client, inbox, recorded("text"))
        worked()
        noise = BytesIO()
        Image.effect_noise((1200, 1200), 90).save(noise, "PNG")
        noise.seek(0)
        answers(cast, "", attachments=[storage.save(noise, filename="large.png", limit_bytes=10**7)])
        (picture,) = line.sent
        assert picture["originalContentUrl"].endswith("/large.png")
        small = client.get(picture["previewImageUrl"].removeprefix("https://desk.example"))
        assert (small.status_code, small.content_type) == (200, "image/jpeg")
        assert len(small.data) < 1_000_000
        assert Image.open(BytesIO(small.data)).format == "JPEG"
    finally:
        app.config["PARLEY"] = before


def test_a_month_that_is_used_up_is_said_and_not_tried_again(
    client: FlaskClient, cast: Cast, inbox: Inbox, line: Line
) -> None:
    brings(client, inbox, recorded("text"))
    worked()
    line.instead.append(MONTHLY_LIMIT)
    answers(cast, "It is back.")
    failed = messages(cast)[-1]
    assert (failed.status, failed.external_error) == ("failed", "You have reached your monthly limit.")
    assert line.pushes == []


def test_a_late_echo_of_a_delivery_is_one_message(client: FlaskClient, cast: Cast, inbox: Inbox, line: Line) -> None:
    told = recorded("text")
    brings(client, inbox, told)
    worked()
    told["events"][0]["deliveryContext"]["isRedelivery"] = True
    brings(client, inbox, told, told)
    worked()
    assert len(messages(cast)) == 1


def test_many_events_of_many_people_come_in_one_delivery(
    client: FlaskClient, cast: Cast, inbox: Inbox, line: Line
) -> None:
    told = recorded("text")
    told["events"] = [
        {
            **told["events"][0],
            "webhookEventId": f"event-{n}",
            "source": {"type": "user", "userId": f"U{n % 3:032x}"},
            "message": {**told["events"][0]["message"], "id": str(n), "text": f"Number {n}"},
        }
        for n in range(9)
    ]
    brings(client, inbox, told)
    worked()
    with transaction(cast.account_id):
        assert len(db.session.scalars(select(Conversation)).all()) == 3
    assert len(messages(cast)) == 9


def test_what_stands_in_every_field_is_only_words(client: FlaskClient, cast: Cast, inbox: Inbox, line: Line) -> None:
    evil = "<script>alert(1)</script> **x** \u202e"
    line.people = {
        recorded("text")["events"][0]["source"]["userId"]: {"displayName": evil, "pictureUrl": f"javascript:{evil}"}
    }
    told = recorded("file")
    told["events"][0]["message"] |= {"fileName": f"../{evil}.pdf"}
    words = recorded("text")
    words["events"][0]["message"]["text"] = evil
    place = recorded("location")
    place["events"][0]["message"] |= {"title": evil, "address": evil}
    brings(client, inbox, told, words, place)
    worked()
    assert messages(cast)[1].content == evil
    with transaction(cast.account_id):
        contact = db.session.scalars(select(Contact).where(Contact.name == evil.strip())).first()
        assert contact is None or "avatar_url" not in contact.additional_attributes
        assert all("/" not in each.filename for each in db.session.scalars(select(Attachment)))
        assert {letter.state for letter in db.session.scalars(select(Letter))} == {"received"}
