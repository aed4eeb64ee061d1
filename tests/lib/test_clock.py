"""The clock is aware and speaks UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.lib.clock import now


def test_now_is_the_present_in_utc() -> None:
    assert now().tzinfo is UTC
    assert abs(datetime.now(UTC) - now()) < timedelta(seconds=1)
