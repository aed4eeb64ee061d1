"""The first visit founds the account, once."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.ledger.transaction import system
from app.lib.database import db
from app.models import Account, Event, Membership, User
from tests.cast import Cast

GIVEN = {"account": "Fernway", "name": "Alice", "email": "Alice@Fernway.example", "password": "Bicycle-12-stand"}


def test_an_empty_parley_leads_every_page_to_the_welcome(client: FlaskClient) -> None:
    for path in ("/", "/accounts/1/conversations", "/profile", "/accounts/1/settings/people"):
        page = client.get(path, follow_redirects=True)
        assert page.request.path == "/welcome"
        assert "Welcome to Parley" in page.text


def test_the_first_visitor_founds_the_account_and_lands_on_the_first_steps(client: FlaskClient) -> None:
    led = client.post("/welcome", data=GIVEN)
    with system(why="tests"):
        account = db.session.query(Account).one()
        founder = db.session.query(Membership).one()
        assert (account.name, founder.role, founder.user.email) == ("Fernway", "administrator", "alice@fernway.example")
        assert {event.name for event in db.session.query(Event)} == {"account.created", "membership.created"}
    assert led.location == f"/accounts/{account.id}/first-steps"
    page = client.get(led.location)
    assert page.status_code == 200
    assert f"/accounts/{account.id}/settings/inboxes/new" in page.text


def test_afterwards_the_page_is_not_there(client: FlaskClient, cast: Cast) -> None:
    assert client.get("/welcome").status_code == 404
    assert client.post("/welcome", data=GIVEN).status_code == 404
    assert client.post("/welcome", data={}).status_code == 404
    assert client.get("/login").status_code == 200


def test_of_many_first_visitors_one_wins(app: Flask) -> None:
    statuses: list[int] = []

    def visit(number: int) -> None:
        statuses.append(app.test_client().post("/welcome", data={**GIVEN, "email": f"p{number}@x.example"}).status_code)

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303, 404, 404, 404, 404, 404]
    with system(why="tests"):
        assert db.session.query(User).count() == db.session.query(Account).count() == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("account", "", "Fill this in."),
        ("account", " \t\n", "Fill this in."),
        ("account", "x" * 101, "This is too long"),
        ("name", "\0", "Fill this in."),
        ("email", "alice", "This is not an e-mail address."),
        ("email", "alice@example", "lacks the end of its domain"),
        ("email", f"{'a' * 300}@example.com", "This is not an e-mail address."),
        ("password", "short", "Use 8 to 128 characters."),
        ("password", "x" * 129, "Use 8 to 128 characters."),
        ("password", "alice@fernway.example", "Do not use your e-mail address"),
    ],
)
def test_what_cannot_be_taken_is_told_at_its_field_and_nothing_is_founded(
    client: FlaskClient, field: str, value: str, words: str
) -> None:
    answer = client.post("/welcome", data={**GIVEN, field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert GIVEN["password"] not in answer.text
    with system(why="tests"):
        assert db.session.query(Account).count() == db.session.query(User).count() == 0


def test_names_hold_any_language_and_no_line_breaks(client: FlaskClient) -> None:
    client.post("/welcome", data={**GIVEN, "account": "Räder\r\n& Söhne 🚲", "name": "<b>أليس</b>"})
    with system(why="tests"):
        assert db.session.query(Account).one().name == "Räder & Söhne 🚲"
        account_id = db.session.query(Account).one().id
    page = client.get(f"/accounts/{account_id}/first-steps").text
    assert "<b>أليس</b>" not in page
    assert "&lt;b&gt;أليس&lt;/b&gt;" in page
