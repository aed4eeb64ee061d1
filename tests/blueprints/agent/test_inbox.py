"""The inbox's doors: what they answer, to whom, and what they refuse."""

from __future__ import annotations

import re
import uuid
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from werkzeug.test import TestResponse

from app.ledger.transaction import system, transaction
from app.lib.database import db
from app.models import Attachment, Conversation, Event, Inbox, Membership, Message, User
from tests.blueprints.agent.statements import counted
from tests.browser.conftest import sign_in
from tests.cast import Cast, a_conversation, a_user, alice, an_inbox, bob

FRAGMENT = {"HX-Request": "true"}
WRITES: list[tuple[str, str, dict[str, str]]] = [
    ("POST", "/messages", {"client_id": "0123456789abcdef", "content": "Hello"}),
    ("POST", "/messages/0123456789abcdef/delivery", {}),
    ("POST", "/resolution", {}),
    ("DELETE", "/resolution", {}),
    ("POST", "/pending", {}),
    ("POST", "/snooze", {}),
    ("PUT", "/priority", {"priority": "high"}),
    ("PUT", "/assignment", {"assignee": "me"}),
    ("POST", "/seen", {}),
    ("DELETE", "/seen", {}),
    ("POST", "/looking", {}),
    ("DELETE", "/looking", {}),
    ("POST", "/typing", {"on": "1"}),
]
READS = ["", "/messages?before=1", "/messages?after_version=0", "/assignment"]


@pytest.fixture
def visitor(cast: Cast, client: FlaskClient) -> FlaskClient:
    """Bob's browser, with one conversation in his inbox."""
    with transaction(cast.account_id):
        a_conversation(cast)
    return signed_in(client, "Bob")


def signed_in(client: FlaskClient, name: str) -> FlaskClient:
    client.set_cookie("parley_session", sign_in(client.application, name))
    return client


def path(cast: Cast, rest: str = "", number: int = 1, account: int | None = None) -> str:
    return f"/accounts/{account or cast.account_id}/conversations/{number}{rest}"


def say(client: FlaskClient, cast: Cast, **values: Any) -> TestResponse:
    values = {"client_id": str(uuid.uuid4()), "content": "Hello", **values}
    return client.post(path(cast, "/messages"), data=values, headers=FRAGMENT)


def only(cast: Cast) -> Conversation:
    return db.session.scalars(select(Conversation).where(Conversation.account_id == cast.account_id)).one()


def facts(cast: Cast) -> int:
    with transaction(cast.account_id):
        return Event.newest(cast.account_id)


@pytest.mark.parametrize("read", READS)
def test_looking_changes_nothing(visitor: FlaskClient, cast: Cast, read: str) -> None:
    before = facts(cast)
    assert visitor.get(path(cast, read)).status_code == 200
    assert visitor.get(path(cast, read), headers=FRAGMENT).status_code == 200
    assert facts(cast) == before


@pytest.mark.parametrize(("method", "rest", "data"), WRITES)
def test_a_stranger_does_nothing(cast: Cast, client: FlaskClient, method: str, rest: str, data: dict[str, str]) -> None:
    with transaction(cast.account_id):
        a_conversation(cast)
    assert client.open(path(cast, rest), method=method, data=data, headers=FRAGMENT).status_code == 401
    signed_in(client, "Charlie")
    before = facts(cast)
    assert client.open(path(cast, rest), method=method, data=data).status_code == 404
    # Their own account does not have that conversation either.
    address = path(cast, rest, account=cast.other_account_id)
    assert client.open(address, method=method, data=data).status_code == 404
    assert facts(cast) == before


@pytest.mark.parametrize(("method", "rest", "data"), WRITES)
def test_an_agent_does_nothing_in_inboxes_of_others(
    visitor: FlaskClient, cast: Cast, method: str, rest: str, data: dict[str, str]
) -> None:
    with transaction(cast.account_id):
        db.session.get_one(Inbox, (cast.account_id, cast.inbox_id)).set_members({cast.alice_id})
    before = facts(cast)
    assert visitor.open(path(cast, rest), method=method, data=data).status_code == 404
    assert facts(cast) == before
    for read in READS:
        assert visitor.get(path(cast, read)).status_code == 404


