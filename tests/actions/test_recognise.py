"""Who someone is, is found by what is known of them; nobody is taken for another on their word alone."""

from __future__ import annotations

import pytest

from app.actions.recognise import find_person
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models.contact import Contact
from app.models.provable import Proof
from tests.cast import Cast, a_contact, a_session


def proven(contact: Contact, field: str, proof: Proof) -> Contact:
    contact.prove(field, proof)
    db.session.flush()
    return contact


def test_an_identifier_comes_before_an_address_and_an_address_before_a_number(cast: Cast) -> None:
    with transaction(cast.account_id):
        by_identifier = a_contact(cast.account_id, identifier="dana-1")
        by_email = a_contact(cast.account_id, email="dana@example.com")
        by_phone = a_contact(cast.account_id, phone_number="+3225551234")
        said = {"email": "dana@example.com", "phone": "+3225551234"}
        assert find_person(cast.account_id, identifier="dana-1", **said) is by_identifier
        assert find_person(cast.account_id, **said) is by_email
        assert find_person(cast.account_id, phone="+3225551234") is by_phone
        assert find_person(cast.account_id, email="nobody@example.com") is find_person(cast.account_id) is None


@pytest.mark.parametrize(
    ("held", "typed", "mailed"),
    [(None, True, True), (Proof.ENTERED, True, True), (Proof.MAIL, False, True), (Proof.VERIFIED, False, True)],
)
def test_what_is_typed_finds_nobody_who_has_proven_it(
    cast: Cast, held: Proof | None, typed: bool, mailed: bool
) -> None:
    with transaction(cast.account_id):
        dana = a_contact(cast.account_id, email="dana@example.com")
        if held:
            proven(dana, "email", held)
        assert (find_person(cast.account_id, email="dana@example.com") is dana) is typed
        assert (find_person(cast.account_id, email="dana@example.com", proof=Proof.MAIL) is dana) is mailed


def test_who_was_verified_is_found_by_proof_alone(cast: Cast) -> None:
    with transaction(cast.account_id):
        dana = a_contact(cast.account_id, phone_number="+3225551234")
        a_session(dana, cast.inbox_id).hmac_verified = True
        assert find_person(cast.account_id, phone="+3225551234") is None
        assert find_person(cast.account_id, phone="+3225551234", proof=Proof.VERIFIED) is dana


def test_nobody_is_found_who_has_another_identifier(cast: Cast) -> None:
    with transaction(cast.account_id):
        a_contact(cast.account_id, email="shared@example.com", identifier="erin-2")
        for proof in Proof:
            assert find_person(cast.account_id, identifier="d-1", email="shared@example.com", proof=proof) is None


def test_nobody_is_found_by_their_number_whose_address_is_another(cast: Cast) -> None:
    with transaction(cast.account_id):
        erin = a_contact(cast.account_id, email="erin@example.com", phone_number="+3225551234")
        assert find_person(cast.account_id, email="dana@example.com", phone="+3225551234") is None
        assert find_person(cast.account_id, phone="+3225551234") is erin


def test_other_accounts_are_not_looked_into(cast: Cast) -> None:
    with transaction(cast.other_account_id):
        a_contact(cast.other_account_id, email="dana@example.com")
    with transaction(cast.account_id):
        assert find_person(cast.account_id, email="dana@example.com") is None
        assert find_person(cast.other_account_id, email="dana@example.com") is None


def test_a_proof_is_of_the_value_it_was_noted_for_and_never_weakens(cast: Cast) -> None:
    with transaction(cast.account_id):
        dana = a_contact(cast.account_id, email="dana@example.com")
        for proof in (Proof.TYPED, Proof.MAIL, Proof.ENTERED):
            dana.prove("email", proof)
        assert dana.proof_of("email") is Proof.MAIL
        assert not dana.may_replace("email", Proof.ENTERED)
        dana.email = "other@example.com"
        assert dana.proof_of("email") is Proof.TYPED
        assert dana.may_replace("email", Proof.TYPED)
