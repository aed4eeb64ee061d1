"""A number at the stand-in, and letters as they were recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.channels.base import Envelope, Fact, Line
from app.channels.whatsapp import arrivals
from app.channels.whatsapp.channel import Whatsapp
from tests.fakes.provider import serving
from tests.fakes.whatsapp import ACCOUNT, APP_SECRET, PHONE, TOKEN, WhatsAppGraph

PAYLOADS = Path(__file__).parents[2] / "payloads/whatsapp"
CREDENTIALS = {
    "phone_number_id": PHONE,
    "business_account_id": ACCOUNT,
    "access_token": TOKEN,
    "app_secret": APP_SECRET,
}


@pytest.fixture
def meta(parley: Flask) -> Iterator[WhatsAppGraph]:
    with parley.app_context(), serving(WhatsAppGraph()) as stand_in:
        yield stand_in


@pytest.fixture
def channel(meta: WhatsAppGraph) -> Whatsapp:
    return Whatsapp(Line(PHONE, "token", "Fernway", CREDENTIALS))


def body_of(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return told


def letters_of(name: str) -> list[Envelope]:
    return arrivals.letters(body_of(name))


def facts_of(name: str) -> Sequence[Fact]:
    return [fact for letter in letters_of(name) for fact in arrivals.facts(letter.payload)]


Given = Callable[[str], Any]
