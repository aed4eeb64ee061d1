"""A contact is kept in one form, and no two share an address."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask

from app.errors import Conflict, Invalid, NotAllowed
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import SYSTEM, Contact, Event
from app.models.editable import Taken
from tests.cast import Cast, a_contact, alice, bob


def test_addresses_are_brought_into_one_form(cast: Cast) -> None:
    with transaction(cast.account_id):
        contact = Contact.add(
            cast.account_id,
            by=SYSTEM,
            name="  Dana \n Ruiz ",
            email=" DANA@Shop.Example ",
            phone_number="+49 (30) 12-34 56",
        )
        assert (contact.name, contact.email, contact.phone_number) == ("Dana Ruiz", "dana@shop.example", "+4930123456")


def test_a_visitor_with_an_address_becomes_a_lead(cast: Cast) -> None:
    with transaction(cast.account_id):
        contact = Contact.add(cast.account_id, by=SYSTEM, name="Visitor")
        assert contact.contact_type == "visitor"
        contact.edit(by=SYSTEM, identifier="customer-7")
        assert contact.contact_type == "lead"


def test_nothing_new_is_no_change(cast: Cast) -> None:
    with transaction(cast.account_id):
        contact = a_contact(cast.account_id, "Dana", email="d@x.example")
        assert contact.edit(by=SYSTEM, name=" Dana", email="D@x.example", phone_number="") == []
        assert contact.edit(by=SYSTEM, name="Dana R", email="d@x.example") == ["name"]
        assert [(event.name, event.data) for event in db.session.query(Event)] == [
            ("contact.updated", {"changed": ["name"]})
        ]


def test_everything_that_is_wrong_is_told_at_once(cast: Cast) -> None:
    with transaction(cast.account_id), pytest.raises(Invalid) as refused:
        Contact.add(cast.account_id, by=SYSTEM, email="x", phone_number="y", name="z" * 256)
    assert set(refused.value.fields) == {"email", "phone_number", "name"}


def test_a_refused_edit_changes_nothing(cast: Cast) -> None:
    with transaction(cast.account_id):
        a_contact(cast.account_id, "Noor", email="noor@x.example")
        contact = a_contact(cast.account_id, "Dana")
    with transaction(cast.account_id):
        dana = db.session.get_one(Contact, (cast.account_id, contact.id))
        with pytest.raises(Taken, match="Noor has this e-mail address already"):
            dana.edit(by=SYSTEM, name="Changed", email="noor@x.example")
    with transaction(cast.account_id):
        assert db.session.get_one(Contact, (cast.account_id, contact.id)).name == "Dana"


def test_the_same_address_in_another_account_is_somebody_else(cast: Cast) -> None:
    with transaction(cast.other_account_id):
        a_contact(cast.other_account_id, "Other", email="d@x.example")
    with transaction(cast.account_id):
        Contact.add(cast.account_id, by=SYSTEM, email="d@x.example")


def test_of_two_who_add_the_same_person_at_once_one_is_told(app: Flask, cast: Cast) -> None:
    together, told = threading.Barrier(2), []

    def add() -> None:
        with app.app_context():
            try:
                with transaction(cast.account_id):
                    db.session.query(Contact).count()
                    together.wait(10)
                    Contact.add(cast.account_id, by=SYSTEM, name="Dana", email="d@x.example")
                told.append("added")
            except (Taken, Conflict):
                told.append("refused")

    people: list[Any] = [threading.Thread(target=add) for _ in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join(20)
    assert sorted(told) == ["added", "refused"]
    with transaction(cast.account_id):
        assert db.session.query(Contact).count() == 1


def test_notes_are_deleted_by_whom_they_belong_to(cast: Cast) -> None:
    with transaction(cast.account_id):
        contact = a_contact(cast.account_id)
        note = contact.write_note(" Rides with the club \n", by=alice(cast))
        assert note.content == "Rides with the club"
        with pytest.raises(NotAllowed):
            contact.erase_note(note.id, by=bob(cast))
        contact.erase_note(note.id, by=alice(cast))
        assert contact.notes() == []
