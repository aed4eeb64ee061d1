"""An administrator of ours lets us in on X's page, and the profile is an inbox when they come back."""

from __future__ import annotations

import httpx
import pytest
from flask import Flask
from sqlalchemy import select

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Inbox
from tests.at_the_door import ALICE, browser_of
from tests.cast import Cast
from tests.conftest import Ground, make_settings
from tests.fakes.provider import serving
from tests.fakes.x import CLIENT, CONSUMER, PROFILE, XLogin, XStandIn


@pytest.fixture
def set_up(app: Flask, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("x_client_id", "x_client_secret", "x_consumer_key", "x_consumer_secret")
    given = dict(zip(names, (*CLIENT, *CONSUMER), strict=True))
    monkeypatch.setitem(app.config, "PARLEY", make_settings(ground, **given))


def test_a_profile_is_connected_by_consent_and_again_when_it_took_it_back(
    app: Flask, cast: Cast, x: XStandIn, set_up: None
) -> None:
    alice, home = browser_of(app, ALICE), f"/accounts/{cast.account_id}/settings/inboxes/x"
    assert "Connect with X" in alice.get(f"{home}/new").text
    for again in ("", "?inbox="):
        with serving(XLogin(x)):
            page = httpx.get(alice.get(f"{home}/consent{again}{_inbox(cast).id if again else ''}").location)
        answer = alice.get(httpx.URL(page.headers["location"]).raw_path.decode())
        inbox = _inbox(cast)
        assert answer.location == f"{home}/{inbox.id}"
        assert (inbox.name, inbox.address) == ("Fernway Cycles", PROFILE)
        assert inbox.credentials["bearer_token"] in x.bearers
        assert "bearer." not in alice.get(answer.location).text
        x.bearers.clear()
    assert [webhook["url"] for webhook in x.webhooks.values()] == ["http://localhost/webhooks/x"]


def test_without_an_app_of_ours_the_form_is_offered_alone(app: Flask, cast: Cast) -> None:
    page = browser_of(app, ALICE).get(f"/accounts/{cast.account_id}/settings/inboxes/x/new").text
    assert "API key secret" in page
    assert "Posts as conversations" in page
    assert ">Connect with X<" not in page


def _inbox(cast: Cast) -> Inbox:
    with transaction(cast.account_id):
        return db.session.scalars(select(Inbox).where(Inbox.channel == "x")).one()
