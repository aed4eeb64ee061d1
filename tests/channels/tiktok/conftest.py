"""TikTok for the tests: its stand-in, and the line of an account that consented to it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.channels.base import Envelope, Fact, Knock, Line
from app.channels.tiktok.channel import TikTok
from app.lib import crypto
from tests.fakes.provider import serving
from tests.fakes.tiktok import APP_ID, APP_SECRET, DAY, OPEN_ID, YEAR, TikTokStandIn

PAYLOADS = Path(__file__).parents[2] / "payloads" / "tiktok"


@pytest.fixture
def context(parley: Flask) -> Iterator[Flask]:
    with parley.app_context():
        yield parley


@pytest.fixture
def tiktok() -> Iterator[TikTokStandIn]:
    with serving(TikTokStandIn()) as stand_in:
        yield stand_in


def credentials(**given: Any) -> dict[str, Any]:
    return {
        "app_id": APP_ID,
        "app_secret": APP_SECRET,
        "access_token": "act.first",
        "refresh_token": "rft.first",
        "access_of": crypto.digest(str(given.get("refresh_token", "rft.first"))),
        "expires_at": time.time() + DAY,
        "refresh_expires_at": time.time() + YEAR,
        **given,
    }


def line(**given: Any) -> Line:
    return Line(OPEN_ID, "token", "Fernway", credentials(**given), {"username": "fernway"})


def recorded(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def letter(name: str) -> Envelope:
    (only,) = TikTok.sort(a_knock(recorded(name)))
    return only


def said(name: str) -> list[Fact]:
    return list(TikTok(line()).parse(letter(name)))


def a_knock(body: bytes, headers: dict[str, str] | None = None) -> Knock:
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    return Knock("POST", "", "http://desk.test/webhooks/tiktok", lower, {}, body)


def content_of(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(json.loads(recorded(name))["content"])
    return told
