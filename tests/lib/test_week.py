"""The hours of a week: open, closed, next opening, across midnights and the days when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.errors import Invalid
from app.lib.week import Hours, week

USUAL = [Hours(day, 540, 1020) for day in range(1, 6)]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_it_is_open_in_the_places_own_time() -> None:
    berlin = week("Europe/Berlin", USUAL)
    assert not berlin.is_open(at("2026-11-23 07:59"))
    assert berlin.is_open(at("2026-11-23 08:00"))
    assert not berlin.is_open(at("2026-11-23 16:00"))
    # In summer it is an hour earlier elsewhere.
    assert berlin.is_open(at("2026-06-01 07:00"))


def test_it_opens_next_after_the_weekend() -> None:
    berlin = week("Europe/Berlin", USUAL)
    assert berlin.opens_next(at("2026-11-27 16:30")) == at("2026-11-30 08:00")
    assert berlin.closed_since(at("2026-11-29 12:00")) == at("2026-11-27 16:00")


def test_a_pause_at_noon_and_a_night_are_kept() -> None:
    hours = week("UTC", [Hours(1, 540, 720), Hours(1, 780, 1440), Hours(2, 0, 360)])
    assert [hours.is_open(at(f"2026-11-23 {clock}")) for clock in ("11:59", "12:30", "13:00", "23:59")] == [
        True,
        False,
        True,
        True,
    ]
    assert hours.is_open(at("2026-11-24 00:00"))
    assert hours.opens_next(at("2026-11-23 12:30")) == at("2026-11-23 13:00")


def test_a_day_of_25_hours_is_open_until_its_end() -> None:
    always = week("Europe/Berlin", [Hours(0, 0, 1440)])
    assert always.is_open(at("2026-10-24 22:30"))
    assert always.is_open(at("2026-10-25 22:59"))
    assert not always.is_open(at("2026-10-25 23:00"))


def test_a_week_without_hours_never_opens() -> None:
    never = week("UTC", [])
    assert not never.is_open(at("2026-11-23 12:00"))
    assert never.opens_next(at("2026-11-23 12:00")) is None
    assert never.closed_since(at("2026-11-23 12:00")) is None


@pytest.mark.parametrize(
    ("zone", "hours", "field"),
    [
        ("Mars/Olympus", [], "timezone"),
        ("", [], "timezone"),
        ("../etc/passwd", [], "timezone"),
        ("UTC", [Hours(3, 540, 540)], "hours.3"),
        ("UTC", [Hours(3, 1020, 540)], "hours.3"),
        ("UTC", [Hours(4, 540, 720), Hours(4, 700, 800)], "hours.4"),
        ("UTC", [Hours(2, 0, 1441)], "hours.2"),
        ("UTC", [Hours(7, 0, 10)], "hours.7"),
        ("UTC", [Hours(1, -1, 10)], "hours.1"),
    ],
)
def test_what_cannot_be_is_refused_by_its_day(zone: str, hours: list[Hours], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        week(zone, hours)
    assert field in refused.value.fields
