"""How a TikTok inbox stands: connected by tokens or consent, probed, renewed before its access ends."""

from __future__ import annotations

import time
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask

from app.channels.base import Line, NotConnected, Unreachable
from app.channels.tiktok.channel import TikTok
from app.channels.tiktok.tokens import RENEW_BEFORE_SECONDS
from tests.channels.tiktok.conftest import line
from tests.conftest import Ground, make_settings
from tests.fakes.tiktok import APP_ID, APP_SECRET, OPEN_ID, TikTokStandIn

pytestmark = pytest.mark.usefixtures("context")
URL = "https://desk.example/webhooks/tiktok"
TYPED = {"app_id": APP_ID, "app_secret": APP_SECRET, "refresh_token": "rft.first"}


@pytest.fixture
def set_up(context: Flask, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_settings(ground, tiktok_app_id=APP_ID, tiktok_app_secret=APP_SECRET)
    monkeypatch.setitem(context.config, "PARLEY", settings)


def test_what_is_typed_becomes_a_line_and_the_webhook_is_registered(tiktok: TikTokStandIn) -> None:
    made = TikTok(Line("", "token", "", TYPED)).connect(URL)
    assert (made.address, made.token, made.name) == (OPEN_ID, "token", "Fernway Cycles")
    assert made.settings == {"username": "fernway"}
    assert tiktok.webhook == URL
    assert made.credentials["refresh_token"] in tiktok.refresh
    assert made.credentials["access_token"] in tiktok.access
    assert TikTok(made).credentials.is_current
    assert TikTok(made).place == "@fernway"


def test_a_line_that_stands_is_registered_anew_without_new_tokens(tiktok: TikTokStandIn) -> None:
    made = TikTok(line()).connect(URL)
    assert made.credentials["access_token"] == "act.first"
    assert tiktok.webhook == URL


def test_another_refresh_token_is_another_access(tiktok: TikTokStandIn) -> None:
    tiktok.refresh = {"rft.typed"}
    made = TikTok(line(refresh_token="rft.typed", access_of="of the first")).connect(URL)
    assert made.credentials["access_token"] != "act.first"


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({**TYPED, "refresh_token": "rft.odd"}, "refresh_token", "[40110] The authorization is invalid"),
        ({**TYPED, "refresh_token": ""}, "refresh_token", "no refresh token"),
        ({**TYPED, "app_secret": "odd"}, "refresh_token", "[40001] The client_id or client_secret is wrong"),
        ({"refresh_token": "rft.first"}, "app_id", "the id and the secret"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    tiktok: TikTokStandIn, typed: dict[str, str], field: str, words: str
) -> None:
    with pytest.raises(NotConnected) as refused:
        TikTok(Line("", credentials=typed)).connect(URL)
    assert words in refused.value.fields[field]
    assert tiktok.webhook == ""


def test_an_owner_who_did_not_allow_messages_is_told_so(tiktok: TikTokStandIn) -> None:
    tiktok.scope = "user.info.basic,message.list.read"
    with pytest.raises(NotConnected, match=r"message\.list\.manage, message\.list\.send is missing"):
        TikTok(Line("", credentials=TYPED)).connect(URL)


def test_a_provider_that_is_away_is_said_as_well() -> None:
    with pytest.raises(NotConnected, match="connection"):
        TikTok(Line("", credentials=TYPED)).connect(URL)


def test_an_owner_consents_on_tiktoks_page_and_comes_back_with_a_line(tiktok: TikTokStandIn, set_up: None) -> None:
    consent = TikTok.consent()
    assert consent is not None
    assert consent.is_set_up
    back = "https://desk.example/consent/tiktok"
    page = urlsplit(consent.url(redirect_uri=back, state="state", verifier="verifier"))
    asked = dict(parse_qsl(page.query))
    assert page.path == "/v2/auth/authorize/"
    assert (asked["client_key"], asked["redirect_uri"], asked["state"]) == (APP_ID, back, "state")
    assert "message.list.send" in asked["scope"].split(",")
    (made,) = consent.lines({"code": tiktok.consented(back)}, redirect_uri=back, verifier="verifier")
    assert made.address == OPEN_ID
    assert "app_secret" not in made.credentials
    assert TikTok(made).connect(URL).name == "Fernway Cycles"


def test_an_owner_who_says_no_or_comes_back_twice_is_told_in_tiktoks_words(tiktok: TikTokStandIn, set_up: None) -> None:
    consent = TikTok.consent()
    assert consent is not None
    denied = {"error": "access_denied", "error_description": "The user denied."}
    with pytest.raises(NotConnected, match="The user denied"):
        consent.lines(denied, redirect_uri=URL, verifier="v")
    with pytest.raises(NotConnected, match="invalid or has expired"):
        consent.lines({"code": "used"}, redirect_uri=URL, verifier="v")


def test_consent_without_an_app_of_ours_names_what_is_missing() -> None:
    consent = TikTok.consent()
    assert consent is not None
    assert not consent.is_set_up
    assert consent.needs == "TIKTOK_APP_ID, TIKTOK_APP_SECRET"


def test_a_line_that_stands_is_well_and_tells_when_its_consent_ends(tiktok: TikTokStandIn) -> None:
    tiktok.webhook = URL
    health = TikTok(line()).probe(URL)
    assert (health.problems, health.facts) == ([], {"Account": "@fernway"})
    assert health.expires_at is not None
    assert health.expires_at.timestamp() == pytest.approx(time.time() + 31_536_000, abs=60)


def test_messages_that_go_elsewhere_are_a_problem_that_registering_repairs(tiktok: TikTokStandIn) -> None:
    tiktok.webhook = "https://old.example/webhooks/tiktok"
    (problem,) = TikTok(line()).probe(URL).problems
    assert (problem.code, problem.repair) == ("webhook", "register")
    assert "old.example" in problem.words
    TikTok(line()).connect(URL)
    assert TikTok(line()).probe(URL).problems == []


def test_an_access_that_was_taken_back_wants_consent_again(tiktok: TikTokStandIn) -> None:
    tiktok.revoked()
    (problem,) = TikTok(line()).probe(URL).problems
    assert (problem.code, problem.repair) == ("credentials", "reconnect")
    assert "[40105]" in problem.words


def test_a_provider_that_is_away_is_a_problem_of_its_own() -> None:
    (problem,) = TikTok(line()).probe(URL).problems
    assert problem.code == "unreachable"


def test_access_is_renewed_before_it_ends_and_not_sooner(tiktok: TikTokStandIn) -> None:
    assert TikTok(line()).renew() is None
    soon = line(expires_at=time.time() + RENEW_BEFORE_SECONDS - 60)
    renewed = TikTok(soon).renew()
    assert renewed is not None
    assert renewed["access_token"] in tiktok.access
    assert renewed["refresh_token"] in tiktok.refresh
    assert renewed["app_secret"] == APP_SECRET
    assert TikTok(Line(OPEN_ID, credentials=renewed)).renew() is None


def test_access_that_cannot_be_renewed_is_said(tiktok: TikTokStandIn) -> None:
    tiktok.revoked()
    with pytest.raises(NotConnected, match="invalid or has expired"):
        TikTok(line(expires_at=time.time() - 1)).renew()


def test_while_access_lasts_a_provider_that_is_away_is_no_matter() -> None:
    assert TikTok(line(expires_at=time.time() + 60)).renew() is None
    with pytest.raises(Unreachable):
        TikTok(line(expires_at=time.time() - 60)).renew()
