"""Contacts who may be one person are noticed when one of them changes, at the cost of a few lookups."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text

from app.actions.liken import liken, look_for_likeness
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import SYSTEM, Contact, ContactKey, Event, Suggestion
from app.models.provable import Proof
from tests.cast import Cast, a_contact
from tests.plans import analyze, rows_read


def pair(cast: Cast, one: dict[str, Any], other: dict[str, Any]) -> list[tuple[str, str]]:
    """What is suggested of two contacts, the second of whom came later."""
    with transaction(cast.account_id):
        first, second = (a_contact(cast.account_id, **values) for values in (one, other))
        liken(first)
        liken(second)
        return [(each.reason, each.proof) for each in first.lookalikes]


COMPANY = {"additional_attributes": {"company_name": "Velo Club"}}


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        (
            {"name": "Dana Ruiz", "email": "dana.ruiz@velo.example"},
            {"name": "Dana", "email": "dana.ruiz@gmail.com"},
            "email",
        ),
        (
            {"name": "Dana Ruiz", "email": "druiz@a.example"},
            {"name": "Dána Ruíz", "email": "druiz+shop@b.example"},
            "email",
        ),
        ({"name": "Ana", "phone_number": "+5511987654321"}, {"name": "Ana", "phone_number": "+551187654321"}, "phone"),
        ({"name": "Dana Ruiz", **COMPANY}, {"name": "Ruiz, Dana", **COMPANY}, "name"),
        (
            {"name": "Dana Ruiz", "email": "dana@velo.example"},
            {"name": "Dana Ruiz", "email": "dr@velo.example"},
            "name",
        ),
    ],
)
def test_who_looks_like_one_person_is_suggested(
    cast: Cast, one: dict[str, Any], other: dict[str, Any], reason: str
) -> None:
    assert [found for found, _ in pair(cast, one, other)] == [reason]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "Dana Ruiz", "email": "info@a.example"}, {"name": "Dana Ruiz", "email": "info@b.example"}),
        ({"name": "Dana Ruiz", "email": "dana@gmail.com"}, {"name": "Dana Ruiz", "email": "druiz@gmail.com"}),
        ({"name": "Dana Ruiz", "email": "kim@a.example"}, {"name": "Kim Novak", "email": "kim@b.example"}),
        ({"name": "", "email": "kim@a.example"}, {"name": "", "email": "kim@b.example"}),
        ({"name": "Ana", "phone_number": "+5511987654321"}, {"name": "Ana", "phone_number": "+4987654321"}),
        ({"name": "Dana Ruiz", "identifier": "1", **COMPANY}, {"name": "Dana Ruiz", "identifier": "2", **COMPANY}),
        ({"name": "Dana"}, {"name": "Dana"}),
    ],
)
def test_who_merely_shares_something_common_is_not(cast: Cast, one: dict[str, Any], other: dict[str, Any]) -> None:
    assert pair(cast, one, other) == []


@pytest.mark.parametrize("typed_first", [True, False])
def test_who_types_an_address_that_another_has_proven_is_suggested_with_the_proof(
    cast: Cast, typed_first: bool
) -> None:
    with transaction(cast.account_id):
        dana = a_contact(cast.account_id, "Dana", email="dana@example.com")
        dana.prove("email", Proof.MAIL)
        visitor = a_contact(cast.account_id, "", claims={"email": "dana@example.com"})
        for contact in (visitor, dana) if typed_first else (dana, visitor):
            liken(contact)
        [found] = dana.lookalikes
        assert (found.reason, found.value, found.proof) == ("typed_email", "dana@example.com", "mail")
        assert found.beside(dana.id) is visitor


def test_a_suggestion_ends_when_nothing_speaks_for_it_any_more(cast: Cast) -> None:
    assert pair(cast, {"name": "Dana Ruiz", **COMPANY}, {"name": "Dana Ruiz", **COMPANY})
    with transaction(cast.account_id):
        dana = db.session.get_one(Contact, (cast.account_id, 1))
        dana.edit(by=SYSTEM, name="Erin")
        liken(dana)
        assert dana.lookalikes == []
        assert db.session.scalar(select(Event.name).order_by(Event.id.desc()).limit(1)) == "contact.likened"


def test_who_was_told_apart_stays_so(cast: Cast) -> None:
    assert pair(cast, {"name": "Dana Ruiz", **COMPANY}, {"name": "Dana Ruiz", **COMPANY})
    with transaction(cast.account_id):
        suggestion = db.session.scalars(select(Suggestion)).one()
        suggestion.dismiss(by=SYSTEM)
        dana = db.session.get_one(Contact, (cast.account_id, 1))
        liken(dana)
        assert dana.lookalikes == []


def test_noticing_twice_says_it_once(cast: Cast) -> None:
    pair(cast, {"name": "Dana Ruiz", **COMPANY}, {"name": "Dana Ruiz", **COMPANY})
    with transaction(cast.account_id):
        before = len(db.session.scalars(select(Event)).all())
        for contact in db.session.scalars(select(Contact)):
            liken(contact)
        assert len(db.session.scalars(select(Suggestion)).all()) == 1
        assert len(db.session.scalars(select(Event)).all()) == before


def test_other_accounts_are_not_compared(cast: Cast) -> None:
    for account_id in (cast.account_id, cast.other_account_id):
        with transaction(account_id):
            contact = a_contact(account_id, "Dana Ruiz", **COMPANY)
            assert liken(contact) == []


def test_the_job_takes_the_event_of_a_contact_and_passes_over_what_is_gone(cast: Cast) -> None:
    with transaction(cast.account_id):
        contact = Contact.add(cast.account_id, by=SYSTEM, name="Dana Ruiz", **COMPANY)
        event = db.session.scalars(select(Event)).one()
        look_for_likeness(cast.account_id, event.id)
        assert db.session.scalars(select(ContactKey.key)).all() == ["dana ruiz@velo club"]
        db.session.delete(contact)
        db.session.flush()
        look_for_likeness(cast.account_id, event.id)
        look_for_likeness(cast.account_id, 999)


def test_among_thousands_a_few_rows_are_read(cast: Cast) -> None:
    with transaction(cast.account_id):
        db.session.execute(
            text("""
                with people as (
                  insert into contacts (account_id, name, email)
                  select :account, 'Person ' || n, 'person' || n || '@velo.example' from generate_series(1, 5000) n
                  returning account_id, id
                )
                insert into contact_keys (account_id, kind, key, contact_id)
                select account_id, kind, case when kind = 'local' then 'person' || id else 'someone@velo.example' end, id
                from people, (values ('local'), ('name')) kinds (kind)
            """),
            {"account": cast.account_id},
        )
        dana = a_contact(cast.account_id, "Someone", email="someone@velo.example")
    analyze()
    with transaction(cast.account_id):
        dana = db.session.get_one(Contact, (cast.account_id, dana.id))
        assert rows_read(lambda: liken(dana)) <= 60
