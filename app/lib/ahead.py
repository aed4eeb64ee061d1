"""What was looked up for many at once, so that each of them finds it without asking; forgotten with the frame."""

from __future__ import annotations

from typing import Any, Final

from app.lib.database import db

UNKNOWN: Final = object()
"""It was not looked up; None says that it was, and there is none."""


def put(kind: str, key: Any, found: Any) -> None:
    _known()[kind, key] = found


def get(kind: str, key: Any) -> Any:
    """What was put, or UNKNOWN."""
    return _known().get((kind, key), UNKNOWN)


def forget() -> None:
    """What was found may not be so any more: a savepoint was rolled back."""
    _known().clear()


def _known() -> dict[tuple[str, Any], Any]:
    known: dict[tuple[str, Any], Any] = db.session().info.setdefault("ahead", {})
    return known
