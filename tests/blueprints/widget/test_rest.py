"""The widget's REST doors, as programs written for the contract ask them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.blueprints.widget.visitor import SALT, Key
from app.ledger.transaction import transaction
from app.lib import crypto
from app.lib.database import db
from app.models import Contact, ContactInbox, Conversation, Inbox, Label, Message, Work
from app.models.actor import SYSTEM
from tests.cast import Cast, a_conversation, an_inbox, bob
from tests.visitors import counted, set_inbox

SECRET = "the shop's secret"


class Program:
    """A widget of one's own making."""

    def __init__(self, client: FlaskClient, cast: Cast) -> None:
        self.client, self.cast = client, cast
        with transaction(cast.account_id):
            self.website = db.session.get_one(Inbox, (cast.account_id, cast.inbox_id)).address
        self.token = self.send("POST", "config").json["website_channel_config"]["auth_token"]  # type: ignore[index]

    def send(
        self, method: str, path: str, *, token: str | None = "", website: str | None = "", **values: Any
    ) -> TestResponse:
        own = getattr(self, "token", None) if token == "" else token
        site = self.website if website == "" else website
        query = {**({"website_token": site} if site else {}), **values.pop("query", {})}
        headers = {"X-Auth-Token": own} if own else {}
        return self.client.open(f"/api/v1/widget/{path}", method=method, headers=headers, query_string=query, **values)

    def say(self, content: str, **values: Any) -> Any:
        answer = self.send("POST", "messages", json={"message": {"content": content, **values}})
        assert answer.status_code == 200, answer.text
        return answer.json


@pytest.fixture
def widget(client: FlaskClient, cast: Cast) -> Program:
    set_inbox(cast, credentials={"hmac_secret": SECRET})
    return Program(client, cast)


def conversation_of(cast: Cast) -> Conversation:
    return db.session.scalars(select(Conversation).order_by(Conversation.id.desc())).first() or pytest.fail("none")


def test_config_gives_a_token_and_writes_nothing(widget: Program, cast: Cast) -> None:
    told = widget.send("POST", "config").json
    assert told["website_channel_config"]["website_token"] == widget.website
    assert told["website_channel_config"]["enabled_features"] == ["attachments", "emoji_picker", "end_conversation"]
    assert told["contact"]["id"] is None
    assert counted(cast, Contact) == 0
    forged = widget.send("POST", "config", token="forged").json["website_channel_config"]["auth_token"]
    assert forged not in ("forged", widget.token)
    assert (
        widget.send("POST", "config", token=None, json={"website_token": widget.website}, website=None).status_code
        == 200
    )
    for website in ("nonsense", None):
        assert widget.send("POST", "config", website=website).status_code == 404


def test_a_conversation_in_the_names_of_the_contract(widget: Program, cast: Cast) -> None:
    assert widget.send("GET", "conversations").json == {}
    assert widget.send("GET", "messages").json == {"payload": [], "meta": {"contact_last_seen_at": None}}
    begun = widget.send(
        "POST",
        "conversations",
        json={
            "contact": {"name": "Dana", "email": "dana@shop.example"},
            "message": {"content": "Is it back?", "timestamp": "2026-11-22", "referer_url": "https://shop.example/r"},
            "custom_attributes": {"order": 7},
        },
    )
    assert begun.status_code == 200, begun.text
    assert begun.json["messages"][0]["content"] == "Is it back?"
    assert begun.json["custom_attributes"] == {"order": 7}
    with transaction(cast.account_id):
        conversation = conversation_of(cast)
        assert conversation.contact.email == "dana@shop.example"
        assert conversation.additional_attributes["referer"] == "https://shop.example/r"
        assert conversation.additional_attributes["initiated_at"] == "2026-11-22"
        conversation.reply("A note", by=bob(cast).actor, private=True)
        answer = conversation.reply("On Friday", by=bob(cast).actor)
        conversation.assign(bob(cast), by=SYSTEM)
    listed = widget.send("GET", "messages").json["payload"]
    assert [each["content"] for each in listed] == ["Is it back?", "On Friday"]
    assert [each["message_type"] for each in listed] == [0, 1]
    assert listed[1]["sender"]["available_name"] == "Bob"
    assert widget.send("GET", "messages", query={"after": listed[0]["id"]}).json["payload"] == listed[1:]
    assert widget.send("GET", "messages", query={"before": listed[1]["id"]}).json["payload"] == listed[:1]
    assert widget.send("POST", "conversations/update_last_seen").status_code == 200
    with transaction(cast.account_id):
        assert db.session.get_one(Message, (cast.account_id, answer.id)).status == "read"
    assert widget.send("POST", "conversations/toggle_typing", json={"typing_status": "on"}).status_code == 200
    told = widget.say("Thanks", reply_to=answer.id, echo_id="e1")
    assert (told["echo_id"], told["content_attributes"]["in_reply_to"]) == ("e1", answer.id)
    assert widget.say("Thanks", reply_to=answer.id, echo_id="e1")["id"] == told["id"]
    assert widget.send("GET", "conversations").json["id"] == begun.json["id"]


