"""Programs of the account carry an API inbox: they make it, say what customers said, and how far answers have come."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.ledger.transaction import transaction
from app.lib import clock
from app.lib.database import db
from app.models import Conversation, Inbox, Message
from tests.cast import Cast, a_contact, a_conversation, a_session, bob
from tests.programs import Program, a_program

CREATE: dict[str, Any] = {
    "name": "API Inbox",
    "greeting_enabled": True,
    "greeting_message": "Hello, how can I help you?",
    "enable_auto_assignment": True,
    "working_hours_enabled": False,
    "timezone": "America/New_York",
    "channel": {
        "type": "api",
        "webhook_url": "https://example.com/webhook",
        "hmac_mandatory": False,
        "additional_attributes": {"source": "mobile_app", "agent_reply_time_window": 24},
    },
}


@pytest.fixture
def program(app: Flask, cast: Cast) -> Program:
    return a_program(app, cast.alice_id, cast.account_id)


@pytest.fixture
def inbox(program: Program) -> dict[str, Any]:
    answer = program.post("/inboxes", json=CREATE)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json
    return made


@pytest.fixture
def thread(inbox: dict[str, Any], cast: Cast) -> str:
    """The path of a conversation in it."""
    with transaction(cast.account_id):
        conversation = Conversation.start(a_session(a_contact(cast.account_id), inbox["id"]))
        return f"/conversations/{conversation.display_id}"


def test_an_inbox_is_made_and_told_as_the_contract_has_it(
    app: Flask, program: Program, inbox: dict[str, Any], cast: Cast
) -> None:
    assert inbox["channel_type"] == "Channel::Api"
    assert (inbox["name"], inbox["greeting_message"]) == ("API Inbox", "Hello, how can I help you?")
    assert inbox["webhook_url"] == "https://example.com/webhook"
    assert inbox["additional_attributes"] == {"source": "mobile_app", "agent_reply_time_window": 24}
    assert app.test_client().get(f"/public/api/v1/inboxes/{inbox['inbox_identifier']}").status_code == 200
    assert inbox["hmac_token"]
    assert inbox["secret"].startswith("whsec_")
    assert program.get(f"/inboxes/{inbox['id']}").json == inbox
    with transaction(cast.account_id):
        db.session.get_one(Inbox, (cast.account_id, inbox["id"])).set_members({cast.bob_id})
    told = a_program(app, cast.bob_id, cast.account_id).get(f"/inboxes/{inbox['id']}").json
    assert told["inbox_identifier"] == inbox["inbox_identifier"]
    assert not {"hmac_token", "secret"} & told.keys()


def test_only_what_is_sent_is_changed(program: Program, inbox: dict[str, Any]) -> None:
    changed = program.send("PATCH", f"/inboxes/{inbox['id']}", json={"channel": {"hmac_mandatory": True}}).json
    assert changed == {**inbox, "hmac_mandatory": True}
    changed = program.send(
        "PATCH", f"/inboxes/{inbox['id']}", json={"name": "App", "channel": {"webhook_url": ""}}
    ).json
    assert (changed["name"], changed["webhook_url"], changed["hmac_mandatory"]) == ("App", None, True)


@pytest.mark.parametrize(
    ("given", "attribute"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"channel": None}, "channel"),
        ({"channel": {"type": "pigeon"}}, "channel.type"),
        ({"channel": {"type": "api", "webhook_url": "ftp://x"}}, "webhook_url"),
        ({"channel": {"type": "api", "webhook_url": 7}}, "channel.webhook_url"),
        ({"channel": {"type": "api", "webhook_url": "http://127.0.0.1:9/"}}, "webhook_url"),
        ({"channel": {"type": "api", "webhook_url": "https://x.example/" + "x" * 2048}}, "webhook_url"),
        (
            {"channel": {"type": "api", "additional_attributes": {"agent_reply_time_window": -1}}},
            "agent_reply_time_window",
        ),
        (
            {"channel": {"type": "api", "additional_attributes": {"agent_reply_time_window": "x"}}},
            "agent_reply_time_window",
        ),
    ],
)
def test_an_inbox_that_cannot_be_is_refused(
    program: Program, cast: Cast, given: dict[str, Any], attribute: str
) -> None:
    answer = program.post("/inboxes", json={**CREATE, **given})
    assert answer.status_code == 422, answer.text
    assert answer.json["attributes"] == [attribute]
    with transaction(cast.account_id):
        assert db.session.scalar(select(func.count()).select_from(Inbox).where(Inbox.channel == "api")) == 0


def test_agents_and_strangers_make_none(app: Flask, inbox: dict[str, Any], cast: Cast) -> None:
    for user_id in (cast.bob_id, cast.charlie_id):
        other = a_program(app, user_id, cast.account_id)
        assert other.post("/inboxes", json=CREATE).status_code in (401, 404)
        assert other.send("PATCH", f"/inboxes/{inbox['id']}", json={"name": "Mine"}).status_code in (401, 404)


def test_what_a_customer_said_is_told_once(program: Program, thread: str, cast: Cast) -> None:
    said = {"content": "Hello", "message_type": "incoming", "source_id": "app-1", "external_created_at": 1_700_000_000}
    first, second = (program.post(f"{thread}/messages", json=said).json for _ in range(2))
    assert first["id"] == second["id"]
    assert (first["message_type"], first["sender_type"], first["source_id"]) == (0, "Contact", "app-1")
    with transaction(cast.account_id):
        message = db.session.scalars(select(Message).where(Message.message_type == "incoming")).one()
        assert message.provider_at
        assert message.provider_at.timestamp() == 1_700_000_000
        assert message.conversation.unread_count == 1


def test_a_source_id_of_another_conversation_is_refused(
    program: Program, thread: str, inbox: dict[str, Any], cast: Cast
) -> None:
    said = {"content": "Hello", "message_type": "incoming", "source_id": "app-1"}
    program.post(f"{thread}/messages", json=said)
    with transaction(cast.account_id):
        other = Conversation.start(a_session(a_contact(cast.account_id, "Erin"), inbox["id"])).display_id
    answer = program.post(f"/conversations/{other}/messages", json=said)
    assert answer.status_code == 422
    assert answer.json["attributes"] == ["source_id"]


def test_customers_of_other_channels_speak_for_themselves(program: Program, cast: Cast) -> None:
    with transaction(cast.account_id):
        conversation = a_conversation(cast)
        answer = conversation.reply("Yes", by=bob(cast).actor)
        path, message_id = f"/conversations/{conversation.display_id}/messages", answer.id
    assert program.post(path, json={"content": "x", "message_type": "incoming"}).status_code == 422
    refused = program.send("PATCH", f"{path}/{message_id}", json={"status": "read"})
    assert (refused.status_code, refused.json) == (
        403,
        {"error": "Message status update is only allowed for API inboxes"},
    )


def test_how_far_a_message_has_come_only_moves_forward(program: Program, thread: str, cast: Cast) -> None:
    message_id = program.post(f"{thread}/messages", json={"content": "It is back."}).json["id"]
    path = f"{thread}/messages/{message_id}"

    def told(status: str, **more: Any) -> tuple[str, str | None]:
        answer = program.send("PATCH", path, json={"status": status, **more})
        assert answer.status_code == 200, answer.text
        return answer.json["status"], answer.json["content_attributes"].get("external_error")

    assert told("failed", external_error="no such device\x00") == ("failed", "no such device")
    assert told("delivered", external_error="ignored") == ("delivered", None)
    assert told("sent") == ("delivered", None)
    assert told("read") == ("read", None)
    assert told("failed", external_error="late") == ("read", None)
    for wrong in ("lost", None, 7, ["read"]):
        assert program.send("PATCH", path, json={"status": wrong}).status_code == 422


def test_no_status_is_put_to_notes_to_what_customers_said_or_to_others(
    program: Program, thread: str, inbox: dict[str, Any], cast: Cast
) -> None:
    incoming = program.post(f"{thread}/messages", json={"content": "x", "message_type": "incoming"}).json["id"]
    note = program.post(f"{thread}/messages", json={"content": "x", "private": True}).json["id"]
    for message_id in (incoming, note):
        assert program.send("PATCH", f"{thread}/messages/{message_id}", json={"status": "read"}).status_code == 422
    with transaction(cast.account_id):
        other = Conversation.start(a_session(a_contact(cast.account_id, "Erin"), inbox["id"])).display_id
    path = f"/conversations/{other}/messages/{note}"
    assert program.send("PATCH", path, json={"status": "read"}).status_code == 404


def test_rest_tells_whether_an_answer_is_still_taken(program: Program, thread: str, cast: Cast) -> None:
    assert program.get(thread).json["can_reply"] is False
    program.post(f"{thread}/messages", json={"content": "Hello", "message_type": "incoming"})
    assert program.get(thread).json["can_reply"] is True
    with transaction(cast.account_id):
        conversation = db.session.scalars(select(Conversation)).one()
        conversation.last_incoming_at = clock.now().replace(year=clock.now().year - 1)
    assert program.get(thread).json["can_reply"] is False
