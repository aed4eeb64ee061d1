"""An administrator connects a mailbox on its page: what is wrong is said at its field, and nothing half is kept."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models.inbox import Inbox
from tests.cast import PASSWORD, Cast
from tests.conftest import Ground, make_settings
from tests.fakes.dovecot import PASSWORD as MAILBOX_PASSWORD
from tests.fakes.dovecot import Dovecot


@pytest.fixture
def alice(app: Flask, client: FlaskClient, cast: Cast, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setitem(app.config, "PARLEY", make_settings(ground, private_hosts=["localhost"]))
    client.post("/login", data={"email": "alice@fernway.example", "password": PASSWORD})
    return client


def form(dovecot: Dovecot, cast: Cast, **given: Any) -> dict[str, Any]:
    return {
        "name": "Fernway mail",
        "address": "Page@Fernway.test",
        "comes_by": "mailbox",
        "goes_by": "parley",
        "imap_host": "localhost",
        "imap_port": dovecot.port,
        "imap_security": "none",
        "imap_login": "page@fernway.test",
        "imap_password": MAILBOX_PASSWORD,
        "smtp_port": 465,
        "folders": "INBOX",
        "import_days": 0,
        "signature": "Fernway",
        "is_enabled": "1",
        "members": [cast.bob_id],
        **given,
    }


def home(cast: Cast) -> str:
    return f"/accounts/{cast.account_id}/settings/inboxes/email"


def inboxes(cast: Cast) -> list[Inbox]:
    with transaction(cast.account_id):
        return list(db.session.scalars(select(Inbox).where(Inbox.channel == "email")))


def test_a_mailbox_is_connected_and_changed_without_typing_its_password_again(
    alice: FlaskClient, cast: Cast, dovecot: Dovecot
) -> None:
    assert alice.get(f"{home(cast)}/new").status_code == 200
    answer = alice.post(home(cast), data=form(dovecot, cast))
    (inbox,) = inboxes(cast)
    assert answer.headers["Location"].endswith(f"/email/{inbox.id}")
    assert (inbox.address, inbox.channel_settings["known_folders"]) == ("page@fernway.test", ["INBOX"])
    page = alice.get(answer.headers["Location"]).get_data(as_text=True)
    assert inbox.webhook_url in page
    assert "se&#34;cret" not in page
    assert MAILBOX_PASSWORD not in page
    alice.post(f"{home(cast)}/{inbox.id}", data=form(dovecot, cast, imap_password="", signature="Changed"))
    (changed,) = inboxes(cast)
    assert changed.channel_settings["signature"] == "Changed"
    assert changed.credentials["imap_password"] == MAILBOX_PASSWORD
    assert changed.channel_settings["begun"] == inbox.channel_settings["begun"]


def test_what_is_wrong_is_said_and_nothing_is_kept(alice: FlaskClient, cast: Cast, dovecot: Dovecot) -> None:
    for given, words in (
        ({"imap_password": "guess"}, "Authentication failed."),
        ({"imap_port": 1}, "Nobody answers at localhost:1."),
        ({"imap_host": ""}, "Fill this in."),
        ({"imap_port": "many"}, "Give a whole number."),
        ({"goes_by": "own", "smtp_host": "localhost", "smtp_port": 1, "smtp_security": "none"}, "Nobody answers"),
        ({"layout": "<p>Hello</p>"}, "{{content}}"),
        ({"address": "no address"}, "e-mail"),
        ({"members": [cast.charlie_id]}, "Choose among the people"),
    ):
        answer = alice.post(home(cast), data=form(dovecot, cast, **given))
        assert answer.status_code == 422, given
        assert words in answer.get_data(as_text=True)
        assert "guess" not in answer.get_data(as_text=True)
    assert inboxes(cast) == []


def test_an_address_has_one_inbox_and_forwarding_needs_no_server(
    alice: FlaskClient, cast: Cast, dovecot: Dovecot
) -> None:
    blank = form(dovecot, cast, comes_by="forward", imap_host="", imap_login="", imap_password="")
    assert alice.post(home(cast), data=blank).status_code == 303
    answer = alice.post(home(cast), data=blank)
    assert answer.status_code == 422
    assert "has this address already" in answer.get_data(as_text=True)
    assert len(inboxes(cast)) == 1


def test_agents_and_strangers_stay_out(alice: FlaskClient, app: Flask, cast: Cast, dovecot: Dovecot) -> None:
    alice.post(home(cast), data=form(dovecot, cast))
    (inbox,) = inboxes(cast)
    for email in ("bob@fernway.example", "charlie@elsewhere.example"):
        client = app.test_client()
        client.post("/login", data={"email": email, "password": PASSWORD})
        for path in (f"{home(cast)}/new", f"{home(cast)}/{inbox.id}"):
            assert client.get(path).status_code in (403, 404)
        assert client.post(f"{home(cast)}/{inbox.id}", data=form(dovecot, cast)).status_code in (403, 404)
    other = f"/accounts/{cast.other_account_id}/settings/inboxes/email/{inbox.id}"
    assert client.get(other).status_code == 404
