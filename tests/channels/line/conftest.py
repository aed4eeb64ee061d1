"""LINE for the tests: its stand-ins, and the line of an account that they know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import count
from typing import Any

import pytest
from flask import Flask

from app.channels.base import Fact, File, Outbound
from app.channels.line.channel import LineMessenger
from app.channels.line.events import letters_of
from tests.channels.contract.line import a_line, recorded
from tests.fakes.line import DANA, Line, LineData, LineStickers
from tests.fakes.provider import serving

HOOK = "https://desk.example/webhooks/line/token"
TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
}
_keys = count()


@pytest.fixture
def context(parley: Flask) -> Iterator[Flask]:
    with parley.app_context():
        yield parley


@pytest.fixture
def line(context: Flask) -> Iterator[Line]:
    with serving(Line()) as stand_in:
        yield stand_in


@pytest.fixture
def contents(context: Flask) -> Iterator[LineData]:
    with serving(LineData()) as stand_in:
        yield stand_in


@pytest.fixture
def stickers(context: Flask) -> Iterator[LineStickers]:
    with serving(LineStickers()) as stand_in:
        yield stand_in


def account() -> LineMessenger:
    return LineMessenger(a_line())


def said(name: str) -> list[Fact]:
    (letter,) = letters_of("token", recorded(name))
    return list(account().parse(letter))


def a_file(name: str, content: bytes = b"file", size: int = 0) -> File:
    content_type = TYPES.get(name.rpartition(".")[2], "application/pdf")
    url = f"https://desk.example/files/signed/{name}"
    kind = content_type.partition("/")[0].replace("application", "file")
    return File(name, content_type, size or len(content), kind, url, lambda: BytesIO(content))


def outbound(text: str = "", files: Sequence[File] = (), **more: Any) -> Outbound:
    return Outbound(**{"key": f"k-{next(_keys)}", "to": DANA, "text": text, "files": files, **more})
