"""The hours of a week in a time zone: is it open now, when does it open next, since when is it closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from app.errors import Invalid

DAY = 24 * 60


@dataclass(frozen=True, order=True)
class Hours:
    """Open on `day` (0 is Sunday) from `opens_at` to `closes_at`, in minutes of that day; 1440 is its end."""

    day: int
    opens_at: int
    closes_at: int


@dataclass(frozen=True)
class Week:
    zone: str
    hours: tuple[Hours, ...]

    def is_open(self, moment: datetime) -> bool:
        return any(opens <= moment < closes for opens, closes in self._around(moment, days=2))

    def opens_next(self, moment: datetime) -> datetime | None:
        """When it opens after `moment`; None when it never does."""
        return min((opens for opens, _ in self._around(moment, days=8) if opens > moment), default=None)

    def closed_since(self, moment: datetime) -> datetime | None:
        """When it last closed before `moment`; None when it never was open."""
        return max((closes for _, closes in self._around(moment, days=8) if closes <= moment), default=None)

    def _around(self, moment: datetime, *, days: int) -> Iterator[tuple[datetime, datetime]]:
        """The spans of open hours from `days` before to `days` after."""
        today = moment.astimezone(ZoneInfo(self.zone)).date()
        for offset in range(-days, days + 1):
            at = today + timedelta(days=offset)
            for each in self.hours:
                if each.day == at.isoweekday() % 7:
                    yield self._moment(at, each.opens_at), self._moment(at, each.closes_at)

    def _moment(self, at: date, minutes: int) -> datetime:
        """That minute on the clocks of the place: a day on which they change is longer or shorter."""
        whole, rest = divmod(minutes, DAY)
        return datetime.combine(at + timedelta(days=whole), time(rest // 60, rest % 60), ZoneInfo(self.zone))


def week(zone: str, hours: Iterable[Hours]) -> Week:
    """Raises Invalid for a zone nobody knows, and by its day (`hours.3`) for hours that end before they begin or overlap."""
    wrong: dict[str, str] = {}
    if zone not in zones():
        wrong["timezone"] = "This time zone is not known. Choose one, as in Europe/Berlin."
    ordered = sorted(hours)
    for each in ordered:
        if not (0 <= each.day <= 6 and 0 <= each.opens_at <= DAY and 0 <= each.closes_at <= DAY):
            wrong[f"hours.{each.day}"] = "Give times of the day, as in 09:00."
        elif each.closes_at <= each.opens_at:
            wrong[f"hours.{each.day}"] = (
                "It must close after it opens. For a night, end at 00:00 and go on the next day."
            )
    for one, next_ in pairwise(ordered):
        if one.day == next_.day and next_.opens_at < one.closes_at:
            wrong.setdefault(f"hours.{one.day}", "These hours overlap.")
    if wrong:
        raise Invalid(wrong)
    return Week(zone, tuple(ordered))


@cache
def zones() -> frozenset[str]:
    """The names of the zones a person may choose: places, and UTC."""
    return frozenset(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")) | {"UTC"}
