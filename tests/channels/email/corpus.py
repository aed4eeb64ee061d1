"""The mails of tests/payloads/email, each with what is to be read from it; and an application that knows its own key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask

from app.config import load_settings
from tests.conftest import SECRET

FOLDER = Path(__file__).resolve().parents[2] / "payloads" / "email"
CASES = sorted(path.stem for path in FOLDER.glob("*.eml"))
OWN = ("support@fernway.example", "support-group@fernway.example")


def raw(case: str) -> bytes:
    return (FOLDER / f"{case}.eml").read_bytes()


def expected(case: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{case}.json").read_text())
    return found


@contextmanager
def own_key() -> Iterator[None]:
    """Our Message-IDs are sealed with the settings' key; nothing else of them is needed here."""
    app = Flask("corpus")
    app.config["PARLEY"] = load_settings(
        environment="test", secret_key=SECRET, database_url="postgresql://nowhere/x", redis_url="redis://nowhere"
    )
    with app.app_context():
        yield
