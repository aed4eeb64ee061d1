"""Programs merge contacts, reach them in other inboxes and delete them, in the names of the contract."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Contact, ContactInbox, Conversation, Merge
from app.realtime import signals
from tests.cast import Cast, a_contact, a_conversation, an_inbox
from tests.programs import Program


@pytest.fixture
def dana(cast: Cast) -> Contact:
    with transaction(cast.account_id):
        return a_contact(cast.account_id, "Dana", email="dana@x.example", custom_attributes={"plan": "gold", "old": 1})


def test_two_contacts_become_one(bobs: Program, cast: Cast, dana: Contact) -> None:
    with transaction(cast.account_id):
        visitor = a_contact(cast.account_id, "", phone_number="+4930123456")
        a_conversation(cast, contact=visitor)
    answer = bobs.post("/actions/contact_merge", json={"base_contact_id": dana.id, "mergee_contact_id": visitor.id})
    assert answer.status_code == 200
    assert (answer.json["id"], answer.json["phone_number"]) == (dana.id, "+4930123456")
    assert bobs.get(f"/contacts/{visitor.id}").status_code == 404
    assert len(bobs.get(f"/contacts/{dana.id}/conversations").json["payload"]) == 1
    with transaction(cast.account_id):
        assert db.session.scalars(select(Merge.why)).all() == ["by_hand"]


def test_what_cannot_be_merged_is_refused(bobs: Program, charlies: Program, cast: Cast, dana: Contact) -> None:
    pair = {"base_contact_id": dana.id, "mergee_contact_id": dana.id}
    assert bobs.post("/actions/contact_merge", json=pair).status_code == 400
    assert bobs.post("/actions/contact_merge", json={**pair, "mergee_contact_id": 999}).status_code == 404
    assert bobs.post("/actions/contact_merge", json={"base_contact_id": dana.id}).status_code == 422
    assert charlies.post("/actions/contact_merge", json=pair).status_code == 404


def test_only_administrators_delete_and_nobody_who_is_online(
    alices: Program, bobs: Program, cast: Cast, dana: Contact
) -> None:
    with transaction(cast.account_id):
        conversation = a_conversation(cast, contact=db.session.get_one(Contact, (cast.account_id, dana.id)))
        signals.visitor_is_here(conversation.contact_inbox)
    assert bobs.send("DELETE", f"/contacts/{dana.id}").status_code == 401
    assert alices.send("DELETE", f"/contacts/{dana.id}").status_code == 422
    with transaction(cast.account_id):
        signals.visitor_has_left(db.session.scalars(select(ContactInbox)).one())
    assert alices.send("DELETE", f"/contacts/{dana.id}").status_code == 200
    for answer in (alices.get(f"/contacts/{dana.id}"), alices.send("DELETE", f"/contacts/{dana.id}")):
        assert answer.status_code == 404
    assert alices.get("/contacts").json["payload"] == []


def test_attributes_are_forgotten(bobs: Program, cast: Cast, dana: Contact) -> None:
    answer = bobs.post(f"/contacts/{dana.id}/destroy_custom_attributes", json={"custom_attributes": ["old", "never"]})
    assert answer.json["payload"]["custom_attributes"] == {"plan": "gold"}


def test_the_picture_is_taken_away(bobs: Program, cast: Cast, dana: Contact) -> None:
    with transaction(cast.account_id):
        db.session.get_one(Contact, (cast.account_id, dana.id)).avatar_key = "some-key"
    assert bobs.send("DELETE", f"/contacts/{dana.id}/avatar").json["payload"]["thumbnail"] == ""
    assert bobs.send("DELETE", f"/contacts/{dana.id}/avatar").status_code == 200


def test_inboxes_that_reach_the_contact_are_listed(alices: Program, bobs: Program, cast: Cast, dana: Contact) -> None:
    with transaction(cast.account_id):
        mail = an_inbox(cast.account_id, "Mail")
        mail.channel = "email"
        an_inbox(cast.account_id, "Texts").channel = "twilio_sms"
    found = alices.get(f"/contacts/{dana.id}/contactable_inboxes").json["payload"]
    assert [(each["source_id"], each["inbox"]["name"]) for each in found] == [("dana@x.example", "Mail")]
    assert bobs.get(f"/contacts/{dana.id}/contactable_inboxes").json["payload"] == []


def test_a_session_in_an_inbox_is_begun(alices: Program, bobs: Program, cast: Cast, dana: Contact) -> None:
    with transaction(cast.account_id):
        api = an_inbox(cast.account_id, "Programs")
        api.channel = "api"
    path = f"/contacts/{dana.id}/contact_inboxes"
    answer = alices.post(path, json={"inbox_id": api.id, "source_id": "dana-7"})
    assert (answer.json["source_id"], answer.json["inbox"]["id"]) == ("dana-7", api.id)
    assert alices.post(path, json={"inbox_id": api.id}).status_code == 200
    assert alices.post(path, json={"inbox_id": api.id, "source_id": "dana-7"}).status_code == 422
    assert alices.post(path, json={"inbox_id": cast.other_inbox_id}).status_code == 404
    assert bobs.post(path, json={"inbox_id": api.id}).status_code == 404
    with transaction(cast.account_id):
        assert len(db.session.scalars(select(ContactInbox)).all()) == 2
        assert db.session.scalars(select(Conversation)).all() == []