def test_a_form_with_files_in_brackets(widget: Program, cast: Cast) -> None:
    fields = {"message[content]": "See this", "message[attachments][]": (BytesIO(b"hello"), "a.txt")}
    sent = widget.send("POST", "messages", data=fields)
    assert sent.status_code == 200, sent.text
    assert [each["file_type"] for each in sent.json["attachments"]] == ["file"]
    set_inbox(cast, channel_settings={"features": ["emoji_picker"]})
    fields = {"message[content]": "See this", "message[attachments][]": (BytesIO(b"hello"), "a.txt")}
    assert widget.send("POST", "messages", data=fields).status_code == 401


def test_a_choice_is_answered(widget: Program, cast: Cast) -> None:
    widget.say("Hello")
    items = [{"title": "Red", "value": "r"}, {"title": "Blue", "value": "b"}]
    with transaction(cast.account_id):
        asked = conversation_of(cast).reply(
            "Which?", by=bob(cast).actor, content_type="input_select", content_attributes={"items": items}
        )
    given = {"message": {"submitted_values": {"title": "Blue", "value": "b"}}}
    answered = widget.send("PATCH", f"messages/{asked.id}", json=given)
    assert answered.status_code == 200, answered.text
    assert answered.json["content_attributes"]["submitted_values"][0]["value"] == "b"


def test_the_conversation_is_described_labelled_and_ended(widget: Program, cast: Cast) -> None:
    for path in ("conversations/set_custom_attributes", "conversations/toggle_typing", "conversations/transcript"):
        body = {"custom_attributes": {"a": 1}, "typing_status": "on", "email": "dana@shop.example"}
        assert widget.send("POST", path, json=body).status_code == 404, path
    widget.say("Hello")
    with transaction(cast.account_id):
        Label.create(cast.account_id, {"title": "club"}, by=SYSTEM)
    told = widget.send("POST", "conversations/set_custom_attributes", json={"custom_attributes": {"a": 1, "b": 2}})
    assert told.json["custom_attributes"] == {"a": 1, "b": 2}
    told = widget.send("POST", "conversations/destroy_custom_attributes", json={"custom_attribute": ["a"]})
    assert told.json["custom_attributes"] == {"b": 2}
    assert widget.send("POST", "labels", json={"label": "club"}).status_code == 204
    assert widget.send("POST", "labels", json={"label": "nonsense"}).status_code == 404
    with transaction(cast.account_id):
        assert conversation_of(cast).label_titles == ["club"]
    assert widget.send("DELETE", "labels/club").status_code == 204
    assert widget.send("POST", "conversations/transcript", json={"email": "dana@shop.example"}).status_code == 200
    with transaction(cast.account_id):
        assert [row.job for row in db.session.query(Work) if row.job == "send_mail"] == ["send_mail"]
    set_inbox(cast, channel_settings={"features": []})
    assert widget.send("GET", "conversations/toggle_status").status_code == 403
    set_inbox(cast, channel_settings={"features": ["end_conversation"]})
    assert widget.send("GET", "conversations/toggle_status").status_code == 200
    with transaction(cast.account_id):
        assert conversation_of(cast).status == "resolved"


def test_who_answers_and_what_runs(widget: Program) -> None:
    [member] = widget.send("GET", "inbox_members", token=None).json["payload"]
    assert (member["name"], member["availability_status"]) == ("Bob", "offline")
    assert widget.send("GET", "campaigns").json == []
    assert widget.send("POST", "events", json={"name": "webwidget.triggered", "event_info": {}}).status_code == 204


def conversations(identity: dict[str, Any]) -> dict[str, Any]:
    return {"contact": identity, "message": {"content": "Hello"}}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "contact", dict),
        ("PATCH", "contact/set_user", dict),
        ("POST", "conversations", conversations),
    ],
)
@pytest.mark.parametrize("hash", [None, "", "0" * 64, "ß", 7])
def test_no_path_names_an_identity_without_proof(
    widget: Program, cast: Cast, method: str, path: str, body: Callable[[dict[str, Any]], Any], hash: object
) -> None:
    set_inbox(cast, channel_settings={"hmac_mandatory": True})
    said = {"identifier": "dana-1", "name": "Dana", "identifier_hash": hash}
    assert widget.send(method, path, json=body(said)).status_code == 401
    assert counted(cast, Contact) == counted(cast, Conversation) == 0
    said["identifier_hash"] = crypto.hmac_hex(SECRET, "dana-1")
    assert widget.send(method, path, json=body(said)).status_code == 200
    with transaction(cast.account_id):
        assert db.session.query(Contact).one().identifier == "dana-1"


