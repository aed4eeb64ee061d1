"""Reads Telegram's JSON without ever stumbling: what is not of the kind it should be is empty."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

LONGEST_NUMBER = 2**63


def thing(value: Any, *path: str) -> dict[str, Any]:
    """The object at `path`; empty when there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def things(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LONGEST_NUMBER else 0


def coordinate(value: Any, most: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= most else None


def moment(value: Any) -> datetime | None:
    """Seconds since 1970."""
    seconds = number(value)
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 10**10 else None


def full_name(person: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (text(person.get("first_name")).strip(), text(person.get("last_name")).strip())))
