"""Conversations over REST: the list with its filters and counts, and what is done to one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.ledger.transaction import transaction
from app.lib import clock
from app.lib.database import db
from app.models import Contact, ContactInbox, Conversation, Membership
from tests.cast import Cast, a_contact, a_conversation, a_session, alice, an_inbox, bob
from tests.programs import Program


def listed(program: Program, query: str = "") -> list[int]:
    answer = program.get(f"/conversations{query}")
    assert answer.status_code == 200, answer.text
    return [conversation["id"] for conversation in answer.json["data"]["payload"]]


@pytest.fixture
def several(cast: Cast) -> None:
    """1 open and Bob's, 2 open and nobody's, 3 resolved, 4 open in an inbox that Bob is not in, Alice's."""
    with transaction(cast.account_id):
        a_conversation(cast, "Is the Ridge back?").assign(bob(cast), by=alice(cast).actor)
        a_conversation(cast, "Where is my parcel?").prioritize("urgent", by=alice(cast).actor)
        a_conversation(cast, "My invoice, please").resolve(by=alice(cast).actor)
        closed = an_inbox(cast.account_id, "Back office")
        talk = Conversation.start(a_session(a_contact(cast.account_id, "Noor"), closed.id))
        talk.assign(alice(cast), by=alice(cast).actor)


def test_the_list_holds_what_the_tokens_owner_may_see(several: None, alices: Program, bobs: Program) -> None:
    assert listed(alices) == [4, 2, 1]
    assert listed(bobs) == [2, 1]


def test_filters_narrow_the_list(several: None, alices: Program, bobs: Program, cast: Cast) -> None:
    assert listed(alices, "?assignee_type=me") == [4]
    assert listed(alices, "?assignee_type=unassigned") == [2]
    assert listed(alices, "?assignee_type=assigned") == [4, 1]
    assert listed(alices, "?status=resolved") == [3]
    assert listed(alices, "?status=all&sort_by=created_at_asc") == [1, 2, 3, 4]
    assert listed(alices, f"?inbox_id={cast.inbox_id}") == [2, 1]
    assert listed(alices, "?q=invoice") == [3]
    assert listed(bobs, "?q=parc") == [2]
    assert listed(alices, "?labels[]=vip") == []
    assert listed(alices, "?team_id=3") == []
    assert listed(alices, "?page=2") == []
    assert listed(alices, "?sort_by=priority_desc")[0] == 2
    assert listed(alices, "?sort_by=nonsense%00") == [4, 2, 1]
    assert listed(alices, "?conversation_type=mention") == []
    assert listed(alices, "?updated_within=60&page=9") == [4, 2, 1]


def test_counts_are_of_what_fits_whoever_has_it(several: None, alices: Program, bobs: Program) -> None:
    counted = {"mine_count": 1, "assigned_count": 2, "unassigned_count": 1, "all_count": 3}
    assert alices.get("/conversations?assignee_type=me").json["data"]["meta"] == counted
    assert alices.get("/conversations/meta").json == {"meta": counted}
    counted = {"mine_count": 1, "assigned_count": 1, "unassigned_count": 1, "all_count": 2}
    assert bobs.get("/conversations/meta").json["meta"] == counted


def test_a_page_holds_25(alices: Program, cast: Cast) -> None:
    with transaction(cast.account_id):
        dana = a_contact(cast.account_id)
        for _ in range(27):
            Conversation.start(a_session(dana, cast.inbox_id))
    assert (len(listed(alices)), len(listed(alices, "?page=2"))) == (25, 2)


def test_the_list_asks_the_database_the_same_few_times_however_long_it_is(
    alices: Program, cast: Cast, statements: list[str]
) -> None:
    def asked() -> int:
        statements.clear()
        listed(alices)
        return len(statements)

    with transaction(cast.account_id):
        a_conversation(cast)
    asked()
    one = asked()
    with transaction(cast.account_id):
        for number in range(12):
            a_conversation(cast, contact=a_contact(cast.account_id, f"Person {number}"))
    assert asked() == one


def test_toggling_turns_open_to_resolved_and_back(conversation: Conversation, alices: Program) -> None:
    states = [alices.post("/conversations/1/toggle_status", json={}).json["payload"] for _ in range(2)]
    assert [state["current_status"] for state in states] == ["resolved", "open"]
    assert states[0]["success"] is True
    assert alices.get("/conversations/1").json["meta"].get("assignee") is None


def test_an_agent_who_opens_a_conversation_takes_it(several: None, bobs: Program, cast: Cast) -> None:
    bobs.post("/conversations/3/toggle_status", json={"status": "open"})
    assert bobs.get("/conversations/3").json["meta"]["assignee"]["id"] == cast.bob_id


