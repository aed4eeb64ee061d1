"""Two contacts become one and can be parted again, each with what was theirs, whatever happened meanwhile."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app.actions.liken import liken
from app.actions.merge import merge
from app.actions.unmerge import unmerge
from app.channels.base import Inbound
from app.errors import Conflict, Invalid, NotFound
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import SYSTEM, Contact, ContactInbox, Conversation, Event, Merge, Message, Suggestion
from app.models.provable import Proof
from tests.cast import Cast, a_contact, a_conversation, a_session, alice


@pytest.fixture
def pair(cast: Cast) -> tuple[Contact, Contact]:
    """Dana as the desk knows her, and as a visitor with a conversation and a note."""
    with transaction(cast.account_id):
        dana = a_contact(
            cast.account_id, "Dana", email="dana@x.example", custom_attributes={"plan": {"name": "gold"}, "since": 2019}
        )
        visitor = a_contact(
            cast.account_id,
            "D. Ruiz",
            phone_number="+4930123456",
            custom_attributes={"plan": {"name": "none", "seats": 3}, "bike": "Ridge"},
        )
        visitor.prove("phone_number", Proof.VERIFIED)
        a_conversation(cast, "From my phone", contact=visitor)
        visitor.write_note("Rides on Sundays", by=alice(cast))
        return dana, visitor


def merged(cast: Cast, base: Contact, other: Contact) -> int:
    with transaction(cast.account_id):
        return merge(load(base), load(other), by=alice(cast).actor).id


def parted(cast: Cast, merge_id: int) -> Contact:
    with transaction(cast.account_id):
        return unmerge(Merge.found(cast.account_id, merge_id), by=alice(cast).actor)


def load(contact: Contact) -> Contact:
    return db.session.get_one(Contact, (contact.account_id, contact.id))


def owners(cast: Cast) -> dict[str, set[int | None]]:
    """Who has what."""
    with transaction(cast.account_id):
        return {
            "conversations": set(db.session.scalars(select(Conversation.contact_id))),
            "sessions": set(db.session.scalars(select(ContactInbox.contact_id))),
            "senders": set(
                db.session.scalars(select(Message.sender_contact_id).where(Message.sender_kind == "contact"))
            ),
        }


def says(cast: Cast, contact: Contact, text: str) -> None:
    with transaction(cast.account_id):
        session = db.session.scalars(select(ContactInbox).where(ContactInbox.contact_id == contact.id)).first()
        assert session
        conversation = Conversation.continue_or_start(session)
        conversation.receive(Inbound(text, client_id=str(uuid.uuid4())), contact=session.contact)


def test_the_one_that_stays_has_all_and_its_own_values_win(cast: Cast, pair: tuple[Contact, Contact]) -> None:
    dana, visitor = pair
    merged(cast, dana, visitor)
    assert owners(cast) == {"conversations": {dana.id}, "sessions": {dana.id}, "senders": {dana.id}}
    with transaction(cast.account_id):
        now = load(dana)
        assert (now.name, now.email, now.phone_number) == ("Dana", "dana@x.example", "+4930123456")
        assert now.custom_attributes == {"plan": {"name": "gold", "seats": 3}, "since": 2019, "bike": "Ridge"}
        assert now.proof_of("phone_number") is Proof.VERIFIED
        assert [note.content for note in now.notes()] == ["Rides on Sundays"]
        assert db.session.get(Contact, (cast.account_id, visitor.id)) is None
        assert [each.merged_name for each in now.merges] == ["D. Ruiz"]


def test_undone_each_has_again_what_was_theirs(cast: Cast, pair: tuple[Contact, Contact]) -> None:
    dana, visitor = pair
    with transaction(cast.account_id):
        a_conversation(cast, "From my desk", contact=load(dana))
    back = parted(cast, merged(cast, dana, visitor))
    assert (back.id, back.name, back.phone_number) == (visitor.id, "D. Ruiz", "+4930123456")
    assert back.custom_attributes == visitor.custom_attributes
    assert back.created_at == visitor.created_at
    with transaction(cast.account_id):
        now = load(dana)
        assert (now.phone_number, now.custom_attributes) == (None, {"plan": {"name": "gold"}, "since": 2019})
        assert [note.content for note in load(visitor).notes()] == ["Rides on Sundays"]
        for contact, words in ((dana, "From my desk"), (visitor, "From my phone")):
            conversation = db.session.scalars(select(Conversation).where(Conversation.contact_id == contact.id)).one()
            message = conversation.messages_before(None, 1)[0]
            assert (message.content, message.sender_contact_id) == (words, contact.id)
            assert conversation.contact_inbox.contact_id == contact.id
        assert now.merges == []
    assert [name for name in names(cast) if name.startswith("contact.")][-2:] == ["contact.merged", "contact.unmerged"]


def test_what_was_changed_or_added_since_stays_with_the_one_that_stayed(
    cast: Cast, pair: tuple[Contact, Contact]
) -> None:
    dana, visitor = pair
    kept = merged(cast, dana, visitor)
    with transaction(cast.account_id):
        now = load(dana)
        now.edit(by=SYSTEM, phone_number="+4940999999")
        now.set_attribute("bike", "Ridge 2", by=SYSTEM)
        now.write_note("Written since", by=alice(cast))
        a_conversation(cast, "Begun since", contact=now)
    parted(cast, kept)
    with transaction(cast.account_id):
        now = load(dana)
        assert (now.phone_number, now.custom_attributes["bike"]) == ("+4940999999", "Ridge 2")
        assert [note.content for note in now.notes()] == ["Written since"]
        assert len(db.session.scalars(select(Conversation).where(Conversation.contact_id == dana.id)).all()) == 1


def test_what_was_said_since_in_a_session_goes_with_the_session(cast: Cast, pair: tuple[Contact, Contact]) -> None:
    dana, visitor = pair
    kept = merged(cast, dana, visitor)
    says(cast, dana, "Still me")
    parted(cast, kept)
    assert owners(cast) == {"conversations": {visitor.id}, "sessions": {visitor.id}, "senders": {visitor.id}}


def test_an_address_that_a_third_one_has_now_stays_there(cast: Cast, pair: tuple[Contact, Contact]) -> None:
    dana, visitor = pair
    kept = merged(cast, dana, visitor)
    with transaction(cast.account_id):
        load(dana).edit(by=SYSTEM, phone_number=None)
        a_contact(cast.account_id, "Erin", phone_number="+4930123456")
    back = parted(cast, kept)
    assert (back.phone_number, back.claims) == (None, {"phone_number": "+4930123456"})


def test_the_two_are_not_suggested_again(cast: Cast, pair: tuple[Contact, Contact]) -> None:
    dana, visitor = pair
    parted(cast, merged(cast, dana, visitor))
    with transaction(cast.account_id):
        load(visitor).edit(by=SYSTEM, name="Dana", additional_attributes={"company_name": "Velo Club"})
        load(dana).edit(by=SYSTEM, additional_attributes={"company_name": "Velo Club"})
        liken(load(dana))
        liken(load(visitor))
        assert load(dana).lookalikes == []
        assert db.session.scalars(select(Suggestion.dismissed_by)).all() == [cast.alice_id]


def test_a_chain_of_merges_is_undone_from_its_end(cast: Cast, pair: tuple[Contact, Contact]) -> None:
    dana, visitor = pair
    with transaction(cast.account_id):
        erin = a_contact(cast.account_id, "Erin")
    first = merged(cast, dana, visitor)
    second = merged(cast, erin, dana)
    with pytest.raises(Conflict, match="merged too"):
        parted(cast, first)
    parted(cast, second)
    parted(cast, first)
    assert owners(cast)["conversations"] == {visitor.id}


def test_a_proof_of_another_identity_proves_nothing_until_it_is_undone(cast: Cast) -> None:
    with transaction(cast.account_id):
        dana = a_contact(cast.account_id, "Dana", identifier="dana-1")
        mallory = a_contact(cast.account_id, "Mallory", identifier="mallory-9")
        for contact in (dana, mallory):
            a_session(contact, cast.inbox_id).hmac_verified = True
    kept = merged(cast, dana, mallory)
    with transaction(cast.account_id):
        assert sorted(db.session.scalars(select(ContactInbox.hmac_verified))) == [False, True]
    assert parted(cast, kept).identifier == "mallory-9"
    with transaction(cast.account_id):
        assert set(db.session.scalars(select(ContactInbox.hmac_verified))) == {True}


def test_refusals(cast: Cast, pair: tuple[Contact, Contact]) -> None:
    dana, visitor = pair
    with pytest.raises(Invalid):
        merged(cast, dana, dana)
    kept = merged(cast, dana, visitor)
    parted(cast, kept)
    with pytest.raises(Conflict, match="already"):
        parted(cast, kept)
    with pytest.raises(NotFound):
        parted(cast, 999)
    kept = merged(cast, dana, visitor)
    with transaction(cast.account_id):
        db.session.execute(delete(Conversation))
        db.session.delete(load(dana))
    with pytest.raises(Conflict, match="no more"):
        parted(cast, kept)


def test_another_account_has_no_part_in_it(cast: Cast, pair: tuple[Contact, Contact]) -> None:
    kept = merged(cast, *pair)
    with transaction(cast.other_account_id), pytest.raises(NotFound):
        Merge.found(cast.other_account_id, kept)
    with transaction(cast.other_account_id):
        assert db.session.get(Merge, (cast.account_id, kept)) is None


def at_once(app: Flask, *acts: Callable[[], Any]) -> list[Any]:
    """What each of the acts gave, or the refusal it raised; all begin together."""
    gate, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(at: int, act: Callable[[], Any]) -> None:
        with app.app_context():
            gate.wait()
            try:
                results[at] = act()
            except (Conflict, Invalid, NotFound) as refused:
                results[at] = refused  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_of_two_merges_into_each_other_at_once_one_is_refused(
    app: Flask, cast: Cast, pair: tuple[Contact, Contact]
) -> None:
    def act(base: Contact, other: Contact) -> Callable[[], int]:
        def run() -> int:
            with transaction(cast.account_id):
                one, two = (Contact.found(cast.account_id, each.id) for each in (base, other))
                return merge(one, two, by=alice(cast).actor).id

        return run

    dana, visitor = pair
    results = at_once(app, act(dana, visitor), act(visitor, dana))
    assert [type(result) for result in results].count(int) == 1
    assert all(isinstance(result, int | Conflict | NotFound) for result in results), results
    with transaction(cast.account_id):
        [left] = db.session.scalars(select(Contact)).all()
    assert owners(cast) == {"conversations": {left.id}, "sessions": {left.id}, "senders": {left.id}}


def test_of_two_who_undo_at_once_one_is_refused(app: Flask, cast: Cast, pair: tuple[Contact, Contact]) -> None:
    kept = merged(cast, *pair)
    results = at_once(app, lambda: parted(cast, kept), lambda: parted(cast, kept))
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Contact"]
    assert owners(cast)["conversations"] == {pair[1].id}


def test_what_is_written_during_a_merge_is_not_lost(app: Flask, cast: Cast, pair: tuple[Contact, Contact]) -> None:
    dana, visitor = pair

    def talk() -> str:
        with transaction(cast.account_id):
            session = db.session.scalars(select(ContactInbox)).one()
            conversation = Conversation.continue_or_start(session)
            db.session.refresh(session)
            conversation.receive(Inbound("Meanwhile", client_id=str(uuid.uuid4())), contact=session.contact)
        return "said"

    results = at_once(app, talk, lambda: merged(cast, dana, visitor))
    assert results[0] == "said"
    assert isinstance(results[1], int)
    assert owners(cast) == {"conversations": {dana.id}, "sessions": {dana.id}, "senders": {dana.id}}


def names(cast: Cast) -> list[str]:
    with transaction(cast.account_id):
        return list(db.session.scalars(select(Event.name).order_by(Event.id)))
