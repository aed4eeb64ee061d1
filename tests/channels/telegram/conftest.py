"""Telegram for the tests: its stand-in, and the line of a bot that it knows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.channels.base import Fact, File, Line, Outbound
from app.channels.telegram.channel import Telegram
from app.channels.telegram.updates import letter_of
from tests.fakes.provider import serving
from tests.fakes.telegram import BOT, DANA, TOKEN
from tests.fakes.telegram import Telegram as StandIn

PAYLOADS = Path(__file__).parents[2] / "payloads" / "telegram"
HOOK = "https://desk.example/webhooks/telegram/token"
TYPES = {"png": "image/png", "gif": "image/gif", "mp4": "video/mp4", "mp3": "audio/mpeg", "ogg": "audio/ogg"}


@pytest.fixture
def context(parley: Flask) -> Iterator[Flask]:
    with parley.app_context():
        yield parley


@pytest.fixture
def telegram(context: Flask) -> Iterator[StandIn]:
    with serving(StandIn()) as stand_in:
        yield stand_in


def bot(**settings: Any) -> Telegram:
    return Telegram(Line(str(BOT["id"]), "token", "Fernway", {"bot_token": TOKEN}, settings))


def recorded(name: str) -> dict[str, Any]:
    update: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return update


def said(name: str) -> list[Fact]:
    letter = letter_of("token", recorded(name))
    assert letter
    return list(bot().parse(letter))


def a_file(name: str, content: bytes = b"file", kind: str = "") -> File:
    content_type = TYPES.get(name.rpartition(".")[2], "application/pdf")
    found = kind or content_type.partition("/")[0].replace("application", "file")
    return File(name, content_type, len(content), found, f"https://desk.example/{name}", lambda: BytesIO(content))


def outbound(text: str = "", files: Sequence[File] = (), **more: Any) -> Outbound:
    return Outbound(key="k-0", to=str(DANA["id"]), text=text, files=files, **more)
