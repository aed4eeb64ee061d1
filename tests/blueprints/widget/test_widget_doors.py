"""What the widget's doors answer: to visitors, strangers, other inboxes, and to input nobody should send."""

from __future__ import annotations

import gzip
import uuid
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.blueprints.widget.visitor import SALT, Key
from app.ledger.transaction import transaction
from app.lib import crypto
from app.lib.database import db
from app.models import Contact, ContactInbox, Conversation, Message
from app.models.attachment import Attachment
from tests.cast import Cast, bob
from tests.visitors import Visitor, counted, set_inbox

SECRET = "the shop's secret"


def test_who_only_looks_leaves_no_trace(dana: Visitor, cast: Cast, client: FlaskClient) -> None:
    page = client.get("/widget", query_string={"website_token": dana.website_token})
    assert page.status_code == 200
    assert counted(cast, Contact) == counted(cast, ContactInbox) == 0


def test_a_first_message_makes_a_contact_a_session_and_a_conversation(dana: Visitor, cast: Cast) -> None:
    answer = dana.say("Is the Ridge 2 in size M back?", page_url="https://fernway.example/ridge", page_title="Ridge 2")
    assert answer.status_code == 200
    assert "Is the Ridge 2 in size M back?" in answer.get_json()["html"]
    assert (counted(cast, Contact), counted(cast, ContactInbox), counted(cast, Conversation)) == (1, 1, 1)
    assert dana.conversation.additional_attributes["referer"] == "https://fernway.example/ridge"
    thread = dana.ask("get", "messages").get_json()
    assert thread["html"].count("<li") == 1


def test_the_repeat_of_a_message_is_one_message(dana: Visitor, cast: Cast) -> None:
    client_id = str(uuid.uuid4())
    first, second = dana.say("Hello", client_id), dana.say("Hello", client_id)
    assert first.status_code == second.status_code == 200
    assert counted(cast, Message) == 1


def test_a_repeat_after_the_conversation_was_closed_begins_no_second_one(dana: Visitor, cast: Cast) -> None:
    set_inbox(cast, allow_messages_after_resolved=False)
    client_id = str(uuid.uuid4())
    dana.say("Hello", client_id)
    with transaction(cast.account_id):
        db.session.scalars(select(Conversation)).one().resolve(by=bob(cast).actor)
    dana.say("Hello", client_id)
    assert counted(cast, Conversation) == 1
    dana.say("One more thing")
    assert counted(cast, Conversation) == 2


def test_notes_and_what_the_desk_did_never_reach_the_visitor(dana: Visitor, cast: Cast) -> None:
    dana.say("Hello")
    with transaction(cast.account_id):
        conversation = db.session.scalars(select(Conversation)).one()
        conversation.reply("They always ask this", by=bob(cast).actor, private=True)
        conversation.resolve(by=bob(cast).actor)
        conversation.reply("It is **back**", by=bob(cast).actor)
    conversation_uuid = str(dana.conversation.uuid)
    for query in (
        {},
        {"conversation": conversation_uuid, "after_version": 0},
        {"conversation": conversation_uuid, "before": 99},
    ):
        html = dana.ask("get", "messages", query=query).get_json()["html"]
        assert "It is <strong>back</strong>" in html
        assert "always ask" not in html
        assert html.count("<li") == 2


def test_catching_up_gives_what_changed_after_a_version(dana: Visitor, cast: Cast) -> None:
    dana.say("Hello")
    thread = dana.ask("get", "messages").get_json()
    asked = {"conversation": thread["conversation"], "after_version": thread["version"]}
    assert dana.ask("get", "messages", query=asked).get_json()["html"] == ""
    with transaction(cast.account_id):
        db.session.scalars(select(Conversation)).one().reply("Yes", by=bob(cast).actor)
    changes = dana.ask("get", "messages", query=asked).get_json()
    assert "Yes" in changes["html"]
    assert changes["unread"] == 1
    assert changes["version"] > thread["version"]


def test_older_messages_come_by_the_page(dana: Visitor, cast: Cast) -> None:
    dana.say("Message 0")
    with transaction(cast.account_id):
        conversation = db.session.scalars(select(Conversation)).one()
        for number in range(1, 45):
            conversation.reply(f"Message {number}", by=bob(cast).actor)
    thread = dana.ask("get", "messages").get_json()
    assert thread["html"].count("<li") == 20
    assert thread["more"]
    older = dana.ask("get", "messages", query={"conversation": thread["conversation"], "before": 6}).get_json()
    assert older["html"].count("<li") == 5
    assert not older["more"]


