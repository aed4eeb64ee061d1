"""Bandwidth for the tests: its stand-in, a channel on it, and events as they were recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from app.channels.base import Envelope, Fact, File, Knock, Outbound
from app.channels.sms.channel import Sms
from tests.channels.contract.sms import DANA, PAYLOADS, a_line
from tests.fakes.bandwidth import Served, bandwidth_serving

URL = "http://localhost/webhooks/sms/token"
NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))


@pytest.fixture
def context(parley: Flask) -> Iterator[Flask]:
    with parley.app_context():
        yield parley


@pytest.fixture
def there(context: Flask) -> Iterator[Served]:
    with bandwidth_serving() as served:
        yield served


def recorded(name: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return told


def letters(name: str) -> Sequence[Envelope]:
    return Sms.sort(a_knock(recorded(name)))


def said(name: str) -> list[Fact]:
    return [fact for letter in letters(name) for fact in a_channel().parse(letter)]


def the(name: str) -> Any:
    (only,) = said(name)
    return only


def a_channel(**settings: Any) -> Sms:
    return Sms(a_line(**settings))


def a_knock(events: Any, headers: dict[str, str] | None = None) -> Knock:
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    return Knock("POST", "token", URL, lower, {}, json.dumps(events).encode())


def outbound(text: str = "It is back.", *files: File, to: str = DANA, **more: Any) -> Outbound:
    return Outbound(key="message-0", to=to, text=text, files=files, **more)


def a_file(name: str = "bell.png", content_type: str = "image/png", size: int = 4) -> File:
    kind = content_type.partition("/")[0]
    kind = kind if kind in ("image", "audio", "video") else "file"
    return File(name, content_type, size, kind, f"https://desk.test/files/{name}", lambda: BytesIO(b"file"))
