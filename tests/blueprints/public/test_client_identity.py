"""Who calls is proven where the inbox demands it, on every path that names someone."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Contact, ContactInbox
from tests.blueprints.public.conftest import Client, MakeClient, proof
from tests.cast import Cast


@pytest.fixture
def strict(a_client: MakeClient) -> Client:
    return a_client(hmac_mandatory=True)


@pytest.mark.parametrize(
    "claim", [{}, {"identifier_hash": ""}, {"identifier_hash": "0" * 64}, {"identifier_hash": "ü"}]
)
def test_a_name_without_its_proof_is_refused(strict: Client, claim: dict[str, str]) -> None:
    for answer in (
        strict.post("/contacts", json={"identifier": "dana-1", **claim}),
        strict.patch(strict.contact(), json={"identifier": "dana-1", **claim}),
    ):
        assert answer.status_code == 401
        assert "HMAC failed" in answer.json["error"]


def test_a_wrong_proof_is_refused_also_where_none_is_demanded(dana: Client, cast: Cast) -> None:
    for said in ({"identifier": "dana-1", "identifier_hash": proof("dana-2")}, {"identifier_hash": proof("dana-1")}):
        assert dana.post("/contacts", json=said).status_code == 401
    with transaction(cast.account_id):
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 0


def test_the_proven_come_back_to_their_session_and_read_all_that_they_said(strict: Client, cast: Cast) -> None:
    said = {"identifier": "dana-1", "identifier_hash": proof("dana-1"), "name": "Dana"}
    first = strict.contact(**said)
    strict.post(f"{strict.conversation(first)}/messages", json={"content": "One"})
    assert strict.contact(**said) == first
    other = strict.contact()
    talk = strict.conversation(other)
    strict.post(f"{talk}/messages", json={"content": "Two"})
    assert [each["id"] for each in strict.get(f"{other}/conversations").json] == [2]
    assert strict.patch(other, json=said).json["name"] == "Dana"
    assert {each["id"] for each in strict.get(f"{other}/conversations").json} == {1, 2}
    assert {each["id"] for each in strict.get(f"{first}/conversations").json} == {1, 2}
    with transaction(cast.account_id):
        assert db.session.scalars(select(Contact.identifier)).all() == ["dana-1"]
        assert db.session.scalars(select(ContactInbox.hmac_verified)).all() == [True, True]


def test_a_session_never_becomes_somebody_elses(dana: Client) -> None:
    contact = dana.contact(identifier="dana-1", name="Dana")
    refused = dana.patch(contact, json={"identifier": "erin-1"})
    assert refused.status_code == 422
    assert refused.json["attributes"] == ["identifier"]
    assert dana.patch(contact, json={"identifier": "dana-1", "name": "Dana S."}).json["name"] == "Dana S."


def test_an_unproven_claim_reads_nothing_that_others_said(dana: Client) -> None:
    first = dana.contact(identifier="dana-1")
    talk = dana.conversation(first)
    dana.post(f"{talk}/messages", json={"content": "My address is …"})
    claimed = dana.contact(identifier="dana-1")
    assert claimed != first
    assert dana.get(f"{claimed}/conversations").json == []
    assert dana.get(talk.replace(first, claimed)).status_code == 404
