"""An administrator removes an inbox by typing its name: it is gone at once, its provider is told, the customers stay."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.channels.base import Inbound
from app.errors import NotFound
from app.ledger.transaction import transaction
from app.lib import storage
from app.lib.database import db
from app.models import Connection, Contact, Conversation, Inbox, Letter, Message
from tests.at_the_door import ALICE, BOB, CHARLIE, browser_of
from tests.cast import Cast, a_contact, a_session
from tests.doors.conftest import SECRET, open_loft, work
from tests.fakes.pigeon import Loft, pigeons, post, ring


@pytest.fixture
def loft() -> Iterator[Loft]:
    with pigeons() as loft:
        yield loft


@pytest.fixture
def alice(app: Flask, cast: Cast, loft: Loft) -> FlaskClient:
    return browser_of(app, ALICE)


@pytest.fixture
def inbox(cast: Cast, loft: Loft) -> Inbox:
    loft.webhooks["fernway"] = "http://localhost/webhooks/pigeon"
    return open_loft(cast.account_id, "fernway")


@pytest.fixture
def page(cast: Cast, inbox: Inbox) -> str:
    return f"/accounts/{cast.account_id}/settings/inboxes/{inbox.id}/removal"


def a_letter(client: FlaskClient, text: str = "Hello") -> int:
    body = post([{"loft": "fernway", "from": "dana", "id": text, "text": text}])
    return client.post("/webhooks/pigeon", data=body, headers={"X-Ring": ring(SECRET, body)}).status_code


def count(account_id: int, table: type) -> int:
    with transaction(account_id):
        return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_it_goes_with_all_that_was_said_and_the_customers_stay(
    alice: FlaskClient, client: FlaskClient, cast: Cast, inbox: Inbox, page: str, loft: Loft
) -> None:
    with transaction(cast.account_id):
        db.session.add(Letter(account_id=cast.account_id, inbox_id=inbox.id, sender="dana", key="1"))
        kept = storage.save(BytesIO(b"%PDF-1.4 "), filename="bill.pdf", limit_bytes=1000)
        for n in range(60):
            dana = a_contact(cast.account_id, f"Dana {n}")
            talk = Conversation.start(a_session(dana, inbox.id))
            talk.receive(Inbound("A bill", client_id=f"bill-{n}", attachments=[kept] if n == 0 else ()), contact=dana)
    said = alice.get(page).text
    assert "Its 60 conversations, and the files in them, are deleted." in said
    people = count(cast.account_id, Contact)
    answer = alice.post(page, data={"name": " Fernway "})
    assert answer.status_code == 303
    # Gone for everybody, before anything is cleared away.
    assert "Fernway" not in alice.get(answer.location).text.partition("Add a channel")[0].partition("<main")[2]
    assert alice.get(page).status_code == 404
    assert alice.get(page.removesuffix("/removal") + "/hours").status_code == 404
    assert a_letter(client, "Anybody?") == 404
    work()
    assert loft.webhooks == {}
    assert (count(cast.account_id, Conversation), count(cast.account_id, Message)) == (0, 0)
    assert (count(cast.account_id, Letter), count(cast.account_id, Connection)) == (0, 0)
    assert count(cast.account_id, Contact) == people
    with transaction(cast.account_id):
        assert db.session.get(Inbox, (cast.account_id, inbox.id)) is None
    with pytest.raises(NotFound):
        storage.open(kept.key)


@pytest.mark.parametrize("name", ["", "fernway", "Fernway!", "x" * 10_000, "Fernway\0x"])
def test_another_name_removes_nothing(
    alice: FlaskClient, cast: Cast, inbox: Inbox, page: str, name: str, loft: Loft
) -> None:
    answer = alice.post(page, data={"name": name})
    assert answer.status_code == 422
    assert "Type Fernway, exactly so." in answer.text
    work()
    with transaction(cast.account_id):
        assert db.session.get_one(Inbox, (cast.account_id, inbox.id)).removed_at is None
    assert loft.webhooks


def test_agents_and_other_accounts_remove_nothing(
    app: Flask, alice: FlaskClient, cast: Cast, inbox: Inbox, page: str
) -> None:
    assert browser_of(app, BOB).post(page, data={"name": "Fernway"}).status_code == 403
    charlie = browser_of(app, CHARLIE)
    assert charlie.post(page, data={"name": "Fernway"}).status_code == 404
    swapped = page.replace(f"/accounts/{cast.account_id}/", f"/accounts/{cast.other_account_id}/")
    assert charlie.post(swapped, data={"name": "Fernway"}).status_code == 404
    with transaction(cast.account_id):
        assert db.session.get_one(Inbox, (cast.account_id, inbox.id)).removed_at is None


def test_its_address_is_free_at_once_and_what_is_connected_there_then_stays(
    alice: FlaskClient, cast: Cast, inbox: Inbox, page: str, loft: Loft
) -> None:
    alice.post(page, data={"name": "Fernway"})
    home = f"/accounts/{cast.account_id}/settings/inboxes/pigeon"
    answer = alice.post(home, data={"name": "Again", "secret": SECRET, "loft": "fernway", "weather": "any"})
    assert answer.status_code == 303
    work()
    assert "fernway" in loft.webhooks, "the old inbox does not take the new one's webhook back"


def test_a_provider_that_is_away_keeps_nobody_waiting(
    alice: FlaskClient, cast: Cast, inbox: Inbox, page: str, loft: Loft
) -> None:
    loft.is_away = True
    alice.post(page, data={"name": "Fernway"})
    work()
    with transaction(cast.account_id):
        assert db.session.get(Inbox, (cast.account_id, inbox.id)) is None
