"""Both messengers connected by consent, from the button to the inbox, and connected again."""

from __future__ import annotations

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Inbox
from tests.at_the_door import ALICE, browser_of
from tests.cast import Cast
from tests.fakes.instagram import TOKEN, InstagramGraph, InstagramLoginPage, PageGraph
from tests.fakes.messenger import INSTAGRAM_ID, PAGE_ID, PAGE_TOKEN


@pytest.fixture
def alice(app: Flask, cast: Cast, installed: None) -> FlaskClient:
    return browser_of(app, ALICE)


def consented(alice: FlaskClient, home: str, query: str = "") -> str:
    """To the provider, a yes there, and back: where that leads."""
    leaving = alice.get(f"{home}/consent{query}")
    there = httpx.get(leaving.location)
    back = httpx.URL(there.headers["location"])
    assert str(back).startswith("http://localhost/consent/")
    answer = alice.get(back.path, query_string=dict(back.params))
    assert answer.status_code == 303
    return answer.location


def the_inbox(cast: Cast, kind: str) -> Inbox:
    with transaction(cast.account_id):
        return db.session.scalars(select(Inbox).where(Inbox.channel == kind)).one()


def test_an_account_of_instagrams(
    alice: FlaskClient, cast: Cast, graph: InstagramGraph, login: InstagramLoginPage
) -> None:
    home = f"/accounts/{cast.account_id}/settings/inboxes/instagram"
    assert "Connect with Instagram" in alice.get(f"{home}/new").text
    place = consented(alice, home)
    inbox = the_inbox(cast, "instagram")
    assert (place, inbox.address, inbox.name) == (f"{home}/{inbox.id}", INSTAGRAM_ID, "Fernway Cycles")
    assert inbox.credentials["access_token"] == TOKEN
    page = alice.get(place).text
    assert TOKEN not in page
    assert "Verify token" in page
    # Another token is kept in the same inbox, and one that was typed before goes with its app's secret.
    with transaction(cast.account_id):
        kept = db.session.get_one(Inbox, (cast.account_id, inbox.id))
        kept.credentials = {"access_token": "IGAA-older", "app_secret": "of another app"}
    assert consented(alice, home, f"?inbox={inbox.id}") == place
    again = the_inbox(cast, "instagram").credentials
    assert (again["access_token"], again["app_secret"]) == (TOKEN, "")


def test_a_page_of_facebooks(alice: FlaskClient, cast: Cast, page_graph: PageGraph) -> None:
    home = f"/accounts/{cast.account_id}/settings/inboxes/messenger"
    assert "Connect with Facebook" in alice.get(f"{home}/new").text
    place = consented(alice, home)
    inbox = the_inbox(cast, "messenger")
    assert (place, inbox.address) == (f"{home}/{inbox.id}", PAGE_ID)
    assert inbox.credentials["page_token"] == PAGE_TOKEN
    assert page_graph.callbacks == {"page": inbox.webhook_url}
