"""How an X inbox stands: connected by keys or consent, heard by the app's webhook, probed, renewed."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from flask import Flask

from app.channels.base import Line, NotConnected, Unreachable
from app.channels.x.access import RENEW_BEFORE_SECONDS
from app.channels.x.channel import XProfile
from app.channels.x.letters import sealed, unsealed
from tests.channels.x.conftest import KEYS, line
from tests.conftest import Ground, make_settings
from tests.fakes.provider import serving
from tests.fakes.x import CLIENT, CONSUMER, PROFILE, XLogin, XStandIn

pytestmark = pytest.mark.usefixtures("context")
URL = "https://desk.example/webhooks/x"


@pytest.fixture
def set_up(context: Flask, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_settings(
        ground,
        x_client_id=CLIENT[0],
        x_client_secret=CLIENT[1],
        x_consumer_key=CONSUMER[0],
        x_consumer_secret=CONSUMER[1],
    )
    monkeypatch.setitem(context.config, "PARLEY", settings)


def consented(**given: Any) -> Line:
    kept = {"bearer_token": "bearer.first", "refresh_token": "refresh.first", "expires_at": time.time() + 7200, **given}
    return Line(PROFILE, "token", "Fernway", kept, {"username": "fernway"})


def test_keys_become_a_line_that_x_tells_of(x: XStandIn) -> None:
    made = XProfile(Line("", "token", "", KEYS)).connect(URL)
    assert (made.address, made.token, made.name) == (PROFILE, "token", "Fernway Cycles")
    assert made.settings == {"username": "fernway"}
    assert XProfile(made).place == "@fernway"
    ((webhook_id, webhook),) = x.webhooks.items()
    home, _, path = webhook["url"].rpartition("/")
    assert (home, unsealed(path)) == (URL, CONSUMER[1])
    assert x.subscribed == {(webhook_id, PROFILE)}


def test_a_line_that_stands_is_connected_again_without_a_second_webhook(x: XStandIn) -> None:
    first = XProfile(Line("", "token", "", KEYS)).connect(URL)
    XProfile(first).connect(URL)
    assert len(x.webhooks) == 1


def test_a_webhook_of_another_app_or_place_is_not_ours(x: XStandIn) -> None:
    others = [URL, f"{URL}/{sealed('another-secret')}", f"{URL}/odd", "https://old.example/webhooks/x"]
    x.webhooks = {str(n): {"id": str(n), "url": url, "valid": True} for n, url in enumerate(others)}
    XProfile(Line("", credentials=KEYS)).connect(URL)
    assert len(x.webhooks) == 5


def test_a_webhook_that_x_found_wanting_is_tried_again(x: XStandIn, set_up: None) -> None:
    x.webhooks = {"1": {"id": "1", "url": URL, "valid": False}}
    XProfile(consented()).connect(URL)
    assert x.webhooks["1"]["valid"]
    assert x.subscribed == {("1", PROFILE)}


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"access_token": "odd"}, "access_token", "X says: Unauthorized"),
        ({"consumer_secret": "odd"}, "access_token", "X says: Unauthorized"),
        ({"access_token_secret": ""}, "access_token_secret", "All four are needed"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(x: XStandIn, given: dict[str, str], field: str, words: str) -> None:
    with pytest.raises(NotConnected) as refused:
        XProfile(Line("", credentials={**KEYS, **given})).connect(URL)
    assert words in refused.value.fields[field]
    assert x.webhooks == {}


def test_a_webhook_that_x_cannot_reach_is_said_in_its_words(x: XStandIn) -> None:
    x.tries_webhooks = True
    with pytest.raises(NotConnected, match="CrcValidationFailed"):
        XProfile(Line("", credentials=KEYS)).connect("http://127.0.0.1:1/webhooks/x")
    assert x.subscribed == set()


def test_a_provider_that_is_away_is_said_as_well() -> None:
    with pytest.raises(NotConnected, match="connection"):
        XProfile(Line("", credentials=KEYS)).connect(URL)


def test_an_app_that_has_only_the_newer_api_for_events_subscribes_to_each(x: XStandIn, set_up: None) -> None:
    x.has_account_activity = False
    made = XProfile(consented()).connect(URL)
    assert {each["event_type"] for each in x.activity} >= {"dm.received", "dm.sent", "post.mention.create"}
    assert {each["filter"]["user_id"] for each in x.activity} == {PROFILE}
    assert {each["webhook_id"] for each in x.activity} == set(x.webhooks)
    assert XProfile(made).probe(URL).problems == []


def test_a_profile_consents_on_xs_page_and_comes_back_with_a_line(x: XStandIn, set_up: None) -> None:
    consent = XProfile.consent()
    assert consent is not None
    assert consent.is_set_up
    back = "https://desk.example/consent/x"
    with serving(XLogin(x)):
        page = httpx.get(consent.url(redirect_uri=back, state="state", verifier="v" * 43))
    assert page.status_code == 302
    returned = httpx.URL(page.headers["location"])
    assert returned.params["state"] == "state"
    (made,) = consent.lines(dict(returned.params), redirect_uri=back, verifier="v" * 43)
    assert (made.address, made.name) == (PROFILE, "Fernway Cycles")
    assert made.credentials["bearer_token"] in x.bearers
    XProfile(made).connect(URL)
    assert [each["url"] for each in x.webhooks.values()] == [URL]


def test_consent_is_for_whoever_asked_for_it(x: XStandIn, set_up: None) -> None:
    consent = XProfile.consent()
    assert consent is not None
    code = x.consented(URL, "the challenge of somebody else")
    with pytest.raises(NotConnected, match="Value passed for the token was invalid"):
        consent.lines({"code": code}, redirect_uri=URL, verifier="v" * 43)
    with pytest.raises(NotConnected, match="access_denied"):
        consent.lines({"error": "access_denied"}, redirect_uri=URL, verifier="v")


def test_a_profile_that_did_not_allow_everything_is_told_so(x: XStandIn, set_up: None) -> None:
    x.scope = "tweet.read users.read offline.access"
    with pytest.raises(NotConnected, match=r"dm\.read, dm\.write, media\.write, tweet\.write is missing"):
        XProfile(consented(expires_at=time.time() - 1)).renew()


def test_consent_without_an_app_of_ours_names_what_is_missing() -> None:
    consent = XProfile.consent()
    assert consent is not None
    assert not consent.is_set_up
    assert "X_CONSUMER_KEY" in consent.needs


def test_a_line_that_stands_is_well(x: XStandIn) -> None:
    made = XProfile(Line("", credentials=KEYS)).connect(URL)
    health = XProfile(made).probe(URL)
    assert (health.problems, health.facts) == ([], {"Profile": "@fernway"})


def test_what_stands_in_the_way_of_hearing_is_told_and_repaired(x: XStandIn) -> None:
    made = XProfile(Line("", credentials=KEYS)).connect(URL)
    x.subscribed.clear()
    assert [(each.code, each.repair) for each in XProfile(made).probe(URL).problems] == [("subscription", "register")]
    x.webhooks.clear()
    assert [(each.code, each.repair) for each in XProfile(made).probe(URL).problems] == [("webhook", "register")]
    XProfile(made).connect(URL)
    assert XProfile(made).probe(URL).problems == []


def test_a_webhook_that_was_found_wanting_is_well_again_after_a_probe(x: XStandIn) -> None:
    made = XProfile(Line("", credentials=KEYS)).connect(URL)
    (webhook,) = x.webhooks.values()
    webhook["valid"] = False
    assert XProfile(made).probe(URL).problems == []
    assert webhook["valid"]


def test_an_access_that_was_taken_back_wants_consent_again(x: XStandIn) -> None:
    made = XProfile(Line("", credentials=KEYS)).connect(URL)
    x.keys_are_good = False
    (problem,) = XProfile(made).probe(URL).problems
    assert (problem.code, problem.repair) == ("credentials", "reconnect")


def test_a_probe_asks_for_nobodys_posts_or_names(x: XStandIn) -> None:
    """X charges for those."""
    made = XProfile(Line("", credentials=KEYS)).connect(URL)
    x.asked.clear()
    XProfile(made).probe(URL)
    assert {asked.path.split("/")[2] for asked in x.asked} == {"token", "webhooks", "account_activity"}


def test_a_provider_that_is_away_is_a_problem_of_its_own() -> None:
    (problem,) = XProfile(line()).probe(URL).problems
    assert problem.code == "unreachable"


def test_a_profile_is_let_go_and_the_webhook_stays_for_others(x: XStandIn) -> None:
    made = XProfile(Line("", credentials=KEYS)).connect(URL)
    XProfile(made).disconnect(URL)
    assert x.subscribed == set()
    assert len(x.webhooks) == 1


def test_letting_go_of_a_provider_that_is_away_says_so() -> None:
    with pytest.raises(Unreachable):
        XProfile(line()).disconnect(URL)


def test_keys_need_no_renewal() -> None:
    assert XProfile(line()).renew() is None


def test_access_is_renewed_before_it_ends_and_the_new_refresh_token_is_kept(x: XStandIn, set_up: None) -> None:
    assert XProfile(consented()).renew() is None
    renewed = XProfile(consented(expires_at=time.time() + RENEW_BEFORE_SECONDS - 60)).renew()
    assert renewed is not None
    assert renewed["bearer_token"] in x.bearers
    assert renewed["refresh_token"] in x.refresh
    assert "refresh.first" not in x.refresh
    again = XProfile(Line(PROFILE, credentials={**renewed, "expires_at": 0})).renew()
    assert again is not None


def test_a_refresh_token_that_was_used_is_said_in_xs_words(x: XStandIn, set_up: None) -> None:
    x.refresh.clear()
    with pytest.raises(NotConnected, match="Value passed for the token was invalid"):
        XProfile(consented(expires_at=time.time() - 1)).renew()


def test_while_access_lasts_a_provider_that_is_away_is_no_matter(set_up: None) -> None:
    assert XProfile(consented(expires_at=time.time() + 60)).renew() is None
    with pytest.raises(Unreachable):
        XProfile(consented(expires_at=time.time() - 60)).renew()