def test_the_same_client_id_is_one_message_with_its_files_kept_once(visitor: FlaskClient, cast: Cast) -> None:
    said = {"client_id": str(uuid.uuid4()), "content": "Here it is"}
    for _ in range(3):
        files = {"attachments": [(BytesIO(b"hello"), "a.txt"), (BytesIO(b"world"), "../../b.txt")]}
        answer = visitor.post(path(cast, "/messages"), data={**said, **files}, headers=FRAGMENT)
        assert answer.status_code == 200
        assert f'id="message-{said["client_id"]}"' in answer.text
    with transaction(cast.account_id):
        messages = db.session.scalars(select(Message).where(Message.message_type == "outgoing")).all()
        assert [message.content for message in messages] == ["Here it is"]
        assert sorted(db.session.scalars(select(Attachment.filename))) == ["a.txt", "b.txt"]


def test_sending_and_resolving_is_one_act(visitor: FlaskClient, cast: Cast) -> None:
    answer = say(visitor, cast, resolve="1")
    assert "resolved the conversation" in answer.text
    with transaction(cast.account_id):
        conversation = only(cast)
        assert (conversation.status, conversation.waiting_since) == ("resolved", None)


def test_a_note_stays_inside(visitor: FlaskClient, cast: Cast) -> None:
    say(visitor, cast, private="1", content="Careful")
    with transaction(cast.account_id):
        message = only(cast).last_message
        assert message is not None
        assert message.private
        assert only(cast).waiting_since is not None


@pytest.mark.parametrize(
    "values",
    [
        {"content": "   "},
        {"content": "x" * 150_001},
        {"client_id": ""},
        {"client_id": "<script>"},
        {"client_id": "x" * 65},
        {"private": "perhaps"},
        {"attachments": [(BytesIO(b"x"), f"{n}.txt") for n in range(16)]},
    ],
    ids=["nothing", "too long", "no id", "an odd id", "a long id", "no boolean", "too many files"],
)
def test_what_cannot_be_said_is_refused_in_words(visitor: FlaskClient, cast: Cast, values: dict[str, Any]) -> None:
    answer = say(visitor, cast, **values)
    assert answer.status_code == 422
    assert 'class="toast' in answer.text
    with transaction(cast.account_id):
        assert db.session.scalar(select(func.count()).select_from(Message)) == 1


@pytest.mark.parametrize(
    "content", ["a\0b", "\ud800 half", "مرحبا", "👩‍👩‍👧", "<img src=x onerror=alert(1)>", "'; drop table users; --"]
)
def test_any_words_are_kept_and_shown_safely(visitor: FlaskClient, cast: Cast, content: str) -> None:
    data = {"client_id": str(uuid.uuid4()), "content": content.encode("utf-8", "surrogatepass")}
    answer = visitor.post(path(cast, "/messages"), data=data, headers=FRAGMENT)
    assert answer.status_code == 200
    assert "<img src=x" not in visitor.get(path(cast)).text


@pytest.mark.parametrize(
    ("method", "rest", "data"),
    [
        ("POST", "/snooze", {"until": "2001-01-01T00:00:00Z"}),
        ("POST", "/snooze", {"until": "soon"}),
        ("PUT", "/priority", {"priority": "extreme"}),
        ("PUT", "/assignment", {"assignee": "999999"}),
        ("PUT", "/assignment", {"assignee": "nobody"}),
        ("PUT", "/assignment", {"assignee": "9" * 40}),
        ("POST", "/typing", {}),
        ("GET", "/messages?before=-1", {}),
        ("GET", "/messages?before=many", {}),
        ("GET", "/messages?after_version=99999999999999999999", {}),
    ],
)
def test_odd_values_are_refused(visitor: FlaskClient, cast: Cast, method: str, rest: str, data: dict[str, str]) -> None:
    before = facts(cast)
    assert visitor.open(path(cast, rest), method=method, data=data, headers=FRAGMENT).status_code == 422
    assert facts(cast) == before


@pytest.mark.parametrize("query", ["view=theirs", "status=gone", "inbox=x", "rows=many", "sort=-", "after=x"])
def test_an_odd_list_is_refused(visitor: FlaskClient, cast: Cast, query: str) -> None:
    home = f"/accounts/{cast.account_id}/conversations"
    place = f"{home}/more" if query.startswith("after") else home
    assert visitor.get(f"{place}?{query}", headers=FRAGMENT).status_code == 422


