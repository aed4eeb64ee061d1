"""X for the tests: its stand-in, and the line of a profile whose keys were typed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.channels.base import Envelope, Fact, Knock, Line
from app.channels.x.channel import XProfile
from tests.fakes.provider import serving
from tests.fakes.x import CONSUMER, PROFILE, TOKEN, XStandIn

PAYLOADS = Path(__file__).parents[2] / "payloads" / "x"
KEYS = {
    "consumer_key": CONSUMER[0],
    "consumer_secret": CONSUMER[1],
    "access_token": TOKEN[0],
    "access_token_secret": TOKEN[1],
}


@pytest.fixture
def context(parley: Flask) -> Iterator[Flask]:
    with parley.app_context():
        yield parley


@pytest.fixture
def x() -> Iterator[XStandIn]:
    with serving(XStandIn()) as stand_in:
        yield stand_in


def line(settings: dict[str, Any] | None = None, **given: Any) -> Line:
    return Line(PROFILE, "token", "Fernway", given or KEYS, {"username": "fernway", **(settings or {})})


def recorded(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def told(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(recorded(name))
    return body


def a_knock(body: bytes = b"", headers: dict[str, str] | None = None, **given: Any) -> Knock:
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    return Knock(
        **{"method": "POST", "path": "", "url": "http://desk.test/webhooks/x", "query": {}, **given},
        headers=lower,
        body=body,
    )


def letters(name: str) -> Sequence[Envelope]:
    return XProfile.sort(a_knock(recorded(name)))


def said(name: str, settings: dict[str, Any] | None = None) -> list[Fact]:
    channel = XProfile(line(settings))
    return [fact for letter in letters(name) for fact in channel.parse(letter)]


def saying(body: dict[str, Any]) -> list[Fact]:
    return [
        fact for letter in XProfile.sort(a_knock(json.dumps(body).encode())) for fact in XProfile(line()).parse(letter)
    ]
