"""Our signatures of OAuth 1.0a and our calls, judged by oauthlib, by X's own library and by X's own example."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
import requests
import xdk
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from oauthlib.oauth1 import Client
from xdk.activity.models import CreateSubscriptionRequest
from xdk.direct_messages.models import CreateByParticipantIdRequest
from xdk.media.models import InitializeUploadRequest
from xdk.oauth1_auth import OAuth1
from xdk.posts.models import CreateRequest

from app.channels.base import File, Line, Outbound
from app.channels.x.channel import XProfile
from app.channels.x.signing import Keys, authorization
from tests.channels.x.conftest import KEYS, line
from tests.fakes.x import CONSUMER, TOKEN, XStandIn

OURS = Keys(*CONSUMER, *TOKEN)


def test_the_example_of_xs_documentation_is_signed_as_there() -> None:
    """https://docs.x.com/resources/fundamentals/authentication/oauth-1-0a/creating-a-signature"""
    keys = Keys(
        "xvz1evFS4wEEPTGEFPHBog",
        "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
        "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
        "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
    )
    header = authorization(
        keys,
        "POST",
        "https://api.x.com/1.1/statuses/update.json",
        {"include_entities": "true", "status": "Hello Ladies + Gentlemen, a signed OAuth request!"},
        nonce="kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
        at=1318622958,
    )
    assert 'oauth_signature="Ls93hJiZbQ3akF3HF3x1Bz8%2FzU4%3D"' in header


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=st.sampled_from(["/2/tweets", "/2/dm_conversations/with/7/messages", "/2/media/upload"]),
    port=st.sampled_from(["", ":443", ":8080"]),
    params=st.dictionaries(st.text("aZ_09-", min_size=1, max_size=8), st.text(max_size=20), max_size=4),
)
def test_whatever_is_called_is_signed_as_oauthlib_does(
    method: str, path: str, port: str, params: dict[str, str]
) -> None:
    url = f"https://API.x.com{port}{path}"
    judge = Client(CONSUMER[0], CONSUMER[1], TOKEN[0], TOKEN[1], nonce="nonce", timestamp="1793000000")
    prepared = requests.Request(method, url, params=params).prepare()
    _, theirs, _ = judge.sign(str(prepared.url), method)
    ours = authorization(OURS, method, url, params, nonce="nonce", at=1793000000)
    assert _signature(ours) == _signature(theirs["Authorization"])


def test_the_stand_in_takes_what_xs_own_library_sends_and_no_forgery(x: XStandIn) -> None:
    """Then what it says of ours is worth something."""
    auth = OAuth1(*CONSUMER, "https://desk.test/back", *TOKEN)
    library = xdk.Client(base_url=x.url, auth=auth)
    assert library.users.get_me().data.username == "fernway"
    body = CreateByParticipantIdRequest(text="Hello")
    sent = library.direct_messages.create_by_participant_id("3001969357", body)
    assert sent.data.dm_event_id == "1990000000000000001"
    assert library.posts.create(CreateRequest(text="Hello")).data.id == x.posts[0]["id"]
    forger = xdk.Client(base_url=x.url, auth=OAuth1(CONSUMER[0], "odd", "https://desk.test/back", *TOKEN))
    with pytest.raises(requests.HTTPError):
        forger.users.get_me()
    assert len(x.messages) == 1


def test_our_calls_have_the_form_that_xs_own_library_has_for_them(context: Flask, x: XStandIn) -> None:
    x.answers, x.has_account_activity = {"7"}, False
    XProfile(Line("", credentials=KEYS)).connect("https://desk.example/webhooks/x")
    picture = File("wheel.png", "image/png", 7, "image", "https://desk.test/wheel", lambda: BytesIO(b"picture"))
    for thread in ("", "tweet:7"):
        outbound = Outbound("k", "3001969357", "Look", [picture], thread=thread, follows="7")
        XProfile(line()).send(outbound)
    forms = {
        "/2/tweets": CreateRequest,
        "/2/dm_conversations/with/3001969357/messages": CreateByParticipantIdRequest,
        "/2/media/upload/initialize": InitializeUploadRequest,
        "/2/activity/subscriptions": CreateSubscriptionRequest,
    }
    called = [asked for asked in x.asked if asked.path in forms]
    assert {asked.path for asked in called} == set(forms)
    for asked in called:
        assert not _unknown(forms[asked.path].model_validate(asked.json))


def _unknown(model: Any) -> dict[str, Any]:
    """What it has no field for, however deep."""
    within = [value for value in dict(model).values() if hasattr(value, "model_extra")]
    return {**(model.model_extra or {}), **{name: v for each in within for name, v in _unknown(each).items()}}


def _signature(header: str) -> str:
    return header.split('oauth_signature="')[1].split('"')[0]
