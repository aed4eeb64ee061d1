"""Another site cannot act in anybody's name, and every page keeps the strict policy."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app.blueprints.frame import CSP, PROVEN_DOORS, SAFE_METHODS
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Event
from tests.at_the_door import ALICE, browser_of
from tests.cast import Cast

# A script of JSON is data, not run.
INLINE = r"""<script(?![^>]*(?:\ssrc=|type="application/json"))|\son[a-z]+=|\sstyle=|javascript:"""

FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost:81"},
    {"Origin": "https://evil.example/http://localhost"},
    {"Origin": "http://["},
]


def address_of(rule: Rule, cast: Cast) -> str:
    """The rule with something plausible in each of its places."""

    def filled(found: re.Match[str]) -> str:
        kind, name = found[1] or "", found[2]
        if name == "account_id":
            return str(cast.account_id)
        return "0b8c2f3e-6a58-4c2c-9a4b-0d7b8a3e9f11" if "uuid" in kind else "1" if "int" in kind else "x"

    return re.sub(r"<(?:([^:<>]+):)?([^<>]+)>", filled, rule.rule)


def guarded_writes(app: Flask) -> list[tuple[str, Rule]]:
    return [
        (method, rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - SAFE_METHODS)
        if rule.endpoint.split(".")[0] not in PROVEN_DOORS
    ]


def test_every_write_is_refused_from_another_site(app: Flask, cast: Cast) -> None:
    client = browser_of(app, ALICE)
    writes = guarded_writes(app)
    assert len(writes) > 20
    for method, rule in writes:
        for headers in FOREIGN[:4]:
            answer = client.open(address_of(rule, cast), method=method, headers=headers)
            assert answer.status_code == 403, (method, rule.rule, headers)
    with transaction(cast.account_id):
        assert db.session.query(Event).count() == 0


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_whatever_another_site_says_of_itself(app: Flask, cast: Cast, headers: dict[str, str]) -> None:
    client = browser_of(app, ALICE)
    assert client.post("/logout", headers=headers).status_code == 403
    assert client.post("/login", headers=headers, data={"email": ALICE}).status_code == 403
    assert client.get("/profile").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost"},
        {},
    ],
    ids=str,
)
def test_our_own_pages_may(app: Flask, cast: Cast, headers: dict[str, str]) -> None:
    assert browser_of(app, ALICE).put("/profile/theme", data={"theme": "dark"}, headers=headers).status_code == 204


def test_every_page_has_the_strict_policy_and_no_inline_script(app: Flask, cast: Cast) -> None:
    client = browser_of(app, ALICE)
    seen = 0
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or rule.endpoint.split(".")[0] in PROVEN_DOORS | {
            "sockets",
            "signed_files",
        }:
            continue
        answer = client.get(address_of(rule, cast))
        assert answer.status_code < 500, rule.rule
        if answer.mimetype != "text/html":
            continue
        seen += 1
        # One exact sheet of colours may be let in by its hash; nothing that runs.
        policy = re.sub(r"(style-src 'self') 'sha256-[\w+/=]{44}'", r"\1", answer.headers["Content-Security-Policy"])
        assert policy == CSP, rule.rule
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert not re.search(INLINE, answer.text), rule.rule
    assert seen > 15


def test_a_stranger_is_led_to_the_sign_in_from_every_page_of_the_desk(
    app: Flask, client: FlaskClient, cast: Cast
) -> None:
    for rule in app.url_map.iter_rules():
        is_of_desk = rule.rule.startswith(("/accounts/", "/profile"))
        if not is_of_desk or rule.endpoint.split(".")[0] == "sockets":
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = client.open(address_of(rule, cast), method=method)
            assert answer.status_code == 303, (method, rule.rule)
            assert answer.location.startswith("/login"), (method, rule.rule)
