"""On the desk two contacts are compared, made one, parted, told apart, given a conversation, deleted and read in time."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.actions.liken import liken
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Contact, Conversation, Merge, Suggestion
from app.realtime import signals
from tests.at_the_door import ALICE, BOB, CHARLIE, browser_of
from tests.cast import Cast, a_contact, a_conversation, an_inbox

HTMX = {"HX-Request": "true"}
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def alices(app: Flask, cast: Cast) -> FlaskClient:
    return browser_of(app, ALICE)


@pytest.fixture
def bobs(app: Flask, cast: Cast) -> FlaskClient:
    return browser_of(app, BOB)


@pytest.fixture
def pair(cast: Cast) -> tuple[int, int]:
    """Dana, and a visitor of another name who has a conversation."""
    with transaction(cast.account_id):
        dana = a_contact(cast.account_id, "Dana Ruiz", email="dana@velo.example")
        visitor = a_contact(cast.account_id, f"Dana Ruiz {SCRIPT}", email="dana@gmail.com", phone_number="+4930123456")
        a_conversation(cast, "From my phone", contact=visitor)
        liken(visitor)
        liken(dana)
        return dana.id, visitor.id


def at(cast: Cast, rest: str) -> str:
    return f"/accounts/{cast.account_id}/{rest}"


def test_two_are_found_compared_made_one_and_parted(bobs: FlaskClient, cast: Cast, pair: tuple[int, int]) -> None:
    dana, visitor = pair
    assert f"merges/new?other={visitor}" in bobs.get(at(cast, f"contacts/{dana}/merges/new?q=dana")).text
    compared = bobs.get(at(cast, f"contacts/{dana}/merges/new?other={visitor}")).text
    assert "+4930123456" in compared
    assert SCRIPT not in compared
    assert "<s>dana@gmail.com</s>" in compared
    answer = bobs.post(at(cast, f"contacts/{dana}/merges"), data={"other": visitor})
    assert answer.headers["Location"].endswith(at(cast, f"contacts/{dana}"))
    page = bobs.get(at(cast, f"contacts/{dana}")).text
    undo = re.findall(r'hx-delete="([^"]+/merges/\d+)"', page)
    assert len(undo) == 2, "in the toast and in the history"
    assert bobs.get(at(cast, f"contacts/{visitor}")).headers["Location"].endswith(at(cast, f"contacts/{dana}"))
    parted = bobs.delete(undo[0], headers=HTMX)
    assert "a contact of their own again" in parted.text
    assert bobs.get(at(cast, f"contacts/{visitor}")).status_code == 200
    assert bobs.delete(undo[0], headers=HTMX).status_code == 409


def test_what_is_not_there_is_not_merged(bobs: FlaskClient, app: Flask, cast: Cast, pair: tuple[int, int]) -> None:
    dana, visitor = pair
    assert bobs.post(at(cast, f"contacts/{dana}/merges"), data={"other": 999}).status_code == 404
    assert bobs.post(at(cast, f"contacts/{dana}/merges"), data={"other": dana}).status_code == 422
    assert bobs.get(at(cast, f"contacts/{dana}/merges/new?other={dana}")).status_code == 404
    assert bobs.delete(at(cast, f"contacts/{dana}/merges/999")).status_code == 404
    charlies = browser_of(app, CHARLIE)
    for rest in (f"contacts/{dana}/merges/new", f"contacts/{dana}/timeline"):
        assert charlies.get(at(cast, rest)).status_code == 404
    assert charlies.post(at(cast, f"contacts/{dana}/merges"), data={"other": visitor}).status_code == 404
    with transaction(cast.account_id):
        assert db.session.scalars(select(Merge)).all() == []


def test_a_likeness_is_shown_until_somebody_says_it_is_none(
    bobs: FlaskClient, cast: Cast, pair: tuple[int, int]
) -> None:
    dana, visitor = pair
    page = bobs.get(at(cast, f"contacts/{dana}")).text
    assert "Maybe the same person" in page
    [path] = re.findall(r'hx-delete="([^"]+/lookalikes/\d+)"', page)
    answer = bobs.delete(path, headers=HTMX).text
    assert "is not suggested again" in answer
    assert "Maybe the same person" not in answer
    assert "Maybe the same person" not in bobs.get(at(cast, f"contacts/{visitor}")).text
    with transaction(cast.account_id):
        assert db.session.scalars(select(Suggestion.dismissed_by)).all() == [cast.bob_id]
    assert bobs.delete(path.replace(f"/{dana}/", "/999/"), headers=HTMX).status_code == 404


def test_a_conversation_is_given_to_another_and_back(bobs: FlaskClient, cast: Cast, pair: tuple[int, int]) -> None:
    dana, visitor = pair
    chosen = bobs.get(at(cast, "conversations/1/contact?q=ruiz")).text
    assert f'name="to" value="{dana}"' in chosen
    bobs.post(at(cast, "conversations/1/contact"), data={"to": dana})
    page = bobs.get(at(cast, "conversations/1")).text
    assert f'id="person-{dana}"' in page
    [undo] = re.findall(r'hx-delete="([^"]+/contact\?to=\d+)"', page)
    assert f'id="person-{visitor}"' in bobs.delete(undo, headers=HTMX).text
    assert bobs.post(at(cast, "conversations/1/contact"), data={"to": 999}).status_code == 404
    assert bobs.post(at(cast, "conversations/999/contact"), data={"to": dana}).status_code == 404


def test_administrators_delete_who_is_not_online(
    alices: FlaskClient, bobs: FlaskClient, cast: Cast, pair: tuple[int, int]
) -> None:
    _, visitor = pair
    path = at(cast, f"contacts/{visitor}")
    assert "dialog-delete" in alices.get(path).text
    assert "dialog-delete" not in bobs.get(path).text
    assert bobs.delete(path, headers=HTMX).status_code == 403
    with transaction(cast.account_id):
        session = db.session.scalars(select(Conversation)).one().contact_inbox
        signals.visitor_is_here(session)
    refused = alices.delete(path, headers=HTMX)
    assert refused.status_code == 422
    assert "online now" in refused.text
    with transaction(cast.account_id):
        signals.visitor_has_left(session)
    assert alices.delete(path, headers=HTMX).headers["HX-Redirect"] == at(cast, "contacts")
    assert bobs.get(path).status_code == 404
    assert "Deleted contact" not in bobs.get(at(cast, "contacts?who=everyone")).text


def test_all_that_was_said_stands_in_time_with_its_channels(
    bobs: FlaskClient, cast: Cast, pair: tuple[int, int]
) -> None:
    _, visitor = pair
    with transaction(cast.account_id):
        hidden = an_inbox(cast.account_id, "Board")
        contact = db.session.get_one(Contact, (cast.account_id, visitor))
        a_conversation(Cast(**{**cast.__dict__, "inbox_id": hidden.id}), "Not Bob's to read", contact=contact)
        talk = a_conversation(cast, "And another", contact=contact)
        for number in range(50):
            talk.reply(f"Answer {number}", by=contact.actor)
    path = at(cast, f"contacts/{visitor}/timeline")
    page = bobs.get(path).text
    assert "Answer 49" in page
    assert "channel-web" in page
    assert "Not Bob" not in page
    assert "From my phone" not in page
    [older] = re.findall(r'hx-get="([^"]+before=\d+)"', page)
    assert "From my phone" in bobs.get(older, headers=HTMX).text
    switched = bobs.get(f"{path}?conversation=1", headers=HTMX).text
    assert 'id="thread"' in switched
    assert "Only #1" in switched
    assert bobs.get(f"{path}?conversation=2", headers=HTMX).status_code == 404
