"""Meta's own library is the judge: of our proofs, of what we subscribe to, and of how we read what Graph refuses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from facebook_business import apiconfig
from facebook_business.adobjects.page import Page
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

from app.channels.base import DeliveryFailed, Outbound
from app.channels.messenger import Messenger
from app.channels.meta import VERSION, GraphError
from app.channels.meta_messaging import page
from tests.fakes.messenger import APP_ID, APP_SECRET, DANA, PAGE_ID, PAGE_TOKEN, Graph

ANSWER = Outbound(key="message-7-0", to=DANA, text="It is back.")


@pytest.fixture
def library(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> Iterator[FacebookAdsApi]:
    """It believes that the stand-in is Graph."""
    monkeypatch.setattr(FacebookSession, "GRAPH", graph.url)
    monkeypatch.setitem(apiconfig.ads_api_config, "API_VERSION", VERSION)
    yield FacebookAdsApi.init(APP_ID, APP_SECRET, PAGE_TOKEN, api_version=VERSION, crash_log=False)
    FacebookAdsApi.set_default_api(None)


def test_our_proof_is_the_one_it_makes(messenger: Messenger, graph: Graph) -> None:
    messenger.send(ANSWER)
    theirs = FacebookSession(APP_ID, APP_SECRET, PAGE_TOKEN).appsecret_proof
    assert graph.asked[0].query["appsecret_proof"] == theirs


def test_what_we_subscribe_to_is_there() -> None:
    known = {value for name, value in vars(Page.SubscribedFields).items() if not name.startswith("_")}
    assert set(page.FIELDS) <= known


def test_the_stand_in_speaks_as_it_expects_graph_to(library: FacebookAdsApi, graph: Graph) -> None:
    ours = Page(PAGE_ID, api=library)
    assert ours.api_get(fields=["name"])["name"] == "Fernway Cycles"
    graph.subscribed = ["messages"]
    (app,) = ours.get_subscribed_apps()
    assert (app["id"], app["subscribed_fields"]) == (APP_ID, ["messages"])


def test_it_reads_a_refusal_as_we_do(library: FacebookAdsApi, messenger: Messenger, graph: Graph) -> None:
    graph.token_is_valid = False
    with pytest.raises(FacebookRequestError) as theirs:
        Page(PAGE_ID, api=library).api_get(fields=["name"])
    with pytest.raises(DeliveryFailed) as ours:
        messenger.send(ANSWER)
    assert isinstance(ours.value, GraphError)
    assert (ours.value.code, ours.value.subcode) == (
        theirs.value.api_error_code(),
        theirs.value.api_error_subcode() or 0,
    )
    assert theirs.value.api_error_message() in ours.value.reason
    assert ours.value.wants_sign_in
