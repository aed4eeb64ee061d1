"""The contacts on the desk: the list, a contact's page, and what is changed there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.ledger.transaction import transaction
from app.lib import clock
from app.lib.database import db
from app.models import Contact, ContactNote, Conversation, Event
from app.queries.contact_list import Sort, page
from tests.at_the_door import ALICE, BOB, CHARLIE, browser_of
from tests.cast import Cast, a_contact, a_conversation, a_session, an_inbox

HTMX = {"HX-Request": "true"}
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def alices(app: Flask, cast: Cast) -> FlaskClient:
    return browser_of(app, ALICE)


@pytest.fixture
def bobs(app: Flask, cast: Cast) -> FlaskClient:
    return browser_of(app, BOB)


@pytest.fixture
def dana(cast: Cast) -> Contact:
    with transaction(cast.account_id):
        return a_contact(cast.account_id, "Dana", email="dana@x.example")


def path(cast: Cast, rest: str = "") -> str:
    return f"/accounts/{cast.account_id}/contacts{rest}"


def now(cast: Cast, contact: Contact) -> Contact:
    with transaction(cast.account_id):
        return db.session.get_one(Contact, (cast.account_id, contact.id))


def events(cast: Cast) -> list[str]:
    with transaction(cast.account_id):
        return [event.name for event in db.session.query(Event).order_by(Event.id)]


def test_the_list_shows_whom_one_can_reach_and_on_request_everyone(bobs: FlaskClient, cast: Cast) -> None:
    with transaction(cast.account_id):
        a_contact(cast.account_id, "Known", email="known@x.example")
        a_contact(cast.account_id, "Passing")
    assert "Known" in (page := bobs.get(path(cast)).text)
    assert "Passing" not in page
    assert "Passing" in bobs.get(path(cast, "?who=everyone")).text


@pytest.mark.parametrize("sort", ["recent", "name", "newest"])
def test_every_contact_is_on_one_page_of_the_list(bobs: FlaskClient, cast: Cast, sort: str) -> None:
    with transaction(cast.account_id):
        for number in range(120):
            seen = clock.now() - timedelta(minutes=number % 7) if number % 3 else None
            a_contact(cast.account_id, f"Person {number % 40:03} ~", identifier=f"id-{number}", last_activity_at=seen)
    listed: list[int] = []
    after = ""
    with transaction(cast.account_id):
        while True:
            found = page(cast.account_id, sort=Sort(sort), after=after)
            listed += [contact.id for contact in found.contacts]
            after = found.after
            if not after:
                break
    assert sorted(listed) == list(range(1, 121))
    first = bobs.get(path(cast, f"?sort={sort}"))
    assert first.text.count('class="contact-row"') == 50


def test_an_empty_list_says_why(bobs: FlaskClient, cast: Cast) -> None:
    assert "No contacts yet" in bobs.get(path(cast)).text
    found = bobs.get(path(cast), query_string={"q": SCRIPT})
    assert "Nobody is called" in found.text
    assert SCRIPT not in found.text


def test_adding_someone_leads_to_their_page(bobs: FlaskClient, cast: Cast) -> None:
    typed = {"name": "Noor", "last_name": "Haddad", "email": " NOOR@X.example ", "phone_number": "+32 470 12 34 56"}
    made = bobs.post(path(cast), data={**typed, "company_name": "Velo", "city": "Ghent"})
    assert (made.status_code, made.location) == (303, path(cast, "/1"))
    shown = bobs.get(made.location).text
    for words in ("Noor Haddad", "noor@x.example", "+32470123456", "Velo", "Ghent"):
        assert words in shown
    assert events(cast) == ["contact.created"]


def test_a_clash_says_with_whom_and_keeps_what_was_typed(bobs: FlaskClient, cast: Cast, dana: Contact) -> None:
    refused = bobs.post(path(cast), data={"name": "Eve", "email": "DANA@x.example"})
    assert refused.status_code == 422
    assert "Dana has this e-mail address already." in refused.text
    assert f'href="{path(cast, f"/{dana.id}")}"' in refused.text
    assert 'value="Eve"' in refused.text
    assert now(cast, dana).email == "dana@x.example"
    with transaction(cast.account_id):
        assert db.session.query(Contact).count() == 1


def test_editing_changes_what_differs(bobs: FlaskClient, cast: Cast, dana: Contact) -> None:
    form = bobs.get(path(cast, f"/{dana.id}/edit")).text
    assert 'value="dana@x.example"' in form
    bobs.post(path(cast, f"/{dana.id}"), data={"name": "Dana", "email": "dana@x.example"})
    assert events(cast) == []
    bobs.post(path(cast, f"/{dana.id}"), data={"name": "Dana", "email": "", "phone_number": "+4930123456"})
    changed = now(cast, dana)
    assert (changed.email, changed.phone_number) == (None, "+4930123456")
    assert events(cast) == ["contact.updated"]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("email", "nonsense"), ("email", "a@b"), ("phone_number", "12"), ("phone_number", "call me"),
        ("name", "x" * 256), ("company_name", "x" * 2000),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_stays_on_the_form(
    bobs: FlaskClient, cast: Cast, dana: Contact, field: str, typed: str
) -> None:
    refused = bobs.post(path(cast, f"/{dana.id}"), data={"name": "Changed", field: typed})
    assert refused.status_code == 422
    assert "field-error" in refused.text
    assert now(cast, dana).name == "Dana"
    assert events(cast) == []


def test_texts_of_every_kind_are_shown_as_they_are(bobs: FlaskClient, cast: Cast, dana: Contact) -> None:
    for name in (SCRIPT, "مرحبا 👋🏽", '" onfocus="x', "{{ 1234*3 }}"):
        bobs.post(path(cast, f"/{dana.id}"), data={"name": name + "\0", "city": name})
        bobs.post(path(cast, f"/{dana.id}/notes"), data={"content": name}, headers=HTMX)
        bobs.put(path(cast, f"/{dana.id}/attributes"), data={"name": name, "value": name}, headers=HTMX)
        assert now(cast, dana).name == name
        for screen in (path(cast), path(cast, f"/{dana.id}"), path(cast, f"/{dana.id}/edit")):
            shown = bobs.get(screen)
            assert shown.status_code == 200
            assert SCRIPT not in shown.text
            assert '" onfocus="x' not in shown.text
            assert "3702" not in shown.text


def test_attributes_are_set_and_removed(bobs: FlaskClient, cast: Cast, dana: Contact) -> None:
    where = path(cast, f"/{dana.id}/attributes")
    assert bobs.put(where, data={"name": "Plan & size", "value": "Club"}, headers=HTMX).status_code == 200
    bobs.put(where, data={"name": "Plan & size", "value": "Gold"}, headers=HTMX)
    assert now(cast, dana).custom_attributes == {"Plan & size": "Gold"}
    bobs.delete(f"{where}?name={quote('Plan & size')}", headers=HTMX)
    assert now(cast, dana).custom_attributes == {}
    assert events(cast) == ["contact.updated"] * 3


@pytest.mark.parametrize("typed", [{}, {"name": ""}, {"name": "x" * 256}, {"name": "a", "value": "x" * 1501}])
def test_attributes_have_limits(bobs: FlaskClient, cast: Cast, dana: Contact, typed: dict[str, str]) -> None:
    refused = bobs.put(path(cast, f"/{dana.id}/attributes"), data=typed, headers=HTMX)
    assert refused.status_code == 422
    assert "toast" in refused.text
    assert now(cast, dana).custom_attributes == {}


def test_notes_are_deleted_by_their_author_or_an_administrator(
    alices: FlaskClient, bobs: FlaskClient, cast: Cast, dana: Contact
) -> None:
    where = path(cast, f"/{dana.id}/notes")
    assert "Rides with the club" in alices.post(where, data={"content": "Rides with the club"}, headers=HTMX).text
    bobs.post(where, data={"content": "Likes blue"}, headers=HTMX)
    assert bobs.delete(f"{where}/1", headers=HTMX).status_code == 403
    assert bobs.delete(f"{where}/2", headers=HTMX).status_code == 200
    bobs.post(where, data={"content": "Likes green"}, headers=HTMX)
    assert alices.delete(f"{where}/3", headers=HTMX).status_code == 200
    with transaction(cast.account_id):
        assert [note.content for note in db.session.query(ContactNote)] == ["Rides with the club"]
    assert events(cast)[-1] == "contact.note_deleted"


def test_a_note_is_of_its_own_contact(alices: FlaskClient, cast: Cast, dana: Contact) -> None:
    with transaction(cast.account_id):
        noor = a_contact(cast.account_id, "Noor")
    alices.post(path(cast, f"/{dana.id}/notes"), data={"content": "Hers"}, headers=HTMX)
    assert alices.delete(path(cast, f"/{noor.id}/notes/1"), headers=HTMX).status_code == 404


@pytest.mark.parametrize("content", ["", " \n ", "\0", "x" * 20_001])
def test_an_empty_or_endless_note_is_refused(bobs: FlaskClient, cast: Cast, dana: Contact, content: str) -> None:
    refused = bobs.post(path(cast, f"/{dana.id}/notes"), data={"content": content}, headers=HTMX)
    assert refused.status_code == 422
    with transaction(cast.account_id):
        assert db.session.query(ContactNote).count() == 0


def test_blocking_can_be_undone(bobs: FlaskClient, cast: Cast, dana: Contact) -> None:
    blocked = bobs.post(path(cast, f"/{dana.id}/block"), headers=HTMX)
    assert "Undo" in blocked.text
    assert now(cast, dana).blocked
    assert "Blocked" in bobs.get(path(cast, f"/{dana.id}")).text
    bobs.delete(path(cast, f"/{dana.id}/block"), headers=HTMX)
    assert not now(cast, dana).blocked
    assert events(cast) == ["contact.blocked", "contact.unblocked"]


def test_the_page_holds_the_conversations_that_one_may_see(
    alices: FlaskClient, bobs: FlaskClient, cast: Cast, dana: Contact
) -> None:
    with transaction(cast.account_id):
        contact = db.session.get_one(Contact, (cast.account_id, dana.id))
        for number in range(30):
            a_conversation(cast, f"Question {number}", contact=contact)
        Conversation.start(a_session(contact, an_inbox(cast.account_id, "Back office").id))
    assert bobs.get(path(cast, f"/{dana.id}")).text.count('class="talk"') == 25
    assert "Back office" not in bobs.get(path(cast, f"/{dana.id}")).text
    first = alices.get(path(cast, f"/{dana.id}"))
    assert "Back office" in first.text
    after = first.text.split("conversations?after=")[1].split('"')[0]
    rest = alices.get(path(cast, f"/{dana.id}/conversations?after={after}"), headers=HTMX)
    assert rest.text.count('class="talk"') == 6


def test_a_page_that_missed_something_gets_its_pieces(bobs: FlaskClient, cast: Cast, dana: Contact) -> None:
    pieces = bobs.get(path(cast, f"/{dana.id}"), headers=HTMX).text
    for target in ("person", "contact-notes", "contact-attributes", "contact-standing", "conversations-of"):
        assert f'hx-target="#{target}-{dana.id}"' in pieces
    assert "<html" not in pieces


def test_strange_questions_are_refused_plainly(bobs: FlaskClient, cast: Cast, dana: Contact) -> None:
    for query in ("sort=x", "who=x", "after=x", "after=1~2~x", "sort=name&after=~99999999999999999999", "q=%00%ff"):
        assert bobs.get(path(cast, f"?{query}")).status_code in (200, 404, 422)
    for query in ("after=x", "after=2026-01-01~x", f"after=2026-01-01T00:00:00Z~{10**30}"):
        assert bobs.get(path(cast, f"/{dana.id}/conversations?{query}"), headers=HTMX).status_code == 422
    for strange in (2**63, "x", "%00", -1):
        assert bobs.get(path(cast, f"/{strange}")).status_code == 404


def test_bodies_that_are_no_form(bobs: FlaskClient, cast: Cast, dana: Contact) -> None:
    bodies: list[dict[str, Any]] = [
        {"data": b"x" * 10_000_000, "content_type": "application/x-www-form-urlencoded"},
        {"data": b"{", "content_type": "application/json"},
        {"json": {"name": ["a"], "content": 7, "value": {}}},
        {"data": b"name=%ff%00&content=%00", "content_type": "application/x-www-form-urlencoded"},
    ]
    for body in bodies[:3]:
        for method, where in (("POST", ""), ("POST", "/1"), ("POST", "/1/notes"), ("PUT", "/1/attributes")):
            assert bobs.open(path(cast, where), method=method, headers=HTMX, **body).status_code in (413, 422)
    assert now(cast, dana).name == "Dana"
    assert bobs.post(path(cast, "/1/notes"), headers=HTMX, **bodies[3]).status_code == 422


def test_another_account_has_no_such_contact(app: Flask, cast: Cast, dana: Contact) -> None:
    charlies = browser_of(app, CHARLIE)
    for account_id in (cast.account_id, cast.other_account_id):
        where = f"/accounts/{account_id}/contacts/{dana.id}"
        assert charlies.get(where).status_code == 404
        assert charlies.post(where, data={"name": "Mine"}).status_code == 404
        assert charlies.post(f"{where}/block").status_code == 404
        assert charlies.post(f"{where}/notes", data={"content": "Mine"}).status_code == 404
    assert now(cast, dana).name == "Dana"
    assert events(cast) == []
