"""Contacts over REST."""

from __future__ import annotations

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Contact, Conversation, Event
from tests.cast import Cast, a_contact, a_conversation, a_session, an_inbox
from tests.programs import Program


def test_a_contact_is_made_with_a_session(alices: Program, cast: Cast) -> None:
    sent = {
        "inbox_id": cast.inbox_id,
        "name": " Dana  Ruiz ",
        "email": "Dana@Shop.Example",
        "phone_number": "+49 30 123456",
    }
    made = alices.post("/contacts", json={**sent, "custom_attributes": {"plan": "club"}, "source_id": "own-7"})
    assert made.status_code == 200
    contact = made.json["payload"][0]
    assert (contact["name"], contact["email"], contact["phone_number"]) == (
        "Dana Ruiz",
        "dana@shop.example",
        "+4930123456",
    )
    assert made.json["id"] == contact["id"]
    assert contact["contact_inboxes"][0]["source_id"] == "own-7"
    with transaction(cast.account_id):
        assert db.session.get_one(Contact, (cast.account_id, contact["id"])).contact_type == "lead"
        assert [event.name for event in db.session.query(Event)] == ["contact.created"]


def test_a_clash_says_with_whom_and_makes_nobody(alices: Program, cast: Cast) -> None:
    with transaction(cast.account_id):
        a_contact(cast.account_id, "Dana", email="dana@shop.example", identifier="u1", phone_number="+4930123456")
    for field, value in (("email", "DANA@shop.example"), ("identifier", "u1"), ("phone_number", "+49 30 12 34 56")):
        refused = alices.post("/contacts", json={"name": "Another", field: value})
        assert (refused.status_code, refused.json["attributes"]) == (422, [field])
        assert "Dana" in refused.json["message"]
    with transaction(cast.account_id):
        assert db.session.query(Contact).count() == 1


def test_what_cannot_be_kept_is_named(alices: Program, cast: Cast) -> None:
    for sent in (
        {"email": "nonsense"},
        {"phone_number": "12"},
        {"name": "x" * 256},
        {"custom_attributes": {"a": "x" * 1501}},
        {"custom_attributes": {"a": 10**30}},
        {"custom_attributes": {"": "x"}},
        {"custom_attributes": {str(number): "x" * 1000 for number in range(40)}},
        {"additional_attributes": ["a"]},
        {"blocked": "perhaps"},
        {"name": {"first": "Dana"}},
    ):
        refused = alices.post("/contacts", json=sent)
        assert (refused.status_code, refused.json["attributes"]) == (422, list(sent)), sent
    with transaction(cast.account_id):
        assert db.session.query(Contact).count() == 0


def test_an_update_merges_attributes_and_leaves_the_rest(alices: Program, cast: Cast) -> None:
    with transaction(cast.account_id):
        dana = a_contact(
            cast.account_id, email="d@x.example", custom_attributes={"plan": "club", "bike": {"size": "M"}}
        )
    sent = {"name": "Dana R", "custom_attributes": {"bike": {"colour": "red"}}, "blocked": True}
    changed = alices.put(f"/contacts/{dana.id}", json=sent).json["payload"]
    assert (changed["name"], changed["email"], changed["blocked"]) == ("Dana R", "d@x.example", True)
    assert changed["custom_attributes"] == {"plan": "club", "bike": {"size": "M", "colour": "red"}}
    assert alices.put(f"/contacts/{dana.id}", json={"email": ""}).json["payload"]["email"] is None
    assert alices.put(f"/contacts/{dana.id}", json={"blocked": False}).json["payload"]["blocked"] is False


def test_the_list_holds_whom_one_can_reach(alices: Program, cast: Cast) -> None:
    with transaction(cast.account_id):
        a_contact(cast.account_id, "Passing by")
        for number in range(16):
            a_contact(cast.account_id, f"Person {number:02}", email=f"p{number}@x.example")
    first, second = alices.get("/contacts").json, alices.get("/contacts?page=2").json
    assert first["meta"] == {"count": 16, "current_page": 1}
    assert [contact["name"] for contact in first["payload"]] == [f"Person {number:02}" for number in range(15)]
    assert (second["meta"]["current_page"], [c["name"] for c in second["payload"]]) == (2, ["Person 15"])
    assert alices.get("/contacts?sort=-name").json["payload"][0]["name"] == "Person 15"
    for sort in ("-last_activity_at", "created_at", "company_name", "-city", "';drop table contacts"):
        assert len(alices.get("/contacts", query_string={"sort": sort}).json["payload"]) == 15


def test_searching(alices: Program, cast: Cast) -> None:
    with transaction(cast.account_id):
        a_contact(cast.account_id, "Dana Ruiz", email="dana.ruiz@shop.example", phone_number="+4930123456")
        a_contact(
            cast.account_id, "José Peña", email="jose@x.example", additional_attributes={"company_name": "Fernway"}
        )
        a_contact(cast.account_id, "account", email="account1@x.example")

    def found(words: str) -> list[str]:
        answer = alices.get("/contacts/search", query_string={"q": words})
        assert answer.status_code == 200
        return [contact["name"] for contact in answer.json["payload"]]

    assert found("dan ru") == found("DANA.RUIZ@shop") == found("+49 30 1234") == found("ruiz") == ["Dana Ruiz"]
    assert found("jose pena") == found("ferNw") == ["José Peña"]
    assert found("account") == ["account"]
    for words in ("'; drop table contacts --", ":* & | !", "\\", "@1", "%", "👋🏽", "x" * 400):
        assert found(words) == []
    assert alices.get("/contacts/search").status_code == 422


def test_an_agent_sees_only_their_inboxes_in_a_contact(bobs: Program, alices: Program, cast: Cast) -> None:
    with transaction(cast.account_id):
        dana = a_contact(cast.account_id, email="d@x.example")
        closed = an_inbox(cast.account_id, "Back office")
        hidden = Conversation.start(a_session(dana, closed.id))
        shown = a_conversation(cast, contact=dana)
    assert [s["inbox"]["id"] for s in bobs.get(f"/contacts/{dana.id}").json["payload"]["contact_inboxes"]] == [
        cast.inbox_id
    ]
    own = bobs.get(f"/contacts/{dana.id}/conversations").json["payload"]
    assert [conversation["id"] for conversation in own] == [shown.display_id]
    everything = alices.get(f"/contacts/{dana.id}/conversations").json["payload"]
    assert {conversation["id"] for conversation in everything} == {shown.display_id, hidden.display_id}
    refused = bobs.post("/contacts", json={"name": "Eve", "inbox_id": closed.id})
    assert refused.status_code == 404
