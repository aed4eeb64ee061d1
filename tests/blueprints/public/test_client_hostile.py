"""What strangers send to the client API: other people's names and numbers, wrong types, too much."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import func, select

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Account, Contact, Conversation, Inbox, Message
from tests.blueprints.public.conftest import Client, MakeClient
from tests.cast import Cast, a_conversation

DEEP: Any = {"a": 1}
for _ in range(60):
    DEEP = {"a": DEEP}


@pytest.fixture
def talk(dana: Client) -> str:
    return dana.conversation(dana.contact(name="Dana"))


def test_a_session_opens_nothing_through_another_inbox(dana: Client, a_client: MakeClient, cast: Cast) -> None:
    contact = dana.contact(name="Dana")
    talk = dana.conversation(contact)
    for other in (a_client(), a_client(cast.other_account_id)):
        assert other.get(contact).status_code == 404
        assert other.patch(contact, json={"name": "Mallory"}).status_code == 404
        assert other.get(f"{contact}/conversations").status_code == 404
        assert other.get(talk).status_code == 404
        assert other.post(f"{talk}/messages", json={"content": "Hello"}).status_code == 404
        assert other.get(f"{talk}/messages").status_code == 404


def test_a_stranger_reaches_no_conversation_by_its_number(dana: Client, talk: str) -> None:
    dana.post(f"{talk}/messages", json={"content": "My address is …"})
    message_id = dana.get(f"{talk}/messages").json[0]["id"]
    stranger = dana.contact(name="Mallory")
    number = talk.rsplit("/", 1)[1]
    theirs = f"{stranger}/conversations/{number}"
    assert dana.get(theirs).status_code == 404
    assert dana.get(f"{theirs}/messages").status_code == 404
    assert dana.get(f"{theirs}/messages/{message_id}").status_code == 404
    for act, body in (
        ("toggle_status", {}),
        ("toggle_typing", {"typing_status": "on"}),
        ("update_last_seen", {}),
        ("messages", {"content": "Hello"}),
    ):
        assert dana.post(f"{theirs}/{act}", json=body).status_code == 404
    own = dana.conversation(stranger)
    assert dana.patch(f"{own}/messages/{message_id}", json={"submitted_values": {"value": "x"}}).status_code == 404
    assert dana.get(f"{own}/messages/{message_id}").status_code == 404


def test_sessions_of_websites_are_not_to_be_had_here(dana: Client, cast: Cast, a_client: MakeClient) -> None:
    with transaction(cast.account_id):
        website = db.session.get_one(Inbox, (cast.account_id, cast.inbox_id))
        conversation = a_conversation(cast)
        path, token = f"/contacts/{conversation.contact_inbox.source_id}", website.address
    assert dana.get(path).status_code == 404
    assert Client(dana.http, token, cast.inbox_id).get(path).status_code == 404


@pytest.mark.parametrize("identifier", ["nobody", "%00", "x" * 3000, "%F0%9F%92%A9", "..", "' or 1=1 --"])
def test_an_identifier_of_nobodys_is_not_found(dana: Client, identifier: str) -> None:
    answer = dana.http.get(f"/public/api/v1/inboxes/{identifier}/contacts/x")
    assert answer.status_code == 404
    assert answer.is_json


def test_a_closed_inbox_and_a_suspended_account_are_not_found(dana: Client, cast: Cast) -> None:
    contact = dana.contact()
    with transaction(cast.account_id):
        db.session.get_one(Inbox, (cast.account_id, dana.inbox_id)).is_enabled = False
    assert dana.get(contact).status_code == 404
    with transaction(cast.account_id):
        db.session.get_one(Inbox, (cast.account_id, dana.inbox_id)).is_enabled = True
        db.session.get_one(Account, cast.account_id).status = "suspended"
    assert dana.get(contact).status_code == 404
    assert dana.post("/contacts", json={}).status_code == 404


@pytest.mark.parametrize(
    "said",
    [
        {"email": "no address"},
        {"phone_number": "12"},
        {"identifier": ["a"]},
        {"identifier": {"a": 1}},
        {"identifier": True},
        {"name": "x" * 256},
        {"name": 12.5e300},
        {"custom_attributes": "text"},
        {"custom_attributes": [1]},
        {"custom_attributes": {"": "x"}},
        {"custom_attributes": {"a": "x" * 2000}},
        {"custom_attributes": {"a": 10**12}},
        {"custom_attributes": DEEP},
    ],
    ids=lambda said: str(said)[:40],
)
def test_a_contact_that_cannot_be_is_refused_in_words(dana: Client, said: dict[str, Any]) -> None:
    answer = dana.post("/contacts", json=said)
    if "name" in said and not isinstance(said["name"], str):
        assert answer.status_code in (200, 422)
        return
    assert answer.status_code == 422, answer.text
    assert answer.json["message"]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'"text"', b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(dana: Client, talk: str, body: bytes) -> None:
    for path in ("/contacts", f"{talk}/messages"):
        assert dana.post(path, data=body, content_type="application/json").status_code == 422


@pytest.mark.parametrize("content", ["", "   ", None, 7, [], {"a": 1}, "x" * 150_001])
def test_a_message_of_nothing_too_much_or_no_text_is_refused(dana: Client, talk: str, content: Any) -> None:
    assert dana.post(f"{talk}/messages", json={"content": content}).status_code == 422


def test_nul_and_torn_characters_are_taken_out(dana: Client, talk: str) -> None:
    answer = dana.post(
        f"{talk}/messages", json={"content": "a\x00b \ud83d <script>alert(1)</script>", "echo_id": "\x00"}
    )
    assert answer.status_code == 200
    assert answer.json["content"] == "ab  <script>alert(1)</script>"
    for path in ("/contacts/%00", f"{talk}/messages/%00", "/contacts/a%00b/conversations"):
        assert dana.get(path).status_code == 404


def test_bodies_of_10_mb_are_too_large_but_for_files(dana: Client, talk: str) -> None:
    body = b'{"content": "' + b"x" * 10_000_000 + b'"}'
    assert dana.post(f"{talk}/messages", data=body, content_type="application/json").status_code == 413
    assert dana.post("/contacts", data={"name": "x" * 10_000_000}).status_code == 413
    form = {"content": "A film", "attachments[]": (BytesIO(b"x" * 10_000_000), "film.bin")}
    assert dana.post(f"{talk}/messages", data=form).status_code == 200


def test_too_many_files_are_refused_and_none_is_kept(dana: Client, talk: str, cast: Cast) -> None:
    form = {"content": "All", "attachments[]": [(BytesIO(b"x"), f"{number}.txt") for number in range(16)]}
    assert dana.post(f"{talk}/messages", data=form).status_code == 422
    with transaction(cast.account_id):
        assert db.session.scalar(select(func.count()).select_from(Message)) == 0


@pytest.mark.parametrize("asked", ["?before=-1", "?before=x", "?after=99999999999999999999", "?after="])
def test_odd_places_in_a_thread_are_refused_or_empty(dana: Client, talk: str, asked: str) -> None:
    assert dana.get(f"{talk}/messages{asked}").status_code in (200, 422)


@pytest.mark.parametrize("number", ["0", "-1", "9223372036854775807", "9223372036854775808", "x", "1e3", "%00"])
def test_odd_numbers_are_not_found(dana: Client, talk: str, number: str) -> None:
    contact = talk.rsplit("/conversations", 1)[0]
    assert dana.get(f"{contact}/conversations/{number}").status_code == 404
    assert dana.get(f"{talk}/messages/{number}").status_code == 404


@pytest.mark.parametrize("status", [None, "", "maybe", 1, ["on"]])
def test_typing_is_on_or_off(dana: Client, talk: str, status: Any) -> None:
    assert dana.post(f"{talk}/toggle_typing", json={"typing_status": status}).status_code == 422


def test_writing_is_bounded_for_each_session(dana: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.blueprints.public.messages.MESSAGES_PER_MINUTE", 2)
    talk, other = dana.conversation(dana.contact()), dana.conversation(dana.contact())
    answers = [dana.post(f"{talk}/messages", json={"content": "Buy!"}) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) > 0
    assert dana.post(f"{other}/messages", json={"content": "Hello"}).status_code == 200


def test_calls_are_bounded_for_each_address(dana: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.blueprints.public.client.CALLS_PER_MINUTE", 2)
    far = {"REMOTE_ADDR": "203.0.113.9"}
    assert [dana.get("", environ_base=far).status_code for _ in range(3)] == [200, 200, 429]
    assert dana.get("", environ_base={"REMOTE_ADDR": "203.0.113.10"}).status_code == 200


def test_a_blocked_customer_is_heard_and_disturbs_nobody(dana: Client, cast: Cast) -> None:
    contact = dana.contact(name="Mallory")
    with transaction(cast.account_id):
        db.session.scalars(select(Contact)).one().blocked = True
    talk = dana.conversation(contact)
    assert dana.post(f"{talk}/messages", json={"content": "Hello"}).status_code == 200
    with transaction(cast.account_id):
        assert db.session.scalars(select(Conversation.status)).one() == "resolved"
