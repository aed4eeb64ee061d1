"""General settings of an account."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Account, Event
from tests.at_the_door import ALICE, browser_of
from tests.cast import Cast

GIVEN = {"name": "Fernway Cycles", "locale": "en", "timezone": "Europe/Lisbon", "support_email": "Help@fernway.example"}


@pytest.fixture
def alice(app: Flask, cast: Cast) -> FlaskClient:
    return browser_of(app, ALICE)


def account(cast: Cast) -> Account:
    with transaction(cast.account_id):
        return db.session.get_one(Account, cast.account_id)


def test_they_are_saved_and_told_once(alice: FlaskClient, cast: Cast) -> None:
    path = f"/accounts/{cast.account_id}/settings/general"
    assert alice.get(f"/accounts/{cast.account_id}/settings").location == path
    for _ in range(2):
        assert alice.post(path, data=GIVEN).location == path
    kept = account(cast)
    assert (kept.name, kept.timezone, kept.support_email) == ("Fernway Cycles", "Europe/Lisbon", "help@fernway.example")
    page = alice.get(path).text
    assert "Fernway Cycles" in page
    assert "Saved" in page
    with transaction(cast.account_id):
        (event,) = db.session.query(Event).all()
        assert (event.name, sorted(event.data["changed"])) == ("account.updated", ["name", "support_email", "timezone"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("locale", "xx"),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../../etc/passwd"),
        ("support_email", "nobody"),
    ],
)
def test_what_cannot_be_taken_changes_nothing(alice: FlaskClient, cast: Cast, field: str, value: str) -> None:
    answer = alice.post(f"/accounts/{cast.account_id}/settings/general", data={**GIVEN, field: value})
    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert account(cast).name == "Fernway"


def test_a_name_is_text_and_nothing_else(alice: FlaskClient, cast: Cast) -> None:
    path = f"/accounts/{cast.account_id}/settings/general"
    alice.post(path, data={**GIVEN, "name": "<script>alert(1)</script>"})
    assert "<script>alert" not in alice.get(path).text
