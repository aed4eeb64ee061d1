"""Times as the API tells them: seconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime

from app.errors import Invalid


def unix(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def unix_or_zero(moment: datetime | None) -> int:
    return unix(moment) or 0


def iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(seconds: float | None, *, field: str) -> datetime | None:
    """Raises Invalid for `field` when no calendar has such a second."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise Invalid({field: "Give a time as seconds since 1970."}) from None
