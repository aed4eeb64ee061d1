"""Interactive messages: the desk asks over REST, the visitor answers, the desk sees the answer."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Contact, Conversation, Event, Message
from app.models.message_items import checked_items
from tests.cast import Cast, a_contact, bob
from tests.programs import a_program
from tests.visitors import Visitor, set_inbox

CARDS = [
    {
        "title": "Ridge 2",
        "description": "Rust",
        "media_url": "https://shop.example/r.jpg",
        "actions": [
            {"type": "link", "text": "Look", "uri": "https://shop.example/ridge"},
            {"type": "postback", "text": "Hold it", "payload": "hold"},
        ],
    }
]
FORM = [
    {"name": "order", "label": "Order number", "required": True},
    {"name": "size", "type": "select", "label": "Size", "options": [{"label": "Medium", "value": "m"}]},
]
SIZES = [{"title": "Small", "value": "s"}, {"title": "Medium", "value": "m"}]


def ask(cast: Cast, kind: str, items: list[Any] | None = None, content: str = "Tell us") -> str:
    """Bob's question in Dana's conversation; its client id."""
    with transaction(cast.account_id):
        conversation = db.session.scalars(select(Conversation).order_by(Conversation.id.desc())).first()
        assert conversation
        attributes = checked_items(kind, {"items": items} if items else {})
        return conversation.reply(
            content, by=bob(cast).actor, content_type=kind, content_attributes=attributes
        ).client_id


def kept(cast: Cast, client_id: str) -> dict[str, Any]:
    with transaction(cast.account_id):
        return db.session.scalars(select(Message).where(Message.client_id == client_id)).one().content_attributes


def answer(dana: Visitor, client_id: str, **given: Any) -> Any:
    return dana.ask("patch", f"messages/{client_id}", json=given)


def test_a_program_asks_with_a_form_and_reads_the_answer(app: Flask, dana: Visitor, cast: Cast) -> None:
    dana.say("My grips came loose")
    bobs = a_program(app, cast.bob_id, cast.account_id)
    sent = {"content": "Which order?", "content_type": "form", "content_attributes": {"items": FORM}}
    asked = bobs.post("/conversations/1/messages", json=sent)
    assert asked.status_code == 200
    assert asked.json["content_type"] == "form"
    with transaction(cast.account_id):
        client_id = db.session.scalars(select(Message.client_id).where(Message.content_type == "form")).one()
    assert 'name="order"' in dana.ask("get", "messages").get_json()["html"]
    given = [{"name": "order", "value": "FW-20881"}, {"name": "size", "value": "m"}]
    told = answer(dana, client_id, submitted_values=given)
    assert told.status_code == 200
    assert "FW-20881" in told.get_json()["html"]
    listed = bobs.get("/conversations/1/messages").json["payload"][-1]
    assert listed["content_attributes"]["submitted_values"][0] == {
        "name": "order",
        "label": "Order number",
        "value": "FW-20881",
    }


def test_a_program_is_told_which_item_does_not_fit(app: Flask, dana: Visitor, cast: Cast) -> None:
    dana.say("Hello")
    bobs = a_program(app, cast.bob_id, cast.account_id)
    for attributes, place in (
        ({}, "content_attributes.items"),
        ({"items": [{"title": "S", "value": "s", "x": 1}]}, "content_attributes.items.0.x"),
    ):
        sent = {"content": "Size?", "content_type": "input_select", "content_attributes": attributes}
        refused = bobs.post("/conversations/1/messages", json=sent)
        assert refused.status_code == 422
        assert refused.json["attributes"] == [place]
    assert bobs.post("/conversations/1/messages", json={"content": "x", "content_type": "voice"}).status_code == 422


@pytest.mark.parametrize(
    ("kind", "items", "given", "shown"),
    [
        ("input_select", SIZES, {"submitted_values": [{"title": "x", "value": "m"}]}, "Medium"),
        ("cards", CARDS, {"submitted_values": [{"value": "hold"}]}, "Hold it"),
        ("form", FORM, {"submitted_values": [{"name": "order", "value": "FW-1"}]}, "FW-1"),
        ("input_text", None, {"submitted_values": [{"value": "In the shed"}]}, "In the shed"),
        ("input_textarea", None, {"submitted_values": [{"value": "In\nthe shed"}]}, "the shed"),
        ("input_email", None, {"submitted_email": "Dana@Example.com"}, "dana@example.com"),
    ],
)
def test_an_answer_is_kept_and_told(
    dana: Visitor, cast: Cast, client: FlaskClient, kind: str, items: list[Any], given: dict[str, Any], shown: str
) -> None:
    dana.say("Hello")
    client_id = ask(cast, kind, items)
    told = answer(dana, client_id, **given)
    assert told.status_code == 200
    assert shown in told.get_json()["html"]
    assert set(given) & set(kept(cast, client_id))
    with transaction(cast.account_id):
        event = db.session.scalars(select(Event).where(Event.name == "message.updated")).one()
        assert event.actor_kind == "contact"
        desk = client.application.jinja_env.get_template("messages/_message.html")
        assert shown in desk.render(
            message=db.session.scalars(select(Message).where(Message.client_id == client_id)).one()
        )


def test_a_question_is_answered_once_and_a_repeat_changes_nothing(dana: Visitor, cast: Cast) -> None:
    dana.say("Hello")
    client_id = ask(cast, "input_select", SIZES)
    for value, status in (("s", 200), ("s", 200), ("m", 409)):
        assert answer(dana, client_id, submitted_values=[{"value": value}]).status_code == status
    assert kept(cast, client_id)["submitted_values"] == [{"title": "Small", "value": "s"}]
    with transaction(cast.account_id):
        assert db.session.query(Event).filter_by(name="message.updated").count() == 1


def test_buttons_of_cards_can_be_pressed_again(dana: Visitor, cast: Cast) -> None:
    dana.say("Hello")
    two = [{**CARDS[0], "actions": [*CARDS[0]["actions"], {"type": "postback", "text": "Drop it", "payload": "drop"}]}]  # type: ignore[misc]
    client_id = ask(cast, "cards", two)
    for value in ("hold", "drop"):
        assert answer(dana, client_id, submitted_values=[{"value": value}]).status_code == 200
    assert kept(cast, client_id)["submitted_values"] == [{"title": "Drop it", "value": "drop"}]


def test_what_does_not_fit_is_told_by_field(dana: Visitor, cast: Cast) -> None:
    dana.say("Hello")
    refused = answer(dana, ask(cast, "form", FORM), submitted_values=[{"name": "size", "value": "xxl"}])
    assert refused.status_code == 422
    assert set(refused.get_json()["fields"]) == {"submitted_values.order", "submitted_values.size"}


def test_an_address_tells_who_the_visitor_is(dana: Visitor, cast: Cast) -> None:
    with transaction(cast.account_id):
        known = a_contact(cast.account_id, "Dana Known", email="dana@example.com").id
    dana.say("Hello")
    assert answer(dana, ask(cast, "input_email"), submitted_email="dana@example.com").status_code == 200
    with transaction(cast.account_id):
        assert db.session.scalars(select(Contact.id)).all() == [known]
        assert db.session.scalars(select(Conversation)).one().contact_id == known


def test_nobody_answers_in_anothers_name(dana: Visitor, client: FlaskClient, cast: Cast) -> None:
    dana.say("Hello")
    client_id = ask(cast, "input_select", SIZES)
    eve = Visitor(client, cast)
    assert answer(eve, client_id, submitted_values=[{"value": "s"}]).status_code == 404
    eve.say("Let me in")
    assert answer(eve, client_id, submitted_values=[{"value": "s"}]).status_code == 404
    assert "submitted_values" not in kept(cast, client_id)


def test_notes_and_plain_messages_take_no_answer(dana: Visitor, cast: Cast) -> None:
    own = dana.say("Hello").get_json()
    with transaction(cast.account_id):
        conversation = db.session.scalars(select(Conversation)).one()
        note = conversation.reply("?", by=bob(cast).actor, private=True, content_type="input_text").client_id
        plain = conversation.reply("Hi", by=bob(cast).actor).client_id
    mine = own["html"].split('id="message-')[1].split('"')[0]
    for client_id in (note, plain, mine, "nothing"):
        assert answer(dana, client_id, submitted_values=[{"value": "s"}]).status_code == 404


def test_markup_in_items_stays_text(dana: Visitor, cast: Cast, client: FlaskClient) -> None:
    dana.say("Hello")
    evil = '"><script>alert(1)</script>'
    for kind, items in (
        ("input_select", [{"title": evil, "value": evil}]),
        ("cards", [{"title": evil, "actions": [{"type": "postback", "text": evil, "payload": evil}]}]),
        ("form", [{"name": evil, "label": evil, "default": evil, "placeholder": evil, "title": evil}]),
        ("article", [{"title": evil, "description": evil, "link": "https://x.example/"}]),
    ):
        client_id = ask(cast, kind, items)
        with transaction(cast.account_id):
            message = db.session.scalars(select(Message).where(Message.client_id == client_id)).one()
            for template in ("widget/_message.html", "messages/_message.html"):
                assert "<script" not in client.application.jinja_env.get_template(template).render(message=message)


def test_the_picture_of_a_card_comes_through_us_alone(dana: Visitor, cast: Cast, client: FlaskClient) -> None:
    set_inbox(cast, channel_settings={})
    dana.say("Hello")
    ask(cast, "cards", CARDS)
    html = dana.ask("get", "messages").get_json()["html"]
    assert "shop.example/r.jpg" not in html
    assert "/pictures/" in html
    # The address is nowhere to be found from here, and one that we did not sign is no address.
    path = html.split('src="')[1].split('"')[0]
    assert client.get(path).status_code == 404
    assert client.get("/pictures/forged").status_code in (403, 404)


def test_the_visitor_reads_what_an_answer_is_about(dana: Visitor, cast: Cast) -> None:
    dana.say("<b>Which</b> torque?")
    with transaction(cast.account_id):
        conversation = db.session.scalars(select(Conversation)).one()
        asked = conversation.messages_before(None, 1)[0]
        note = conversation.reply("Ask Ana", by=bob(cast).actor, private=True)
        conversation.reply("Six newton metres", by=bob(cast).actor, reply_to=asked.client_id)
        conversation.reply("She says six", by=bob(cast).actor, reply_to=note.client_id)
    html = dana.ask("get", "messages").get_json()["html"]
    assert html.count('class="bubble-quote"') == 1
    assert "&lt;b&gt;Which&lt;/b&gt; torque?</p>" in html
    assert "Ask Ana" not in html
