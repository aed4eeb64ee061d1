"""How a number is connected, looked after and let go, by form and by Meta's own dialog."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from app.channels import meta as shared
from app.channels.base import Knock, Line, NotConnected, Unreachable
from app.channels.whatsapp.channel import Whatsapp
from app.errors import NotAllowed
from tests.channels.whatsapp.conftest import CREDENTIALS, body_of
from tests.fakes.provider import Told
from tests.fakes.whatsapp import ACCOUNT, APP_ID, APP_SECRET, NUMBER, PHONE, TOKEN, WhatsAppGraph

HOOK = "https://desk.test/webhooks/whatsapp"
BACK = "https://desk.test/back"


def given(**changes: Any) -> Whatsapp:
    return Whatsapp(Line("", "token", "", {**CREDENTIALS, **changes}))


def test_a_number_is_connected_live_and_its_webhook_registered(meta: WhatsAppGraph) -> None:
    line = given().connect(HOOK)
    assert (line.address, line.name) == (PHONE, "Fernway Bicycles")
    assert line.settings["phone_number"] == NUMBER
    assert Whatsapp(line).place == NUMBER
    assert meta.webhooks["phone_number"] == HOOK
    assert meta.subscribed == {APP_ID}
    assert Whatsapp(line).probe(HOOK).problems == []


def test_other_numbers_of_the_account_keep_their_webhook(meta: WhatsAppGraph) -> None:
    line = given().connect(HOOK)
    assert meta.webhooks["application"] == "https://elsewhere.example/hook"
    Whatsapp(line).disconnect(HOOK)
    assert "phone_number" not in meta.webhooks
    assert meta.subscribed == {APP_ID}


def test_an_app_that_posts_nothing_anywhere_posts_to_us(meta: WhatsAppGraph) -> None:
    meta.webhooks.clear()
    given().connect(HOOK)
    assert meta.webhooks == {"application": HOOK, "phone_number": HOOK}


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"access_token": "EAAwrong"}, "access_token", "Invalid OAuth access token"),
        ({"phone_number_id": "999"}, "phone_number_id", "does not exist"),
        ({"business_account_id": "999"}, "business_account_id", "does not exist"),
        ({"app_secret": "f" * 32}, "app_secret", "not the secret of the app"),
        ({"app_secret": ""}, "app_secret", "secret of your Meta app"),
        ({"phone_number_id": "+1 555"}, "phone_number_id", "match"),
    ],
)
def test_wrong_credentials_are_told_by_their_field_in_metas_words(
    meta: WhatsAppGraph, changes: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(NotConnected) as refused:
        given(**changes).connect(HOOK)
    assert refused.value.fields.keys() == {field}
    assert words in refused.value.fields[field]
    assert "phone_number" not in meta.webhooks


def test_a_number_of_another_account_is_not_taken(meta: WhatsAppGraph) -> None:
    meta.phone["id"] = "1"
    with pytest.raises(NotConnected) as refused:
        given().connect(HOOK)
    assert "business_account_id" in refused.value.fields


def test_a_new_number_is_registered_with_its_pin(meta: WhatsAppGraph) -> None:
    meta.phone |= {"status": "PENDING", "platform_type": "NOT_APPLICABLE"}
    given(pin="482913").connect(HOOK)
    assert meta.registered_with == "482913"


def test_a_wrong_pin_is_told(meta: WhatsAppGraph) -> None:
    meta.phone |= {"status": "PENDING"}
    meta.registered_with = "111111"
    with pytest.raises(NotConnected) as refused:
        given(pin="482913").connect(HOOK)
    assert "PIN mismatch" in refused.value.fields["pin"]


def test_a_number_that_is_connected_is_not_registered_again(meta: WhatsAppGraph) -> None:
    given(pin="482913").connect(HOOK)
    assert meta.registered_with == ""


def test_a_meta_that_is_away_is_no_wrong_credential(meta: WhatsAppGraph) -> None:
    meta.is_send = lambda asked: True  # type: ignore[method-assign]  # whatever is asked for next
    meta.instead.append(Told(503, b"away"))
    with pytest.raises(Unreachable):
        given().connect(HOOK)


def test_a_probe_tells_quality_limit_and_name(meta: WhatsAppGraph) -> None:
    line = given().connect(HOOK)
    meta.phone |= {"quality_rating": "YELLOW", "whatsapp_business_manager_messaging_limit": "TIER_10K"}
    facts = Whatsapp(line).probe(HOOK).facts
    assert facts["Number"] == NUMBER
    assert facts["Quality"] == "Yellow"
    assert facts["Customers a day"] == "10,000"
    assert facts["Name is"] == "Approved"
    meta.knows_limits = False
    assert Whatsapp(line).probe(HOOK).facts["Quality"] == "Yellow"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": "BANNED"}, "number"),
        ({"status": "FLAGGED"}, "number"),
        ({"quality_rating": "RED"}, "quality"),
        ({"name_status": "DECLINED"}, "name"),
    ],
)
def test_a_probe_tells_what_is_wrong_with_the_number(meta: WhatsAppGraph, changes: dict[str, str], code: str) -> None:
    line = given().connect(HOOK)
    meta.phone |= changes
    assert [problem.code for problem in Whatsapp(line).probe(HOOK).problems] == [code]


def test_a_webhook_that_leads_elsewhere_is_found_and_repaired(meta: WhatsAppGraph) -> None:
    channel = Whatsapp(given().connect(HOOK))
    meta.webhooks["phone_number"] = "https://rival.example/hook"
    (problem,) = channel.probe(HOOK).problems
    assert (problem.code, problem.repair) == ("webhook", "register")
    assert "rival.example" in problem.words
    channel.connect(HOOK)
    assert channel.probe(HOOK).problems == []


def test_an_app_that_is_not_subscribed_is_found(meta: WhatsAppGraph) -> None:
    channel = Whatsapp(given().connect(HOOK))
    meta.subscribed.clear()
    (problem,) = channel.probe(HOOK).problems
    assert (problem.code, problem.repair) == ("subscription", "register")


def test_the_end_of_a_token_is_foreseen_and_told(meta: WhatsAppGraph) -> None:
    line = given().connect(HOOK)
    meta.expires_at = 1_900_000_000
    assert Whatsapp(line).probe(HOOK).expires_at == datetime.fromtimestamp(1_900_000_000, UTC)
    ended = Whatsapp(replace(line, credentials={**line.credentials, "access_token": "ended"}))
    (problem,) = ended.probe(HOOK).problems
    assert (problem.code, problem.repair) == ("credentials", "reconnect")


def test_what_is_kept_and_does_not_fit_is_a_problem_and_no_crash(meta: WhatsAppGraph) -> None:
    (problem,) = Whatsapp(Line(PHONE)).probe(HOOK).problems
    assert problem.repair == "reconnect"


def test_meta_is_let_in_by_the_verify_token_alone(meta: WhatsAppGraph) -> None:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    right = Knock("GET", "", HOOK, {}, {**asked, "hub.verify_token": shared.verify_token()}, b"")
    answer = Whatsapp.greet(right)
    assert answer is not None
    assert answer.body == "1158201444"
    for wrong in ({**asked, "hub.verify_token": "guessed"}, asked, {"hub.verify_token": shared.verify_token()}):
        with pytest.raises(NotAllowed):
            Whatsapp.greet(Knock("GET", "", HOOK, {}, wrong, b""))


def test_an_inbox_with_a_secret_of_its_own_takes_no_other(meta: WhatsAppGraph, parley: Flask) -> None:
    signed = WhatsAppGraph.signed(body_of("text"), secret="the installation's")
    headers = {name.lower(): value for name, value in signed["headers"].items()}
    with pytest.raises(NotAllowed):
        given().verify(Knock("POST", "", HOOK, headers, {}, signed["data"]))
    right = WhatsAppGraph.signed(body_of("text"))
    given().verify(
        Knock("POST", "", HOOK, {"x-hub-signature-256": right["headers"]["X-Hub-Signature-256"]}, {}, right["data"])
    )


def test_what_the_console_wants_to_know_is_shown(meta: WhatsAppGraph) -> None:
    assert given().setup_facts(HOOK) == {"Callback URL": HOOK, "Verify token": shared.verify_token()}


@pytest.fixture
def app_of_meta(meta: WhatsAppGraph, parley: Flask) -> Any:
    before = parley.config["PARLEY"]
    known = {"meta_app_id": APP_ID, "meta_app_secret": APP_SECRET, "meta_signup_config_id": "config-7"}
    parley.config["PARLEY"] = before.model_copy(update=known)
    yield Whatsapp.consent()
    parley.config["PARLEY"] = before


def test_without_an_app_of_metas_there_is_no_dialog(meta: WhatsAppGraph) -> None:
    consent = Whatsapp.consent()
    assert consent is not None
    assert not consent.is_set_up
    assert "META_SIGNUP_CONFIG_ID" in consent.needs


def test_the_dialog_is_metas_with_our_configuration(app_of_meta: Any) -> None:
    assert app_of_meta.is_set_up
    url = urlsplit(app_of_meta.url(redirect_uri=BACK, state="a-state", verifier=""))
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert url.path.endswith("/dialog/oauth")
    assert asked["client_id"] == APP_ID
    assert (asked["config_id"], asked["response_type"], asked["state"]) == ("config-7", "code", "a-state")
    assert asked["redirect_uri"] == BACK


def test_each_number_that_is_shared_is_a_line_and_can_be_connected(app_of_meta: Any, meta: WhatsAppGraph) -> None:
    meta.phone |= {"status": "PENDING", "platform_type": "NOT_APPLICABLE"}
    (line,) = app_of_meta.lines({"code": "a-code"}, redirect_uri=BACK, verifier="")
    assert (line.address, line.name) == (PHONE, "Fernway Bicycles")
    assert line.credentials["business_account_id"] == ACCOUNT
    assert line.credentials["access_token"] == TOKEN
    kept = Whatsapp(line).connect(HOOK)
    assert meta.registered_with == line.credentials["pin"] == kept.credentials["pin"]
    assert Whatsapp(kept).probe(HOOK).problems == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"error": "access_denied", "error_description": "The user denied your request."}, "denied your request"),
        ({}, "nothing"),
        ({"code": "old"}, "expired"),
    ],
)
def test_a_dialog_that_came_to_nothing_says_so(app_of_meta: Any, query: dict[str, str], words: str) -> None:
    with pytest.raises(NotConnected) as refused:
        app_of_meta.lines(query, redirect_uri=BACK, verifier="")
    assert words in str(refused.value)
