"""Twilio for the tests: its stand-in, a channel on it, and letters as they were recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.channels.base import Envelope, Fact, File, Knock, Outbound
from app.channels.twilio_sms.channel import TwilioSms
from tests.channels.contract.twilio_sms import DANA, a_line
from tests.fakes.twilio_services import Served, twilio_serving

PAYLOADS = Path(__file__).parents[2] / "payloads" / "twilio_sms"
NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))


@pytest.fixture
def context(parley: Flask) -> Iterator[Flask]:
    with parley.app_context():
        yield parley


@pytest.fixture
def there(context: Flask) -> Iterator[Served]:
    with twilio_serving() as served:
        yield served


def recorded(name: str) -> dict[str, str]:
    told: dict[str, str] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return told


def said(name: str) -> Sequence[Fact]:
    return a_channel().parse(Envelope("token", "dana", name, recorded(name)))


def the(name: str) -> Any:
    """The one thing it says."""
    (only,) = said(name)
    return only


def a_channel(**settings: Any) -> TwilioSms:
    return TwilioSms(a_line(**settings))


def outbound(text: str = "It is back.", *files: File, to: str = DANA, **more: Any) -> Outbound:
    return Outbound(key="message-0", to=to, text=text, files=files, **more)


def a_file(name: str = "bell.png", content_type: str = "image/png", size: int = 4) -> File:
    kind = content_type.partition("/")[0]
    kind = kind if kind in ("image", "audio", "video") else "file"
    return File(name, content_type, size, kind, f"https://desk.test/files/{name}", lambda: BytesIO(b"file"))


def a_knock(url: str, request: dict[str, Any], path: str = "token", method: str = "POST") -> Knock:
    headers = {name.lower(): value for name, value in request["headers"].items()}
    headers["content-type"] = request["content_type"]
    return Knock(method, path, url, headers, {}, request["data"].encode())
