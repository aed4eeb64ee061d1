"""The visit goes on in a window of its own, by a secret that works once."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.lib import redis
from tests.visitors import Visitor

CODE = "5f" * 32


def test_a_secret_opens_the_visit_once(dana: Visitor) -> None:
    dana.say("Hello")
    assert dana.ask("post", "hand-over/redemption", token=None, json={"code": CODE}).status_code == 404
    assert dana.ask("post", "hand-over", json={"code": CODE}).status_code == 204
    redeemed = dana.ask("post", "hand-over/redemption", token=None, json={"code": CODE})
    assert "Hello" in dana.ask("get", "messages", token=redeemed.get_json()["token"]).get_json()["html"]
    assert dana.ask("post", "hand-over/redemption", token=None, json={"code": CODE}).status_code == 404


def test_what_a_secret_stands_for_is_not_changed_and_not_kept_long(dana: Visitor, client: FlaskClient) -> None:
    dana.say("Hello")
    dana.ask("post", "hand-over", json={"code": CODE})
    other = Visitor(client, dana.cast)
    assert other.ask("post", "hand-over", json={"code": CODE}).status_code == 204
    [place] = list(redis.client().scan_iter("widget-hand-over:*"))
    assert CODE not in str(place)
    assert 0 < redis.client().ttl(place) <= 60
    token = dana.ask("post", "hand-over/redemption", token=None, json={"code": CODE}).get_json()["token"]
    assert "Hello" in dana.ask("get", "messages", token=token).get_json()["html"]


@pytest.mark.parametrize("code", [None, "", "short", "g" * 64, "5F" * 32, CODE + "0", {"a": 1}, ["5f" * 32], 7])
def test_what_is_no_secret_is_refused(dana: Visitor, code: object) -> None:
    assert dana.ask("post", "hand-over", json={"code": code}).status_code == 422
    assert dana.ask("post", "hand-over/redemption", json={"code": code}).status_code == 422


def test_whoever_has_no_token_hands_nothing_over(dana: Visitor) -> None:
    assert dana.ask("post", "hand-over", token=None, json={"code": CODE}).status_code == 401
    assert dana.ask("post", "hand-over", token="forged", json={"code": CODE}).status_code == 401
