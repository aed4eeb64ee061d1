"""What the API answers to whatever else it is sent: a plain 4xx in its own form, and nothing is stored."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from app.ledger.transaction import system, transaction
from app.lib import clock
from app.lib.database import db
from app.models import Account, Contact, Conversation, Event, Membership, Message
from tests.cast import Cast, a_conversation, an_inbox
from tests.programs import Program

WRITES = (
    ("POST", "/contacts"),
    ("PUT", "/contacts/1"),
    ("PATCH", "/contacts/1"),
    ("POST", "/conversations"),
    ("POST", "/conversations/1/messages"),
    ("POST", "/conversations/1/toggle_status"),
    ("POST", "/conversations/1/toggle_priority"),
    ("POST", "/conversations/1/assignments"),
)
READS = (
    "/agents", "/inboxes", "/inboxes/1", "/contacts", "/contacts/1", "/contacts/search?q=d", "/contacts/1/conversations",
    "/conversations", "/conversations/meta", "/conversations/1", "/conversations/1/messages",
)  # fmt: skip


@pytest.fixture
def talk(cast: Cast) -> Conversation:
    with transaction(cast.account_id):
        return a_conversation(cast)


def everything(cast: Cast) -> list[Any]:
    with transaction(cast.account_id):
        return [
            *(db.session.query(table).count() for table in (Contact, Conversation, Message, Event)),
            *((c.name, c.email, c.blocked, c.custom_attributes) for c in db.session.query(Contact)),
            *((c.status, c.priority, c.assignee_id, c.unread_count) for c in db.session.query(Conversation)),
        ]


@pytest.mark.parametrize("body", [
    b"", b"null", b"[]", b'"x"', b"7", b"{", b"\xff\xfe{", b'{"content": "\xff"}', b"[" * 100_000, b'{"a":' * 5000,
    b'{"content": ' + b"9" * 5000 + b"}",
])  # fmt: skip
def test_bodies_that_are_no_json_object(talk: Conversation, alices: Program, cast: Cast, body: bytes) -> None:
    before = everything(cast)
    for method, path in WRITES:
        answer = alices.send(method, path, data=body, content_type="application/json")
        assert answer.status_code == 422, (method, path)
        assert answer.json["message"]
    assert everything(cast) == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/conversations/1/messages", {"content": 7}),
        ("/conversations/1/messages", {"content": ["a"]}),
        ("/conversations/1/messages", {"content": None}),
        ("/conversations/1/messages", {"content": "\0\0"}),
        ("/conversations/1/messages", {"content": "  \n "}),
        ("/conversations/1/messages", {"content": "x" * 150_001}),
        ("/conversations/1/messages", {"content": "Hi", "private": "perhaps"}),
        ("/conversations/1/messages", {"content": "Hi", "message_type": "activity"}),
        ("/conversations/1/messages", {"content": "Hi", "content_type": "cards"}),
        ("/conversations/1/messages", {"content": "Hi", "content_attributes": "{"}),
        ("/conversations/1/messages", {"content": "Hi", "content_attributes": {"a": "x" * 40_000}}),
        ("/conversations/1/messages", {"content": "Hi", "attachments": ["signed-id"]}),
        ("/conversations/1/messages", {"content": "Hi", "echo_id": {"a": 1}}),
        ("/conversations/1/toggle_status", {"status": "closed"}),
        ("/conversations/1/toggle_status", {"status": 1}),
        ("/conversations/1/toggle_status", {"status": "snoozed", "snoozed_until": "NaN"}),
        ("/conversations/1/toggle_priority", {"priority": ["high"]}),
        ("/conversations/1/assignments", {"assignee_id": "Bob"}),
        ("/contacts", {"custom_attributes": {"a": {"b": "x" * 40_000}}}),
        ("/conversations", {"inbox_id": 1, "contact_id": 2**80}),
        ("/conversations", {"inbox_id": 1, "source_id": {"$ne": 1}}),
    ],
)
def test_wrong_values_are_named(talk: Conversation, alices: Program, cast: Cast, path: str, body: Any) -> None:
    before = everything(cast)
    answer = alices.post(path, json=body)
    assert answer.status_code == 422, answer.text
    assert set(answer.json) == {"message", "attributes"}
    assert everything(cast) == before


def test_ten_megabytes_are_refused(talk: Conversation, alices: Program, cast: Cast) -> None:
    before = everything(cast)
    for method, path in WRITES:
        for content_type in ("application/json", "application/x-www-form-urlencoded", "text/plain"):
            answer = alices.send(method, path, data=b"x" * 10_000_000, content_type=content_type)
            assert answer.status_code == 413
            assert answer.json["error"]
    long_field = alices.post("/conversations/1/messages", data={"content": "x" * 10_000_000, "a": (BytesIO(b""), "a")})
    assert long_field.status_code == 413
    assert everything(cast) == before


def test_a_file_beyond_the_limit_is_refused(app: Flask, talk: Conversation, alices: Program, cast: Cast) -> None:
    limit = app.config["PARLEY"].max_upload_bytes
    before = everything(cast)
    sent = {"content": "Look", "attachments[]": (BytesIO(b"x" * (limit + 1)), "a.bin")}
    assert alices.post("/conversations/1/messages", data=sent).status_code == 413
    assert everything(cast) == before


def test_broken_multipart_is_no_crash(talk: Conversation, alices: Program) -> None:
    for body in (b"", b"--x", b"--x\r\n\r\n", b"--x\r\nContent-Disposition: form-data; name=content\r\n\r\n\xff\xfe"):
        answer = alices.post("/conversations/1/messages", data=body, content_type="multipart/form-data; boundary=x")
        assert 400 <= answer.status_code < 500


def test_strange_questions(talk: Conversation, alices: Program) -> None:
    for path in READS:
        for query in ("page=0", "page=-1", "page=x", f"page={2**70}", "page[]=1", "q=%00%ff", "sort=%00", "inbox_id=x"):
            answer = alices.get(path + ("&" if "?" in path else "?") + query)
            assert answer.status_code in (200, 422), (path, query)
    for query in ("before=x", "before=-1", f"after={2**64}", "after=", "filter_internal_messages=perhaps"):
        assert alices.get(f"/conversations/1/messages?{query}").status_code == 422
    for query in ("status=closed", f"inbox_id={2**64}", "updated_within=99999999999999", "assignee_type=you"):
        assert alices.get(f"/conversations?{query}").status_code == 422


def test_ids_no_database_holds(talk: Conversation, alices: Program) -> None:
    assert alices.post("/conversations/1/assignments", json={"assignee_id": 2**80}).status_code == 404
    assert alices.post("/contacts", json={"inbox_id": 2**80}).status_code == 404
    for strange in (2**63, 10**40, "1.5", "abc", "%00", "-1", "../1"):
        for path in (
            f"/contacts/{strange}",
            f"/conversations/{strange}",
            f"/inboxes/{strange}",
            f"/conversations/{strange}/messages",
        ):
            answer = alices.get(path)
            assert answer.status_code == 404, path
            assert answer.json["error"]


def test_tokens_that_are_none(app: Flask, talk: Conversation, alices: Program, cast: Cast) -> None:
    before = everything(cast)
    for token in ("", "x", "x" * 8000, "\xff", alices.token + " x", alices.token.swapcase()):
        for method, path in (*WRITES, *(("GET", path) for path in (*READS, "/api/v1/profile"))):
            answer = alices.send(method, path, headers={"api_access_token": token})
            assert answer.status_code == 401
            assert answer.json == {"error": "Invalid Access Token"}
    assert everything(cast) == before


def test_another_accounts_token_finds_nothing(talk: Conversation, charlies: Program, cast: Cast) -> None:
    before = everything(cast)
    for method, path in (*WRITES, *(("GET", path) for path in READS)):
        answer = charlies.send(method, path, json={"content": "Hi", "status": "resolved"} if method != "GET" else None)
        assert answer.status_code == 404, path
        assert answer.json == {"error": "Resource could not be found"}
    assert everything(cast) == before


def test_an_agent_outside_an_inbox_does_not_find_its_conversations(bobs: Program, cast: Cast) -> None:
    with transaction(cast.account_id):
        conversation = a_conversation(cast)
        conversation.inbox_id = an_inbox(cast.account_id, "Back office").id
        inbox_id = conversation.inbox_id
    before = everything(cast)
    for method, path in WRITES[4:]:
        assert bobs.send(method, path, json={"content": "Hi", "priority": "high"}).status_code == 404
    for path in ("/conversations/1", "/conversations/1/messages", f"/inboxes/{inbox_id}"):
        assert bobs.get(path).status_code == 404
    assert bobs.get("/conversations").json["data"]["payload"] == []
    assert everything(cast) == before


def test_one_who_left_and_a_suspended_account(talk: Conversation, bobs: Program, alices: Program, cast: Cast) -> None:
    with transaction(cast.account_id):
        db.session.get_one(Membership, (cast.account_id, cast.bob_id)).deactivated_at = clock.now()
    assert bobs.get("/conversations").status_code == 404
    assert bobs.get("/api/v1/profile").json["accounts"] == []
    with system(why="tests"):
        db.session.get_one(Account, cast.account_id).status = "suspended"
    assert alices.get("/conversations").status_code == 401


def test_a_cookie_does_not_open_the_api(app: Flask, cast: Cast) -> None:
    assert app.test_client().get(f"/api/v1/accounts/{cast.account_id}/conversations").status_code == 401


def test_unknown_addresses_are_told_as_json(alices: Program) -> None:
    answer = alices.get("/nothing/of/the/kind")
    assert (answer.status_code, answer.mimetype) == (404, "application/json")
    assert alices.send("DELETE", "/conversations/1").status_code == 405
