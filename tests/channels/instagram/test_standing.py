"""How an Instagram inbox stands: connected in both ways, proven, probed, renewed before its access ends, taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.channels.base import Knock, Line, NotConnected, Person, Unreachable
from app.channels.instagram.channel import Instagram, by_pages
from app.errors import NotAllowed
from app.lib import clock, crypto
from tests.channels.contract.instagram import LINE
from tests.fakes import messenger
from tests.fakes.instagram import (
    APP_ID,
    APP_SECRET,
    GRETA,
    TOKEN,
    YOUNG_TOKEN,
    InstagramGraph,
    InstagramLoginPage,
    PageGraph,
)
from tests.fakes.messenger import INSTAGRAM_ID, PAGE_ID, PAGE_TOKEN
from tests.fakes.meta_rules import refusal

pytestmark = pytest.mark.usefixtures("context")
URL = "https://desk.example/webhooks/instagram"
BACK = "https://desk.example/consent/instagram"
ITSELF = Line("", name="Shop", credentials={"access_token": TOKEN, "app_secret": APP_SECRET})
BY_PAGE = Line(
    "",
    credentials={"access_token": PAGE_TOKEN, "app_secret": messenger.APP_SECRET},
    settings={"login": "facebook"},
)


def wrong(line: Line) -> dict[str, str]:
    with pytest.raises(NotConnected) as refused:
        Instagram(line).connect(URL)
    return refused.value.fields


def knock(secret: str) -> Knock:
    return Knock("POST", "", URL, {"x-hub-signature-256": f"sha256={crypto.hmac_hex(secret, b'{}')}"}, {}, b"{}")


def aged(*, issued: timedelta, left: timedelta, token: str = TOKEN) -> Instagram:
    now = clock.now()
    dates = {"issued_at": (now - issued).isoformat(), "expires_at": (now + left).isoformat()}
    return Instagram(replace(LINE, credentials={**LINE.credentials, "access_token": token, **dates}))


def ends_in(credentials: Any) -> timedelta:
    return Instagram(replace(LINE, credentials=credentials)).probe(URL).expires_at - clock.now()  # type: ignore[operator]


def test_an_account_lets_us_in_itself(graph: InstagramGraph) -> None:
    line = Instagram(ITSELF).connect(URL)
    assert (line.address, line.name) == (INSTAGRAM_ID, "Shop")
    assert line.settings == {"login": "instagram", "username": "fernway.cycles"}
    assert {"messages", "messaging_seen", "message_edit"} <= set(graph.subscribed)
    assert Instagram(line).place == "@fernway.cycles"
    # What was typed is renewed at once: only then is it known when it ends.
    assert graph.renewals == 1
    assert timedelta(days=59) < ends_in(line.credentials) < timedelta(days=61)


def test_a_token_made_today_is_taken_to_last_sixty_days(graph: InstagramGraph) -> None:
    line = Instagram(replace(ITSELF, credentials={**ITSELF.credentials, "access_token": YOUNG_TOKEN})).connect(URL)
    assert line.credentials["access_token"] == YOUNG_TOKEN
    assert timedelta(days=59) < ends_in(line.credentials) < timedelta(days=61)


def test_an_account_is_let_in_through_its_page(page_graph: PageGraph) -> None:
    line = Instagram(BY_PAGE).connect(URL)
    assert (line.address, line.name) == (INSTAGRAM_ID, "fernway.cycles")
    assert line.settings == {
        "login": "facebook",
        "page_id": PAGE_ID,
        "username": "fernway.cycles",
    }
    assert "messages" in page_graph.subscribed
    assert list(Instagram(line).probe(URL).problems) == []


def test_the_token_tells_which_login_it_is_of(graph: InstagramGraph, page_graph: PageGraph) -> None:
    said_wrong = replace(ITSELF, settings={"login": "facebook"})
    assert Instagram(said_wrong).connect(URL).settings["login"] == "instagram"
    assert Instagram(replace(BY_PAGE, settings={})).connect(URL).settings["login"] == "facebook"


def test_what_is_wrong_stands_at_its_field_in_metas_words(graph: InstagramGraph, page_graph: PageGraph) -> None:
    nonsense = {**ITSELF.credentials, "access_token": "IGAA-nonsense"}
    assert "Invalid OAuth access token" in wrong(replace(ITSELF, credentials=nonsense))["access_token"]
    assert "app secret" in wrong(replace(ITSELF, credentials={"access_token": TOKEN}))["app_secret"]
    page_graph.has_instagram = False
    assert wrong(BY_PAGE) == {"access_token": "No Instagram account is linked to the page Fernway Cycles."}
    page_graph.scopes.remove("instagram_manage_messages")
    assert wrong(BY_PAGE) == {"access_token": "The token lacks instagram_manage_messages."}
    assert graph.subscribed == page_graph.subscribed == []


def test_a_version_that_knows_fewer_things_is_subscribed_to_those(graph: InstagramGraph) -> None:
    graph.subscribable -= {"message_edit", "standby"}
    Instagram(ITSELF).connect(URL)
    assert set(graph.subscribed) == graph.subscribable


def test_a_delivery_is_proven_by_the_app_it_comes_from(installed: None) -> None:
    itself, by_page = Line(INSTAGRAM_ID), Line(INSTAGRAM_ID, settings={"login": "facebook"})
    for secret in (APP_SECRET, messenger.APP_SECRET):
        Instagram(itself).verify(knock(secret))
    Instagram(by_page).verify(knock(messenger.APP_SECRET))
    own = Line(INSTAGRAM_ID, credentials={"app_secret": "own"})
    Instagram(own).verify(knock("own"))
    for line, secret in ((by_page, APP_SECRET), (own, APP_SECRET), (itself, "guessed")):
        with pytest.raises(NotAllowed):
            Instagram(line).verify(knock(secret))


@pytest.mark.parametrize(
    ("issued", "left", "is_renewed"),
    [
        (timedelta(days=51), timedelta(days=9), True),
        (timedelta(days=49), timedelta(days=11), False),
        (timedelta(hours=23), timedelta(days=9), False),
    ],
)
def test_a_token_is_renewed_in_its_last_ten_days_once_it_is_a_day_old(
    graph: InstagramGraph, issued: timedelta, left: timedelta, is_renewed: bool
) -> None:
    anew = aged(issued=issued, left=left).renew()
    assert (anew is not None) == is_renewed == bool(graph.renewals)
    if anew is not None:
        assert anew["app_secret"] == APP_SECRET
        assert ends_in(anew) > timedelta(days=59)


def test_a_token_that_cannot_be_renewed_asks_to_be_let_in_again(graph: InstagramGraph) -> None:
    with pytest.raises(NotConnected) as refused:
        aged(issued=timedelta(days=61), left=-timedelta(days=1), token="IGAA-expired").renew()
    assert "Session has expired" in refused.value.fields["access_token"]


def test_a_renewal_waits_for_instagram() -> None:
    with pytest.raises(Unreachable):
        aged(issued=timedelta(days=51), left=timedelta(days=9)).renew()


def test_a_token_of_a_page_does_not_end(page_graph: PageGraph) -> None:
    channel = Instagram(Instagram(BY_PAGE).connect(URL))
    assert channel.renew() is None
    assert channel.probe(URL).expires_at is None


def test_what_is_wrong_is_told_with_its_repair(graph: InstagramGraph) -> None:
    channel = Instagram(Instagram(ITSELF).connect(URL))
    assert list(channel.probe(URL).problems) == []
    graph.subscribed = []
    (silent,) = channel.probe(URL).problems
    assert (silent.code, silent.repair) == ("unsubscribed", "register")
    graph.tokens.clear()
    (shut_out,) = channel.probe(URL).problems
    assert (shut_out.code, shut_out.repair) == ("credentials", "settings")


def test_instagram_being_away_is_told() -> None:
    (problem,) = Instagram(LINE).probe(URL).problems
    assert problem.code == "unreachable"
    with pytest.raises(Unreachable):
        Instagram(LINE).disconnect(URL)


def test_a_removed_inbox_no_longer_hears(graph: InstagramGraph) -> None:
    channel = Instagram(Instagram(ITSELF).connect(URL))
    channel.disconnect(URL)
    assert graph.subscribed == []
    graph.tokens.clear()
    channel.disconnect(URL)


def test_instagrams_login_brings_a_line(graph: InstagramGraph, login: InstagramLoginPage, installed: None) -> None:
    consent = Instagram.consent()
    assert consent
    assert (consent.label, consent.is_set_up) == ("Instagram", True)
    asked = dict(parse_qsl(urlsplit(consent.url(redirect_uri=BACK, state="s", verifier="v")).query))
    assert (asked["client_id"], asked["redirect_uri"], asked["state"]) == (APP_ID, BACK, "s")
    assert "instagram_business_manage_messages" in asked["scope"].split(",")
    (line,) = consent.lines({"code": "a-code#_"}, redirect_uri=BACK, verifier="v")
    assert (line.address, line.name) == (INSTAGRAM_ID, "Fernway Cycles")
    connected = Instagram(line).connect(URL)
    assert (connected.address, connected.credentials["access_token"]) == (INSTAGRAM_ID, TOKEN)
    # It is known when it ends: nothing is to be renewed.
    assert graph.renewals == 0


def test_a_consent_that_was_refused_or_used_says_so(login: InstagramLoginPage, installed: None) -> None:
    consent = Instagram.consent()
    assert consent
    for query, words in (
        ({"error": "access_denied", "error_reason": "user_denied"}, "user_denied"),
        ({"code": "used"}, "Matching code was not found or was already used"),
    ):
        with pytest.raises(NotConnected) as refused:
            consent.lines(query, redirect_uri=BACK, verifier="v")
        assert words in str(refused.value)


def test_facebooks_login_brings_the_accounts_of_pages(page_graph: PageGraph, installed: None) -> None:
    (line,) = by_pages().lines({"code": "a-code"}, redirect_uri=BACK, verifier="v")
    assert (line.address, line.name) == (INSTAGRAM_ID, "fernway.cycles")
    assert Instagram(line).connect(URL).settings["login"] == "facebook"
    # An account that let us in itself before goes on through its page.
    other = Instagram(replace(LINE, credentials={**LINE.credentials, **line.credentials})).connect(URL)
    assert (other.settings["login"], Instagram(other).sender) == ("facebook", PAGE_ID)
    assert Instagram(other).renew() is None
    page_graph.has_instagram = False
    with pytest.raises(NotConnected) as refused:
        by_pages().lines({"code": "a-code"}, redirect_uri=BACK, verifier="v")
    assert "Instagram account" in str(refused.value)


def test_without_an_app_there_is_nothing_to_consent_to() -> None:
    consent = Instagram.consent()
    assert consent
    assert not consent.is_set_up
    assert "INSTAGRAM_APP_ID" in consent.needs


def test_people_are_known_by_what_instagram_tells(graph: InstagramGraph) -> None:
    assert Instagram(LINE).profile(GRETA) == Person(
        GRETA,
        name="Greta Lindqvist",
        avatar_ref={"url": f"{graph.url}/cdn/greta.png"},
        attributes={
            "social_instagram_user_name": "greta.rides",
            "social_instagram_follower_count": 812,
            "social_instagram_is_verified_user": False,
            "social_instagram_is_user_follow_business": True,
            "social_instagram_is_business_follow_user": False,
            "social_profiles": {"instagram": "greta.rides"},
        },
    )


def test_people_who_never_consented_have_no_profile(graph: InstagramGraph) -> None:
    graph.troubled["8"] = refusal("User consent is required to access user profile.", code=230)
    assert Instagram(LINE).profile("8") is None


@pytest.mark.parametrize("code", [100, 9010])
def test_people_who_are_gone_or_blocked_us_are_unknown(graph: InstagramGraph, code: int) -> None:
    graph.troubled["8"] = refusal("No matching Instagram user", code=code)
    assert Instagram(LINE).profile("8") == Person("8", name="Unknown (IG: 8)")


def test_asking_who_they_are_needs_access(graph: InstagramGraph) -> None:
    graph.tokens.clear()
    with pytest.raises(NotConnected):
        Instagram(LINE).profile(GRETA)
