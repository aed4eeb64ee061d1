"""How a Messenger inbox stands: connected by a token or by Facebook's login, proven, probed, taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.channels import meta
from app.channels.base import Knock, Line, NotConnected, Person, Unreachable
from app.channels.messenger import Messenger
from app.errors import NotAllowed
from app.lib import crypto
from tests.channels.contract.messenger import LINE
from tests.fakes.messenger import APP_ID, APP_SECRET, DANA, PAGE_ID, PAGE_TOKEN, SUBSCRIBABLE, USER_TOKEN, Graph
from tests.fakes.meta_rules import refusal

pytestmark = pytest.mark.usefixtures("context")
URL = "https://desk.example/webhooks/messenger"
TYPED = Line("", name="Shop", credentials={"page_token": PAGE_TOKEN, "app_secret": APP_SECRET})


def wrong(line: Line) -> dict[str, str]:
    with pytest.raises(NotConnected) as refused:
        Messenger(line).connect(URL)
    return refused.value.fields


def knock(body: bytes, secret: str) -> Knock:
    return Knock("POST", "", URL, {"x-hub-signature-256": f"sha256={crypto.hmac_hex(secret, body)}"}, {}, body)


def test_a_token_and_a_secret_are_all_it_takes(graph: Graph) -> None:
    line = Messenger(TYPED).connect(URL)
    assert (line.address, line.name) == (PAGE_ID, "Shop")
    assert line.settings == {"page_id": PAGE_ID, "page_name": "Fernway Cycles"}
    assert line.credentials["app_id"] == APP_ID
    assert graph.callbacks == {"page": URL}
    assert graph.verify_token == meta.verify_token()
    assert set(graph.subscribed) == SUBSCRIBABLE
    assert Messenger(line).place == "Fernway Cycles"


def test_a_persons_token_finds_the_pages_own(graph: Graph) -> None:
    by_person = replace(
        TYPED, credentials={"page_token": USER_TOKEN, "app_secret": APP_SECRET}, settings={"page_id": PAGE_ID}
    )
    assert Messenger(by_person).connect(URL).credentials["page_token"] == PAGE_TOKEN


def test_the_secret_may_be_parleys_own(graph: Graph, installed: None) -> None:
    line = Messenger(Line("", credentials={"page_token": PAGE_TOKEN})).connect(URL)
    assert line.name == "Fernway Cycles"
    Messenger(line).verify(knock(b"{}", APP_SECRET))


def test_a_version_that_knows_fewer_things_is_subscribed_to_those(graph: Graph) -> None:
    graph.subscribable -= {"message_edits", "standby"}
    Messenger(TYPED).connect(URL)
    assert "messages" in graph.subscribed
    assert "message_edits" not in graph.subscribed
    assert graph.posted == set(graph.subscribed)


def test_what_is_wrong_stands_at_its_field_in_metas_words(graph: Graph) -> None:
    credentials = dict(TYPED.credentials)
    bad_token = replace(TYPED, credentials={**credentials, "page_token": "EAAG-nonsense"})
    assert wrong(bad_token) == {"page_token": "(#190) Invalid OAuth access token - Cannot parse access token"}
    bad_secret = replace(TYPED, credentials={**credentials, "app_secret": "nonsense"})
    assert "appsecret_proof" in wrong(bad_secret)["app_secret"]
    assert "app secret" in wrong(replace(TYPED, credentials={"page_token": PAGE_TOKEN}))["app_secret"]
    by_person = replace(TYPED, credentials={**credentials, "page_token": USER_TOKEN})
    assert "node type (User)" in wrong(by_person)["page_token"]
    graph.scopes.remove("pages_messaging")
    assert wrong(TYPED) == {"page_token": "The token lacks pages_messaging."}
    assert graph.callbacks == {}
    assert graph.subscribed == []


def test_graph_being_away_is_no_fault_of_a_field() -> None:
    with pytest.raises(Unreachable):
        Messenger(TYPED).connect(URL)


def test_a_webhook_that_is_registered_already_is_left(graph: Graph) -> None:
    Messenger(TYPED).connect(URL)
    Messenger(TYPED).connect(URL)
    assert sum(asked.path.endswith("/subscriptions") and asked.method == "POST" for asked in graph.asked) == 1


def test_a_webhook_that_hears_less_is_registered_anew(graph: Graph) -> None:
    Messenger(TYPED).connect(URL)
    graph.posted = {"messages"}
    Messenger(TYPED).connect(URL)
    assert graph.posted == SUBSCRIBABLE


def test_a_delivery_is_proven_by_the_apps_secret(installed: None) -> None:
    own = Messenger(Line(PAGE_ID, credentials={"page_token": "x", "app_secret": "own"}))
    own.verify(knock(b"{}", "own"))
    # Its own secret is the only one then.
    for channel, secret in ((own, APP_SECRET), (Messenger(LINE), "own")):
        with pytest.raises(NotAllowed):
            channel.verify(knock(b"{}", secret))
    for headers in ({}, {"x-hub-signature-256": "sha256="}, {"x-hub-signature-256": "ü" * 71}):
        with pytest.raises(NotAllowed):
            Messenger(LINE).verify(Knock("POST", "", URL, headers, {}, b"{}"))


def test_without_any_secret_nothing_is_believed() -> None:
    with pytest.raises(NotAllowed):
        Messenger(Line(PAGE_ID)).verify(knock(b"{}", ""))


def test_the_challenge_is_answered_to_whoever_knows_the_token() -> None:
    asks = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": meta.verify_token()}
    answer = Messenger.greet(Knock("GET", "", URL, {}, asks, b""))
    assert answer
    assert answer.body == "1158201444"
    with pytest.raises(NotAllowed):
        Messenger.greet(Knock("GET", "", URL, {}, {**asks, "hub.verify_token": "guessed"}, b""))
    assert Messenger(LINE).setup_facts(URL) == {"Callback URL": URL, "Verify token": meta.verify_token()}


def test_a_line_that_stands_is_well(graph: Graph) -> None:
    channel = Messenger(Messenger(TYPED).connect(URL))
    health = channel.probe(URL)
    assert (list(health.problems), health.expires_at) == ([], None)
    assert health.facts["App"] == "Fernway desk"


@pytest.mark.parametrize(
    ("harm", "code", "repair"),
    [
        (lambda graph: setattr(graph, "token_is_valid", False), "credentials", "settings"),
        (lambda graph: graph.scopes.remove("pages_messaging"), "scopes", "settings"),
        (lambda graph: graph.subscribed.clear(), "unsubscribed", "register"),
        (lambda graph: graph.callbacks.update(page="https://elsewhere.example/bot"), "webhook", "register"),
        (lambda graph: graph.callbacks.clear(), "webhook", "register"),
        (lambda graph: graph.posted.discard("message_reads"), "webhook", "register"),
    ],
)
def test_what_is_wrong_is_told_with_its_repair(
    graph: Graph, harm: Callable[[Graph], None], code: str, repair: str
) -> None:
    channel = Messenger(Messenger(TYPED).connect(URL))
    harm(graph)
    (problem,) = channel.probe(URL).problems
    assert (problem.code, problem.repair) == (code, repair)


def test_who_came_by_consent_comes_back_by_it(graph: Graph, installed: None) -> None:
    channel = Messenger(Messenger(TYPED).connect(URL))
    graph.token_is_valid = False
    (problem,) = channel.probe(URL).problems
    assert (problem.code, problem.repair) == ("credentials", "reconnect")


def test_graph_being_away_is_told_and_repairs_itself() -> None:
    (problem,) = Messenger(LINE).probe(URL).problems
    assert (problem.code, problem.repair) == ("unreachable", "")


def test_a_removed_inbox_no_longer_hears(graph: Graph) -> None:
    channel = Messenger(Messenger(TYPED).connect(URL))
    channel.disconnect(URL)
    assert graph.subscribed == []
    graph.token_is_valid = False
    channel.disconnect(URL)


def test_a_removal_waits_for_graph() -> None:
    with pytest.raises(Unreachable):
        Messenger(LINE).disconnect(URL)


def test_facebooks_login_brings_a_line_for_each_page(graph: Graph, installed: None) -> None:
    consent = Messenger.consent()
    assert consent
    assert consent.is_set_up
    asked = dict(parse_qsl(urlsplit(consent.url(redirect_uri="https://d.example/c", state="s", verifier="v")).query))
    assert (asked["client_id"], asked["redirect_uri"], asked["state"]) == (APP_ID, "https://d.example/c", "s")
    assert "pages_messaging" in asked["scope"].split(",")
    (line,) = consent.lines({"code": "a-code"}, redirect_uri="https://d.example/c", verifier="v")
    assert (line.address, line.name, line.credentials) == (
        PAGE_ID,
        "Fernway Cycles",
        {"page_token": PAGE_TOKEN, "app_secret": ""},
    )
    assert Messenger(line).connect(URL).credentials["app_id"] == APP_ID


def test_a_consent_that_was_refused_or_used_says_so(graph: Graph, installed: None) -> None:
    consent = Messenger.consent()
    assert consent
    for query, words in (
        ({"error": "access_denied", "error_description": "Permissions error"}, "Permissions error"),
        ({}, "Facebook did not let us in."),
        ({"code": "used"}, "authorization code has been used"),
    ):
        with pytest.raises(NotConnected) as refused:
            consent.lines(query, redirect_uri="https://d.example/c", verifier="v")
        assert words in str(refused.value)


def test_without_a_meta_app_there_is_nothing_to_consent_to() -> None:
    consent = Messenger.consent()
    assert consent
    assert not consent.is_set_up
    assert "META_APP_ID" in consent.needs


def test_people_have_a_name_and_a_picture(graph: Graph) -> None:
    assert Messenger(LINE).profile(DANA) == Person(
        DANA, name="Dana Reyes", avatar_ref={"url": f"{graph.url}/cdn/dana.png"}
    )


def test_people_who_do_not_let_apps_know_have_none(graph: Graph) -> None:
    assert Messenger(LINE).profile("8") is None


def test_asking_who_they_are_fails_in_its_two_ways(graph: Graph) -> None:
    graph.token_is_valid = False
    with pytest.raises(NotConnected):
        Messenger(LINE).profile(DANA)


def test_asking_who_they_are_waits_for_graph() -> None:
    with pytest.raises(Unreachable):
        Messenger(LINE).profile(DANA)


def test_a_limit_of_graphs_is_no_reason_to_connect_again(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    told = refusal("Application request limit reached", code=4)
    monkeypatch.setattr(graph, "answer", lambda _: told)
    with pytest.raises(Unreachable):
        Messenger(LINE).profile(DANA)
    (problem,) = Messenger(LINE).probe(URL).problems
    assert problem.code == "unreachable"
