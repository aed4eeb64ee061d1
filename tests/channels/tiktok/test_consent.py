"""An administrator of ours lets us in on TikTok's page, and the account is an inbox when they come back."""

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
from tests.fakes.tiktok import APP_ID, APP_SECRET, OPEN_ID, TikTokLogin, TikTokStandIn


@pytest.fixture
def set_up(app: Flask, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_settings(ground, tiktok_app_id=APP_ID, tiktok_app_secret=APP_SECRET)
    monkeypatch.setitem(app.config, "PARLEY", settings)


def test_an_account_is_connected_by_consent(app: Flask, cast: Cast, tiktok: TikTokStandIn, set_up: None) -> None:
    alice, home = browser_of(app, ALICE), f"/accounts/{cast.account_id}/settings/inboxes/tiktok"
    assert "Connect with TikTok" in alice.get(f"{home}/new").text
    with serving(TikTokLogin(tiktok)):
        page = httpx.get(alice.get(f"{home}/consent").location)
    answer = alice.get(httpx.URL(page.headers["location"]).raw_path.decode())
    with transaction(cast.account_id):
        inbox = db.session.scalars(select(Inbox).where(Inbox.channel == "tiktok")).one()
    assert answer.location == f"{home}/{inbox.id}"
    assert (inbox.name, inbox.address) == ("Fernway Cycles", OPEN_ID)
    assert inbox.credentials["access_token"] in tiktok.access
    assert tiktok.webhook == "http://localhost/webhooks/tiktok"
    assert "act." not in alice.get(answer.location).text
