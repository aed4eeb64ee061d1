"""A number at the stand-in, and letters as they were recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.actions import connect
from app.channels.base import Envelope, Fact, Line
from app.channels.whatsapp import arrivals
from app.channels.whatsapp.channel import Whatsapp
from app.ledger.drain import drain
from app.ledger.transaction import transaction
from app.lib.queue import Queue
from app.models import Inbox
from tests.cast import Cast, alice
from tests.channels.whatsapp.forms import ALL
from tests.fakes.provider import serving
from tests.fakes.whatsapp import ACCOUNT, APP_SECRET, PHONE, TOKEN, WhatsAppGraph
from workers.jobs import JOBS

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


@pytest.fixture
def graph(app: Flask) -> Iterator[WhatsAppGraph]:
    with serving(WhatsAppGraph()) as stand_in:
        stand_in.templates = [*ALL]
        yield stand_in


@pytest.fixture
def inbox(cast: Cast, graph: WhatsAppGraph) -> Inbox:
    line = Whatsapp(Line(PHONE, "a-token", "Fernway", CREDENTIALS)).connect("https://desk.test/webhooks/whatsapp")
    with transaction(cast.account_id):
        made = connect.connect(cast.account_id, "whatsapp", line, members={cast.bob_id}, by=alice(cast).actor)
    drain(Queue.SLOW, JOBS)
    return made
