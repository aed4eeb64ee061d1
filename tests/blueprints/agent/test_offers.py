"""Choices and cards from the composer: what is kept of them, and what is refused in which words."""

from __future__ import annotations

import json
import re
import uuid
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.channels.web_widget import WebWidget
from app.ledger.transaction import transaction
from app.lib import storage
from app.lib.database import db
from app.models import Message
from tests.blueprints.agent.test_inbox import FRAGMENT, path, signed_in
from tests.browser.channels import a_picture, an_email_inbox, begun_in, came
from tests.cast import Cast, a_contact, a_conversation

CHOICES = [{"title": "Monday", "value": "Monday"}, {"title": "Friday", "value": "Friday"}]
CARD: dict[str, Any] = {
    "title": "Ridge 2",
    "actions": [{"type": "postback", "text": "Keep one", "payload": "Keep one"}],
}


@pytest.fixture
def bob(cast: Cast, client: FlaskClient) -> FlaskClient:
    with transaction(cast.account_id):
        a_conversation(cast)
    return signed_in(client, "Bob")


def offer(client: FlaskClient, cast: Cast, kind: str, items: Any, number: int = 1, **values: Any) -> TestResponse:
    written = items if isinstance(items, str) else json.dumps(items)
    values = {"client_id": str(uuid.uuid4()), "content": "Which one?", "content_type": kind, "items": written, **values}
    return client.post(path(cast, "/messages", number), data=values, headers=FRAGMENT)


def last(cast: Cast) -> Message:
    with transaction(cast.account_id):
        return db.session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()


def words(answer: TestResponse) -> str:
    return re.sub(r"<[^>]*>", " ", answer.text)


def test_choices_stand_below_their_question(bob: FlaskClient, cast: Cast) -> None:
    answer = offer(bob, cast, "input_select", CHOICES)
    assert answer.status_code == 200
    assert "Friday" in answer.text
    message = last(cast)
    assert (message.content, message.content_type) == ("Which one?", "input_select")
    assert message.content_attributes["items"] == CHOICES


def test_a_card_keeps_the_picture_that_was_picked(bob: FlaskClient, cast: Cast) -> None:
    card = {**CARD, "media_url": "picture:0"}
    client_id = str(uuid.uuid4())
    answer = offer(bob, cast, "cards", [card], client_id=client_id, pictures=(a_picture(), "ridge.png"), content="")
    assert answer.status_code == 200
    message = last(cast)
    address = urlsplit(message.content_attributes["items"][0]["media_url"])
    assert address.path in answer.text
    shown = bob.get(address.path)
    assert (shown.status_code, shown.content_type) == (200, "image/png")
    [key] = message.additional_attributes["pictures"]
    # The same once more is the same message, with the picture it had.
    again = offer(bob, cast, "cards", [card], client_id=client_id, pictures=(a_picture(), "ridge.png"), content="")
    assert again.status_code == 200
    assert last(cast).additional_attributes["pictures"] == [key]
    assert storage.size(key) > 0


def test_an_address_is_asked_for(bob: FlaskClient, cast: Cast) -> None:
    assert offer(bob, cast, "input_email", [], content="What is your e-mail address?").status_code == 200
    assert last(cast).content_type == "input_email"
    assert "items" not in last(cast).content_attributes


MANY = [{"title": str(at), "value": str(at)} for at in range(WebWidget.abilities.most_choices + 1)]
REFUSED: list[tuple[str, Any, dict[str, Any], str]] = [
    ("input_select", [], {}, "Give at least one item."),
    ("input_select", "{", {}, "Give a list."),
    ("input_select", '{"a": 1}', {}, "Give a list."),
    ("input_select", ["Monday"], {}, ""),
    ("input_select", CHOICES, {"content": " "}, "Write the question above what can be chosen."),
    ("input_select", CHOICES, {"private": "1"}, "A note asks the customer nothing."),
    ("input_select", MANY, {}, "This channel carries 50 choices at the most."),
    ("input_select", [CHOICES[0], CHOICES[0]], {}, "Two choices are the same."),
    ("input_select", [{"title": "x" * 256, "value": "x"}], {}, "is too long: 255 characters fit."),
    ("input_select", [{"title": "a", "value": "b", "more": 1}], {}, "This key is not known."),
    ("cards", [{"title": "Ridge 2"}], {}, "Fill this in."),
    ("cards", [{**CARD, "media_url": "javascript:alert(1)"}], {}, "Give a link that begins with"),
    ("cards", [{**CARD, "media_url": "picture:0"}], {}, "did not come along"),
    ("cards", [{**CARD, "media_url": "picture:²"}], {}, "did not come along"),
    ("cards", [{**CARD, "actions": CARD["actions"] * 11}], {}, "This channel carries 10 buttons of one card"),
    ("cards", "[" * 5000, {}, "Give a list."),
    ("form", [{"name": "size"}], {}, "This channel carries no such messages."),
    ("incoming_email", [], {}, ""),
]


@pytest.mark.parametrize(("kind", "items", "values", "reason"), REFUSED)
def test_what_does_not_fit_is_refused_in_words_and_nothing_is_sent(
    bob: FlaskClient, cast: Cast, kind: str, items: Any, values: dict[str, Any], reason: str
) -> None:
    before = last(cast).id
    answer = offer(bob, cast, kind, items, **values)
    assert answer.status_code == 422
    assert reason in words(answer).replace("&#39;", "'")
    assert last(cast).id == before


def test_a_picture_that_is_none_is_refused(bob: FlaskClient, cast: Cast) -> None:
    card = {**CARD, "media_url": "picture:0"}
    answer = offer(bob, cast, "cards", [card], pictures=(BytesIO(b"<svg onload=alert(1)>"), "x.png"))
    assert answer.status_code == 422
    assert "JPEG and PNG are." in words(answer)


def test_a_channel_that_carries_no_choices_is_offered_none(bob: FlaskClient, cast: Cast) -> None:
    with transaction(cast.account_id):
        talk = begun_in(an_email_inbox(cast), a_contact(cast.account_id, "Greta", email="greta@lindqvist.example"))
        came(talk, "Hello")
        number = talk.display_id
    assert "This channel carries no choices." in words(offer(bob, cast, "input_select", CHOICES, number))
    page = bob.get(path(cast, number=number)).text
    assert "offer-editor" not in page
    assert "offer-editor" in bob.get(path(cast)).text


def test_hostile_words_of_an_offer_are_words_only(bob: FlaskClient, cast: Cast) -> None:
    evil = "<script>alert(1)</script>"
    actions = [{"type": "postback", "text": evil, "payload": evil}]
    answer = offer(bob, cast, "cards", [{"title": evil, "description": evil, "actions": actions}], content=evil)
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "<script" not in bob.get(path(cast)).text.replace("<script src=", "")