def test_it_goes_to_members_of_the_inbox_and_administrators_only(visitor: FlaskClient, cast: Cast) -> None:
    with system(why="tests"):
        erin = a_user("Erin", db.session.get_one(Membership, (cast.account_id, cast.bob_id)).account)
    people = visitor.get(path(cast, "/assignment"), headers=FRAGMENT).text
    assert re.findall(r'value="(\d+)"', people) == [str(cast.alice_id), str(cast.bob_id)]

    def give(to: str) -> int:
        return visitor.put(path(cast, "/assignment"), data={"assignee": to}, headers=FRAGMENT).status_code

    assert give(str(erin.id)) == 422
    assert give(str(cast.charlie_id)) == 422
    assert give("me") == 200
    with transaction(cast.account_id):
        assert only(cast).assignee_id == cast.bob_id
    assert give("") == 200
    with transaction(cast.account_id):
        assert only(cast).assignee_id is None


def test_what_failed_is_sent_again(visitor: FlaskClient, cast: Cast) -> None:
    with transaction(cast.account_id):
        message = only(cast).reply("Are you there?", by=bob(cast).actor, status="failed")
        message.external_error = "no such number"
    assert "no such number" in visitor.get(path(cast)).text
    answer = visitor.post(path(cast, f"/messages/{message.client_id}/delivery"), headers=FRAGMENT)
    assert answer.status_code == 200
    with transaction(cast.account_id):
        again = only(cast).message(message.client_id)
        assert (again.status, again.external_error) == ("sent", None)


def test_seeing_counts_once_and_can_be_taken_back(visitor: FlaskClient, cast: Cast) -> None:
    visitor.post(path(cast, "/seen"))
    before = facts(cast)
    visitor.post(path(cast, "/seen"))
    assert facts(cast) == before
    with transaction(cast.account_id):
        assert only(cast).unread_count == 0
    visitor.delete(path(cast, "/seen"))
    with transaction(cast.account_id):
        assert only(cast).unread_count == 1


def test_a_page_that_fell_far_behind_gets_the_thread_anew(visitor: FlaskClient, cast: Cast) -> None:
    with transaction(cast.account_id):
        for number in range(60):
            only(cast).reply(f"Line {number}", by=alice(cast).actor)
        version = only(cast).version
    few = visitor.get(path(cast, f"/messages?after_version={version - 3}"), headers=FRAGMENT).text
    assert re.findall(r"<p>(Line \d+)</p>", few) == ["Line 57", "Line 58", "Line 59"]
    with transaction(cast.account_id):
        db.session.execute(text("update messages set created_at = created_at - interval '1 hour'"))
        for number in range(60, 199):
            only(cast).reply(f"Line {number}", by=alice(cast).actor)
    many = visitor.get(path(cast, "/messages?after_version=0"), headers=FRAGMENT).text
    assert 'hx-target="#thread"' in many
    assert many.count("message-out") == 30


def test_habits_are_kept_and_odd_ones_refused(visitor: FlaskClient, cast: Cast) -> None:
    assert visitor.put("/profile/habits", data={"view": "unassigned", "sort": "waiting"}).status_code == 204
    assert visitor.put("/profile/habits", data={"details_side": "right"}).status_code == 204
    page = visitor.get(f"/accounts/{cast.account_id}/conversations").text
    assert 'data-view="unassigned" data-status="open" data-sort="waiting"' in page
    assert "details-right" in page
    assert visitor.put("/profile/habits", data={"details_side": "middle"}, headers=FRAGMENT).status_code == 422
    with system(why="tests"):
        user = db.session.get_one(User, cast.bob_id)
        user.ui_settings = {"inbox": {"view": ["broken"]}}
    assert visitor.get(f"/accounts/{cast.account_id}/conversations").status_code == 200


def test_an_answer_holds_no_more_than_a_few_statements(visitor: FlaskClient, cast: Cast) -> None:
    """However many messages or rows are shown."""
    with transaction(cast.account_id):
        for number in range(28):
            only(cast).reply(f"Line {number}", by=alice(cast).actor)
    with counted() as few:
        visitor.get(path(cast), headers=FRAGMENT)
    assert len(few) < 24, few
    with transaction(cast.account_id):
        for _ in range(24):
            a_conversation(cast)
    with counted() as listed:
        visitor.get(f"/accounts/{cast.account_id}/conversations?view=all", headers=FRAGMENT)
    assert len(listed) < 16, listed


def test_an_inbox_one_may_not_see_is_an_empty_list(visitor: FlaskClient, cast: Cast) -> None:
    with transaction(cast.account_id):
        hidden = an_inbox(cast.account_id, "Board room")
    page = visitor.get(f"/accounts/{cast.account_id}/conversations?inbox={hidden.id}").text
    assert "Board room" not in page
    assert 'id="row-' not in page