def test_somebody_else_gets_a_key_of_their_own(widget: Program, cast: Cast) -> None:
    widget.send(
        "PATCH", "contact/set_user", json={"identifier": "dana", "name": "Dana", "avatar_url": "https://x.example/a"}
    )
    widget.say("Dana's secret")
    shown = widget.send("GET", "contact").json
    assert (shown["identifier"], shown["has_name"], shown["has_email"]) == ("dana", True, False)
    assert "name" not in shown
    told = widget.send("PATCH", "contact/set_user", json={"identifier": "erin", "name": "Erin"}).json
    assert widget.send("GET", "messages", token=told["widget_auth_token"]).json["payload"] == []
    assert "secret" in widget.send("GET", "messages").text


PATHS = (
    ("GET", "contact"),
    ("PATCH", "contact"),
    ("GET", "conversations"),
    ("POST", "conversations"),
    ("POST", "conversations/toggle_typing"),
    ("POST", "conversations/update_last_seen"),
    ("GET", "conversations/toggle_status"),
    ("POST", "conversations/transcript"),
    ("GET", "messages"),
    ("POST", "messages"),
    ("PATCH", "messages/1"),
    ("POST", "labels"),
    ("DELETE", "labels/club"),
    ("POST", "events"),
)
BODY = {"message": {"content": "x"}, "label": "club", "name": "n", "typing_status": "on", "email": "d@x.example"}


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_tokens_that_are_none_forged_expired_or_of_elsewhere_open_nothing(
    widget: Program, cast: Cast, method: str, path: str
) -> None:
    body = {} if method == "GET" else {"json": BODY}
    said = {"account": cast.account_id, "inbox": cast.inbox_id, "session": "5" * 36}
    with transaction(cast.account_id):
        another = an_inbox(cast.account_id, "Another")
        elsewhere = Key(cast.account_id, another.id, "5" * 36).token
    expired = crypto.sign(said, SALT, timedelta(seconds=-1))
    other_purpose = crypto.sign(said, "something else", timedelta(days=1))
    for token in (None, "forged", "ß", expired, other_purpose, elsewhere):
        assert widget.send(method, path, token=token, **body).status_code == 401, token
    for website in (another.address, "nonsense"):
        assert widget.send(method, path, website=website, **body).status_code == 401
    assert widget.send(method, path, website=None, **body).status_code == 404


def test_one_visitor_reads_and_answers_nothing_of_anothers(widget: Program, client: FlaskClient, cast: Cast) -> None:
    with transaction(cast.account_id):
        theirs = a_conversation(cast)
        secret = theirs.reply("For Erin alone", by=bob(cast).actor, content_type="input_email")
        note = theirs.reply("A note", by=bob(cast).actor, private=True)
    assert widget.send("PATCH", f"messages/{secret.id}", json={"contact": {"email": "d@x.example"}}).status_code == 404
    own = widget.say("Hello")
    for number in (secret.id, note.id, 2**62):
        assert widget.send("PATCH", f"messages/{number}", json={"contact": {"email": "d@x.example"}}).status_code == 404
        refused = widget.send("POST", "messages", json={"message": {"content": "x", "reply_to": number}})
        assert refused.status_code == 404
    around = widget.send("GET", "messages", query={"after": secret.id - 1}).json["payload"]
    assert {each["id"] for each in around} <= {own["id"]}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "messages", []),
        ("POST", "messages", {"message": "text"}),
        ("POST", "messages", {"message": {"content": ""}}),
        ("POST", "messages", {"message": {"content": {"a": 1}}}),
        ("POST", "messages", {"message": {"content": "x", "reply_to": "one"}}),
        ("POST", "messages", {"message": {"content": "x" * 150_001}}),
        ("POST", "conversations", {"contact": "Dana", "message": {"content": "x"}}),
        ("POST", "conversations", {"message": {"content": "x"}, "custom_attributes": ["a"]}),
        ("PATCH", "contact", {"name": {"first": "Dana"}}),
        ("PATCH", "contact", {"custom_attributes": "a", "name": "Dana"}),
        ("PATCH", "contact/set_user", {"name": "Dana"}),
        ("POST", "conversations/toggle_typing", {"typing_status": "perhaps"}),
        ("POST", "labels", {"label": ""}),
        ("POST", "events", {"event_info": {}}),
    ],
)
def test_what_makes_no_sense_is_named_and_changes_nothing(
    widget: Program, cast: Cast, method: str, path: str, body: object
) -> None:
    answer = widget.send(method, path, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json["message"]
    assert counted(cast, ContactInbox) == counted(cast, Message) == 0


def test_another_account_is_not_there(widget: Program, cast: Cast) -> None:
    with transaction(cast.other_account_id):
        foreign = db.session.get_one(Inbox, (cast.other_account_id, cast.other_inbox_id)).address
    key = Key(cast.other_account_id, cast.inbox_id, "5" * 36)
    assert widget.send("GET", "messages", token=key.token).status_code == 401
    assert widget.send("GET", "messages", website=foreign).status_code == 401