def test_seen_and_delivered_move_our_messages_forward(dana: Visitor, cast: Cast) -> None:
    dana.say("Hello")
    with transaction(cast.account_id):
        db.session.scalars(select(Conversation)).one().reply("Yes", by=bob(cast).actor)
    dana.ask("post", "delivered")
    assert 'data-status="delivered"' in dana.ask("get", "messages").get_json()["html"]
    dana.ask("post", "seen")
    answer = dana.ask("get", "messages").get_json()
    assert 'data-status="read"' in answer["html"]
    assert answer["unread"] == 0


def test_the_greeting_is_said_once_when_a_conversation_begins(dana: Visitor, cast: Cast) -> None:
    set_inbox(cast, greeting_enabled=True, greeting_message="Thank you. We are with you in a moment.")
    dana.say("Hello")
    dana.say("Anyone?")
    assert dana.ask("get", "messages").get_json()["html"].count("with you in a moment") == 1


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "x" * 20_000])
def test_a_strangers_token_is_refused_in_clear_words(dana: Visitor, token: str) -> None:
    answer = dana.ask("get", "messages", token=token)
    assert answer.status_code == 401
    assert answer.get_json()["error"] == "The visitor token is not valid."


def test_an_expired_token_is_refused_in_clear_words(dana: Visitor, cast: Cast) -> None:
    said = {"account": cast.account_id, "inbox": cast.inbox_id, "session": str(uuid.uuid4())}
    answer = dana.ask("get", "config", token=crypto.sign(said, SALT, -1))
    assert answer.status_code == 401
    assert answer.get_json()["error"] == "The visitor token has expired."


def test_a_token_of_another_inbox_opens_nothing_here(dana: Visitor, cast: Cast) -> None:
    stranger = Key(cast.other_account_id, cast.other_inbox_id, str(uuid.uuid4()))
    for method, path in (
        ("get", "config"),
        ("get", "messages"),
        ("post", "seen"),
        ("post", "ticket"),
        ("delete", "session"),
    ):
        assert dana.ask(method, path, token=stranger.token).status_code == 401


def test_a_token_of_another_purpose_opens_nothing(dana: Visitor, cast: Cast) -> None:
    said = {"account": cast.account_id, "inbox": cast.inbox_id, "session": str(uuid.uuid4())}
    assert dana.ask("get", "config", token=crypto.sign(said, "file", 60)).status_code == 401


def test_a_visit_that_was_ended_cannot_be_gone_on_with(dana: Visitor, cast: Cast) -> None:
    dana.say("My address is Coupure 41")
    assert dana.ask("delete", "session").status_code == 204
    assert dana.ask("get", "messages").get_json()["html"] == ""
    assert counted(cast, Message) == 1


def test_an_unknown_website_token_is_not_found(client: FlaskClient, cast: Cast) -> None:
    for path in ("/widget/api/config", "/widget/api/launcher", "/widget"):
        assert client.get(path, query_string={"website_token": "nobody"}).status_code == 404
        assert client.get(path).status_code == 404


def test_a_disabled_inbox_is_closed(dana: Visitor, cast: Cast) -> None:
    set_inbox(cast, is_enabled=False)
    assert dana.say("Hello").status_code == 401


def test_files_arrive_with_their_message(dana: Visitor, cast: Cast) -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
    form = {
        "content": "",
        "client_id": str(uuid.uuid4()),
        "attachments[]": [(BytesIO(b"%PDF-1.7 hello"), "../../etc/invoice.pdf"), (BytesIO(png), "frame.png")],
    }
    answer = dana.ask("post", "messages", data=form, content_type="multipart/form-data")
    assert answer.status_code == 200, answer.text
    with transaction(cast.account_id):
        names = set(db.session.scalars(select(Attachment.filename)))
    assert names == {"invoice.pdf", "frame.png"}
    assert "/files/" in answer.get_json()["html"]


def test_files_are_refused_where_the_inbox_takes_none(dana: Visitor, cast: Cast) -> None:
    set_inbox(cast, channel_settings={"features": ["emoji_picker"]})
    form = {"content": "", "client_id": str(uuid.uuid4()), "attachments": [(BytesIO(b"x"), "x.txt")]}
    assert dana.ask("post", "messages", data=form, content_type="multipart/form-data").status_code == 403
    assert counted(cast, Attachment) == 0


@pytest.mark.parametrize(
    "said",
    [
        {"content": "", "client_id": str(uuid.uuid4())},
        {"content": "   \n", "client_id": str(uuid.uuid4())},
        {"content": "Hello"},
        {"content": "Hello", "client_id": "1"},
        {"content": "Hello", "client_id": 5},
        {"content": ["Hello"], "client_id": str(uuid.uuid4())},
        {"content": {"a": 1}, "client_id": str(uuid.uuid4())},
        {"content": "x" * 150_001, "client_id": str(uuid.uuid4())},
        {"content": None, "client_id": str(uuid.uuid4())},
        [],
        "Hello",
    ],
)
def test_what_is_no_message_is_refused_and_nothing_is_kept(dana: Visitor, cast: Cast, said: Any) -> None:
    answer = dana.ask("post", "messages", json=said)
    assert answer.status_code == 422, answer.text
    assert answer.get_json()["error"]
    assert counted(cast, Message) == counted(cast, Contact) == 0


