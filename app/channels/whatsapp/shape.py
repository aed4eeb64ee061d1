"""Reads JSON of which nothing is sure: what is not of the form that is asked for is as good as absent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def mapped(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def worded(value: Any) -> str:
    """Words; a number counts as its digits."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e30 else ""


def number(value: Any) -> int:
    """A whole number, 0 where it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < 2**63 else 0
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19 else 0


def measured(value: Any) -> float | None:
    """A number with a fraction, None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < 1e9 else None