def test_snoozing_takes_an_hour_or_none(conversation: Conversation, alices: Program) -> None:
    until = int((clock.now() + timedelta(hours=2)).timestamp())
    asleep = alices.post("/conversations/1/toggle_status", json={"status": "snoozed", "snoozed_until": until})
    assert asleep.json["payload"]["snoozed_until"] == until
    assert (
        alices.post("/conversations/1/toggle_status", json={"status": "snoozed"}).json["payload"]["snoozed_until"]
        is None
    )
    for wrong in (1, 10**18, -(10**18), "soon"):
        refused = alices.post("/conversations/1/toggle_status", json={"status": "snoozed", "snoozed_until": wrong})
        assert (refused.status_code, refused.json["attributes"]) == (422, ["snoozed_until"])


def test_priority_is_set_and_taken_away(conversation: Conversation, alices: Program) -> None:
    for sent, told in (("urgent", "urgent"), ("none", None), ("low", "low"), (None, None)):
        assert alices.post("/conversations/1/toggle_priority", json={"priority": sent}).status_code == 200
        assert alices.get("/conversations/1").json["priority"] == told
    assert alices.post("/conversations/1/toggle_priority", json={"priority": "huge"}).status_code == 422


def test_assigning(several: None, alices: Program, cast: Cast) -> None:
    def assign(number: int, user_id: object) -> tuple[int, object]:
        answer = alices.post(f"/conversations/{number}/assignments", json={"assignee_id": user_id})
        return answer.status_code, (answer.json or {}).get("id")

    assert assign(2, cast.bob_id) == (200, cast.bob_id)
    assert assign(2, 0) == (200, None)
    assert assign(4, cast.bob_id)[0] == 422
    assert assign(2, cast.charlie_id)[0] == 404
    assert assign(2, 2**62)[0] == 404
    assert alices.post("/conversations/2/assignments", json={"team_id": 1}).status_code == 404
    with transaction(cast.account_id):
        assert db.session.query(Conversation).filter_by(display_id=2).one().assignee_id is None


def test_one_who_left_is_assigned_nothing(conversation: Conversation, alices: Program, cast: Cast) -> None:
    with transaction(cast.account_id):
        db.session.get_one(Membership, (cast.account_id, cast.bob_id)).deactivated_at = clock.now()
    assert alices.post("/conversations/1/assignments", json={"assignee_id": cast.bob_id}).status_code == 404


def test_seen_and_unseen(conversation: Conversation, bobs: Program) -> None:
    assert bobs.get("/conversations/1").json["unread_count"] == 1
    assert bobs.post("/conversations/1/update_last_seen").json["unread_count"] == 0
    assert bobs.post("/conversations/1/unread").json["unread_count"] == 1


def test_beginning_to_talk(bobs: Program, cast: Cast) -> None:
    with transaction(cast.account_id):
        session = a_session(a_contact(cast.account_id), cast.inbox_id)
    sent = {"source_id": session.source_id, "inbox_id": cast.inbox_id, "message": {"content": "Your bike is ready."}}
    begun = bobs.post("/conversations", json={**sent, "assignee_id": cast.bob_id, "custom_attributes": {"order": "7"}})
    assert begun.status_code == 200
    assert begun.json["messages"][0]["content"] == "Your bike is ready."
    assert (begun.json["meta"]["assignee"]["id"], begun.json["custom_attributes"]) == (cast.bob_id, {"order": "7"})


def test_a_conversation_needs_someone_to_talk_to(bobs: Program, cast: Cast) -> None:
    with transaction(cast.account_id):
        stranger = a_contact(cast.account_id)
        closed = an_inbox(cast.account_id, "Back office")
        elsewhere = a_session(a_contact(cast.account_id, "Noor"), closed.id)
    for sent, status in (
        ({}, 422),
        ({"inbox_id": cast.inbox_id}, 422),
        ({"inbox_id": cast.inbox_id, "contact_id": stranger.id}, 422),
        ({"inbox_id": closed.id, "contact_id": elsewhere.contact_id}, 404),
        ({"source_id": elsewhere.source_id}, 404),
        ({"inbox_id": cast.other_inbox_id, "contact_id": stranger.id}, 404),
    ):
        assert bobs.post("/conversations", json=sent).status_code == status, sent
    with transaction(cast.account_id):
        assert db.session.query(Conversation).count() == 0
        assert (db.session.query(Contact).count(), db.session.query(ContactInbox).count()) == (2, 1)