def test_ten_megabytes_of_words_are_too_large(dana: Visitor, cast: Cast) -> None:
    assert dana.ask("post", "messages", data=b"x" * 10_000_000, content_type="application/json").status_code == 413
    assert counted(cast, Contact) == 0


def test_odd_texts_are_kept_as_text(dana: Visitor) -> None:
    dana.say("a\0b <script>alert(1)</script> \ud83d 😀 שלום <img src=x onerror=alert(1)> [x](javascript:alert(1))")
    html = dana.ask("get", "messages").get_json()["html"]
    assert "ab &lt;script&gt;" in html
    assert "<img src=x" not in html
    assert 'href="javascript' not in html
    assert "😀" in html


def test_invalid_utf8_is_no_crash(dana: Visitor) -> None:
    assert (
        dana.ask("post", "messages", data=b'{"content": "\xff\xfe"}', content_type="application/json").status_code
        == 422
    )
    assert dana.ask("get", "messages", query={"conversation": b"\xff", "before": "1e9"}).status_code == 422
    assert dana.ask("get", "messages", query={"before": "9" * 40}).status_code == 422


def test_thirty_messages_a_minute_are_enough(dana: Visitor) -> None:
    answers = [dana.say(f"Message {number}").status_code for number in range(31)]
    assert answers == [200] * 30 + [429]


def test_one_address_begins_only_so_many_conversations(client: FlaskClient, cast: Cast) -> None:
    first = Visitor(client, cast)
    statuses = []
    for _ in range(61):
        first.token = Key(cast.account_id, cast.inbox_id, str(uuid.uuid4())).token
        said = {"content": "Hello", "client_id": str(uuid.uuid4())}
        answer = first.ask("post", "messages", json=said, environ_base={"REMOTE_ADDR": "203.0.113.9"})
        statuses.append(answer.status_code)
    assert statuses == [200] * 60 + [429]


def test_only_the_allowed_sites_may_frame_it(dana: Visitor, cast: Cast, client: FlaskClient) -> None:
    asked = {"website_token": dana.website_token}
    assert "frame-ancestors" not in client.get("/widget", query_string=asked).headers["Content-Security-Policy"]
    set_inbox(cast, channel_settings={"allowed_domains": ["fernway.example", "*.fernway.example"]})
    policy = client.get("/widget", query_string=asked).headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' http://localhost fernway.example *.fernway.example" in policy
    assert "unsafe-inline" not in policy


@pytest.mark.parametrize(
    ("asked", "lang", "dir"), [("de", "de", "ltr"), ("ar-EG", "ar", "rtl"), ("xx", "en", "ltr"), ("pt_BR", "pt", "ltr")]
)
def test_it_speaks_the_visitors_language_where_the_inbox_does(
    dana: Visitor, cast: Cast, client: FlaskClient, asked: str, lang: str, dir: str
) -> None:
    set_inbox(cast, channel_settings={"locales": ["en", "de", "ar", "pt"]})
    page = client.get("/widget", query_string={"website_token": dana.website_token, "locale": asked}).text
    assert f'<html lang="{lang}" dir="{dir}"' in page


def test_the_script_is_small_and_asked_for_again_costs_nothing(client: FlaskClient) -> None:
    answer = client.get("/widget/sdk.js", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert len(answer.data) < 10_000
    assert b"window.parley" in gzip.decompress(answer.data)
    again = client.get("/widget/sdk.js", headers={"If-None-Match": answer.headers["ETag"], "Accept-Encoding": "gzip"})
    assert again.status_code == 304
    assert client.get("/packs/js/sdk.js").status_code == 200


def test_a_ticket_opens_one_socket(dana: Visitor, client: FlaskClient) -> None:
    assert dana.ask("post", "ticket").get_json()["ticket"]
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
    assert client.get("/widget/socket?ticket=stolen", headers=upgrade).status_code == 401
    assert client.get("/widget/socket", headers=upgrade).status_code == 401


def test_visitors_end_conversations_only_where_they_may(dana: Visitor, cast: Cast) -> None:
    dana.say("Hello")
    set_inbox(cast, channel_settings={"features": []})
    assert dana.ask("post", "resolution").status_code == 403
    set_inbox(cast, channel_settings={"features": ["end_conversation"]})
    assert dana.ask("post", "resolution").status_code == 204
    assert dana.conversation.status == "resolved"
