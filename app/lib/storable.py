"""Makes anything that came as JSON fit to be kept: what PostgreSQL's jsonb cannot hold is taken out."""

from __future__ import annotations

import math
from typing import Any

_DEEPEST = 60
_LONGEST_NUMBER = 10**30


def storable(value: Any, _depth: int = 0) -> Any:
    """`value` without NUL characters, lone surrogates, NaN, and without what lies deeper than 60 levels."""
    if isinstance(value, str):
        return (
            value.replace("\0", "").encode("utf-8", "replace").decode()
            if not value.isascii() or "\0" in value
            else value
        )
    if isinstance(value, dict):
        return {} if _depth > _DEEPEST else {storable(str(k)): storable(v, _depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [] if _depth > _DEEPEST else [storable(each, _depth + 1) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) < _LONGEST_NUMBER else str(value)[:100] if abs(value) < 10**4000 else None
    return str(value)
