"""Reads what strangers sent as JSON: a value of another type than was meant is as good as none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def a_dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def a_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def a_text(value: Any) -> str:
    """Numbers are taken as well: ids are written either way."""
    if isinstance(value, str):
        return value
    # More digits than that are refused by Python itself (CVE-2020-10735), and are no id.
    is_number = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**40
    return str(value) if is_number else ""


def as_json(value: Any) -> Any:
    """What a text says as JSON, None when it is none; what is no text stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None
