"""A website names its visitor: proven wherever a proof is demanded or given, and never mistaken for somebody else."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.actions.unmerge import unmerge
from app.ledger.transaction import transaction
from app.lib import crypto
from app.lib.database import db
from app.models import Contact, ContactInbox, Conversation, Merge, Message
from app.models.provable import Proof
from tests.blueprints.widget.test_widget_doors import SECRET, Visitor, counted, set_inbox
from tests.cast import Cast, a_contact, a_conversation, alice


@pytest.fixture
def dana(client: FlaskClient, cast: Cast) -> Visitor:
    set_inbox(cast, credentials={"hmac_secret": SECRET})
    return Visitor(client, cast)


def named(visitor: Visitor, path: str = "contact/set_user", **person: Any) -> Any:
    answer = visitor.ask("patch", path, json=person)
    if answer.status_code == 200 and (token := answer.get_json().get("token")):
        visitor.token = token
    return answer


def contacts(cast: Cast) -> list[Contact]:
    with transaction(cast.account_id):
        return list(db.session.scalars(select(Contact).order_by(Contact.id)))


def proof(identifier: str) -> str:
    return crypto.hmac_hex(SECRET, identifier)


def test_a_name_makes_a_contact_without_a_message(dana: Visitor, cast: Cast) -> None:
    assert named(dana, identifier="dana-1", name="Dana", email="Dana@Example.com").status_code == 200
    [contact] = contacts(cast)
    assert (contact.identifier, contact.name, contact.email) == ("dana-1", "Dana", "dana@example.com")


@pytest.mark.parametrize("path", ["contact/set_user", "contact"])
@pytest.mark.parametrize("hash", [None, "", "0" * 64, "ß"])
def test_where_proof_is_demanded_no_path_names_an_identity_without_it(
    dana: Visitor, cast: Cast, path: str, hash: str | None
) -> None:
    set_inbox(cast, channel_settings={"hmac_mandatory": True})
    answer = named(dana, path, identifier="dana-1", identifier_hash=hash, name="Dana")
    assert answer.status_code == 401
    assert answer.get_json()["error"].startswith("HMAC failed")
    assert [contact.identifier for contact in contacts(cast)] in ([], [None])
    assert named(dana, path, identifier="dana-1", identifier_hash=proof("dana-1"), name="Dana").status_code == 200


@pytest.mark.parametrize("path", ["contact/set_user", "contact"])
def test_a_proof_that_is_given_must_be_right_though_none_is_demanded(dana: Visitor, path: str) -> None:
    assert named(dana, path, identifier="dana-1", identifier_hash=proof("someone else"), name="Dana").status_code == 401
    assert named(dana, path, identifier="", identifier_hash=proof(""), name="Dana").status_code in (401, 422)
    assert named(dana, path, identifier="dana-1", identifier_hash=proof("dana-1"), name="Dana").status_code == 200


def test_a_failed_proof_leaves_nothing_behind(dana: Visitor, cast: Cast) -> None:
    named(dana, identifier="dana-1", identifier_hash="wrong", name="Dana")
    assert counted(cast, Contact) == counted(cast, ContactInbox) == 0


def test_somebody_else_on_the_same_browser_begins_anew(dana: Visitor, cast: Cast) -> None:
    named(dana, identifier="dana-1", name="Dana")
    dana.say("My order is late")
    before = dana.token
    answer = named(dana, identifier="erin-2", name="Erin")
    assert answer.get_json()["token"] != before
    assert dana.ask("get", "messages").get_json()["html"] == ""
    assert [contact.identifier for contact in contacts(cast)] == ["dana-1", "erin-2"]
    assert "My order is late" in dana.ask("get", "messages", token=before).get_json()["html"]


def test_naming_the_same_person_again_changes_nothing(dana: Visitor, cast: Cast) -> None:
    named(dana, identifier="dana-1", name="Dana")
    answer = named(dana, identifier="dana-1", name="Dana")
    assert "token" not in answer.get_json()
    assert len(contacts(cast)) == 1


def test_a_visitor_is_joined_with_the_contact_of_that_address_and_keeps_the_conversation(
    dana: Visitor, cast: Cast
) -> None:
    with transaction(cast.account_id):
        known = a_contact(cast.account_id, "Dana Novak", email="dana@example.com", custom_attributes={"plan": "gold"})
    dana.say("Hello")
    assert named(dana, "contact", email="dana@example.com", custom_attributes={"city": "Ghent"}).status_code == 200
    [contact] = contacts(cast)
    assert contact.id == known.id
    assert contact.name == "Dana Novak"
    assert contact.custom_attributes == {"plan": "gold", "city": "Ghent"}
    with transaction(cast.account_id):
        assert set(db.session.scalars(select(Conversation.contact_id))) == {known.id}
        assert set(db.session.scalars(select(Message.sender_contact_id))) == {known.id}
    assert "Hello" in dana.ask("get", "messages").get_json()["html"]


def test_nobody_is_joined_with_a_contact_of_another_identifier(dana: Visitor, cast: Cast) -> None:
    with transaction(cast.account_id):
        a_contact(cast.account_id, "Erin", email="shared@example.com", identifier="erin-2")
    named(dana, identifier="dana-1", name="Dana", email="shared@example.com")
    erin, new = contacts(cast)
    assert (erin.identifier, erin.email) == ("erin-2", "shared@example.com")
    assert (new.identifier, new.email) == ("dana-1", None)


def test_a_number_joins_nobody_whose_address_differs(dana: Visitor, cast: Cast) -> None:
    with transaction(cast.account_id):
        a_contact(cast.account_id, "Erin", email="erin@example.com", phone_number="+3225551234")
    named(dana, "contact", name="Dana", email="dana@example.com", phone_number="+3225551234")
    erin, new = contacts(cast)
    assert (erin.email, erin.phone_number) == ("erin@example.com", "+3225551234")
    assert (new.email, new.phone_number) == ("dana@example.com", None)


def test_what_is_no_address_or_number_is_passed_over(dana: Visitor, cast: Cast) -> None:
    assert named(dana, identifier="dana-1", name="Dana", email="not an address", phone_number="12").status_code == 200
    [contact] = contacts(cast)
    assert (contact.email, contact.phone_number, contact.name) == (None, None, "Dana")


def test_who_was_proven_is_joined_by_proof_alone(dana: Visitor, cast: Cast, client: FlaskClient) -> None:
    named(dana, identifier="dana-1", identifier_hash=proof("dana-1"), name="Dana", email="dana@example.com")
    mallory = Visitor(client, cast)
    mallory.say("Hello")
    named(mallory, "contact", email="dana@example.com")
    named(mallory, identifier="dana-1", name="Dana")
    assert len(contacts(cast)) == 2
    assert [contact.identifier for contact in contacts(cast)] == ["dana-1", None]


def test_someone_proven_goes_on_where_they_were_on_another_device(
    dana: Visitor, cast: Cast, client: FlaskClient
) -> None:
    named(dana, identifier="dana-1", identifier_hash=proof("dana-1"), name="Dana")
    dana.say("From my phone")
    laptop = Visitor(client, cast)
    named(laptop, identifier="dana-1", identifier_hash=proof("dana-1"), name="Dana")
    assert "From my phone" in laptop.ask("get", "messages").get_json()["html"]


def test_what_is_known_of_a_person_is_not_told_to_who_claims_to_be_them(dana: Visitor, cast: Cast) -> None:
    with transaction(cast.account_id):
        a_contact(cast.account_id, "Dana Novak", email="dana@example.com", phone_number="+3225551234")
    answer = named(dana, "contact", email="dana@example.com")
    assert "Novak" not in answer.text
    assert "555" not in answer.text
    assert answer.get_json()["contact"]["has_phone_number"] is True


def test_another_accounts_contacts_are_never_found(dana: Visitor, cast: Cast) -> None:
    with transaction(cast.other_account_id):
        a_contact(cast.other_account_id, "Dana", email="dana@example.com", identifier="dana-1")
    named(dana, identifier="dana-1", name="Dana", email="dana@example.com")
    assert len(contacts(cast)) == 1
    with transaction(cast.other_account_id):
        assert len(db.session.scalars(select(Contact)).all()) == 1


def test_attributes_are_set_merged_and_forgotten(dana: Visitor, cast: Cast) -> None:
    dana.say("Hello")
    named(dana, "contact", custom_attributes={"plan": {"name": "gold", "seats": 3}, "old": 1})
    named(dana, "contact", custom_attributes={"plan": {"seats": 4}})
    dana.ask("post", "contact/destroy_custom_attributes", json={"custom_attributes": ["old"]})
    assert contacts(cast)[0].custom_attributes == {"plan": {"name": "gold", "seats": 4}}
    dana.ask("post", "conversations/set_custom_attributes", json={"custom_attributes": {"order": 4821}})
    assert dana.conversation.custom_attributes == {"order": 4821}
    dana.ask("post", "conversations/destroy_custom_attributes", json={"custom_attributes": ["order"]})
    assert dana.conversation.custom_attributes == {}


def test_attributes_alone_make_no_contact(dana: Visitor, cast: Cast) -> None:
    assert named(dana, "contact", custom_attributes={"plan": "gold"}).status_code == 404
    assert counted(cast, Contact) == 0


@pytest.mark.parametrize(
    "person",
    [
        {},
        {"identifier": {"a": 1}, "name": "Dana"},
        {"identifier": "x" * 256, "name": "Dana"},
        {"identifier": "dana-1", "custom_attributes": [1]},
        {"identifier": "dana-1", "custom_attributes": {"x": "y" * 40_000}},
        {"identifier": True, "name": "Dana"},
    ],
)
def test_what_names_nobody_is_refused(dana: Visitor, cast: Cast, person: dict[str, Any]) -> None:
    answer = named(dana, **person)
    assert answer.status_code == 422, answer.text
    assert [contact.identifier for contact in contacts(cast)] in ([], [None])


def test_numbers_are_taken_for_ids(dana: Visitor, cast: Cast) -> None:
    assert named(dana, identifier=42, name="Dana").status_code == 200
    assert contacts(cast)[0].identifier == "42"


def known_person(cast: Cast, held: Proof, **values: Any) -> Contact:
    """Somebody with a history on the desk, whose address is proven."""
    with transaction(cast.account_id):
        contact = a_contact(cast.account_id, "Dana Novak", **values)
        for field in values:
            contact.prove(field, held)
        a_conversation(cast, "My card ends in 4242", contact=contact)
        return contact


@pytest.mark.parametrize("held", [Proof.MAIL, Proof.VERIFIED])
@pytest.mark.parametrize(
    "typed", [{"email": "dana@example.com"}, {"phone_number": "+3225551234"}, {"identifier": "dana-1"}]
)
def test_what_is_typed_pulls_nobody_into_the_history_of_who_has_proven_it(
    dana: Visitor, cast: Cast, held: Proof, typed: dict[str, str]
) -> None:
    known_person(cast, held, email="dana@example.com", phone_number="+3225551234", identifier="dana-1")
    dana.say("Hello, I am Dana")
    answer = named(dana, "contact", name="Mallory", custom_attributes={"plan": "stolen"}, **typed)
    assert answer.status_code == 200
    assert "Novak" not in answer.text
    real, stranger = contacts(cast)
    assert (real.name, real.email, real.custom_attributes) == ("Dana Novak", "dana@example.com", {})
    assert (stranger.email, stranger.phone_number, stranger.identifier) == (None, None, None)
    assert stranger.claims == typed
    with transaction(cast.account_id):
        talks = select(Conversation.contact_id, Conversation.contact_inbox_id)
        assert len(set(db.session.scalars(talks))) == 2
    assert "4242" not in dana.ask("get", "messages").get_json()["html"]


def test_a_verified_visitor_proves_their_identifier_and_not_the_address_they_type(dana: Visitor, cast: Cast) -> None:
    known_person(cast, Proof.MAIL, email="dana@example.com")
    named(dana, identifier="mallory-9", identifier_hash=proof("mallory-9"), name="M", email="dana@example.com")
    real, mallory = contacts(cast)
    assert (real.email, real.identifier) == ("dana@example.com", None)
    assert (mallory.identifier, mallory.email, mallory.claims) == ("mallory-9", None, {"email": "dana@example.com"})
    assert mallory.proof_of("identifier") is Proof.VERIFIED


def test_an_address_that_is_the_signed_identifier_is_proven_and_joins(dana: Visitor, cast: Cast) -> None:
    known = known_person(cast, Proof.MAIL, email="dana@example.com")
    signed = {"identifier": "Dana@Example.com", "identifier_hash": proof("Dana@Example.com")}
    named(dana, **signed, name="Dana", email="dana@example.com")
    [contact] = contacts(cast)
    assert contact.id == known.id
    assert contact.proof_of("email") is Proof.VERIFIED
    with transaction(cast.account_id):
        assert db.session.scalars(select(Merge.why)).all() == ["verified"]


def test_a_proven_value_is_not_overwritten_by_what_is_typed(dana: Visitor, cast: Cast) -> None:
    dana.say("Hello")
    with transaction(cast.account_id):
        contact = db.session.scalars(select(Contact)).one()
        contact.email = "dana@example.com"
        contact.prove("email", Proof.MAIL)
    named(dana, "contact", email="other@example.com", phone_number="+3225551234")
    [contact] = contacts(cast)
    assert (contact.email, contact.phone_number) == ("dana@example.com", "+3225551234")
    assert contact.claims == {"email": "other@example.com"}


def test_who_is_joined_on_their_word_adds_to_what_is_known_and_changes_none_of_it(dana: Visitor, cast: Cast) -> None:
    with transaction(cast.account_id):
        a_contact(
            cast.account_id,
            "Dana Novak",
            email="dana@example.com",
            phone_number="+3225551234",
            custom_attributes={"plan": "gold"},
        )
    dana.say("Hello")
    typed = {"name": "Mallory", "email": "dana@example.com", "custom_attributes": {"plan": "none", "city": "Ghent"}}
    named(dana, "contact", **typed)
    [contact] = contacts(cast)
    assert (contact.name, contact.phone_number) == ("Dana Novak", "+3225551234")
    assert contact.custom_attributes == {"plan": "gold", "city": "Ghent"}
    with transaction(cast.account_id):
        assert db.session.scalars(select(Merge.why)).all() == ["typed"]


def test_two_who_were_told_apart_are_not_joined_again(dana: Visitor, cast: Cast) -> None:
    with transaction(cast.account_id):
        a_contact(cast.account_id, "Dana Novak", email="dana@example.com")
    dana.say("Hello")
    named(dana, "contact", email="dana@example.com")
    with transaction(cast.account_id):
        unmerge(db.session.scalars(select(Merge)).one(), by=alice(cast).actor)
    named(dana, "contact", email="dana@example.com")
    real, stranger = contacts(cast)
    assert (real.name, stranger.claims) == ("Dana Novak", {"email": "dana@example.com"})
