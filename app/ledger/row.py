"""A row of work that was claimed, and the ways it goes back: later, parked, or changed."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update

from app.lib import clock
from app.lib.database import db
from app.lib.queue import NotYet, TryAgain, Unheard
from app.models.work import Work

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 3600.0
MAX_ERROR = 2000
ENDED: dict[str, Any] = {"claimed_until": None, "handed_over_at": None}


@dataclass(frozen=True)
class Claimed:
    """A row of work as it was when claimed; `age` in seconds; `is_held`: its failing keeps its lane waiting for a while."""

    id: int
    account_id: int | None
    job: str
    args: list[Any]
    lane: str | None
    attempts: int
    age: float
    was_handed_over: bool
    is_held: bool = False


def change(row: Claimed, **values: Any) -> None:
    db.session.execute(update(Work).where(Work.id == row.id).values(**values))


def remove(row: Claimed) -> None:
    db.session.execute(delete(Work).where(Work.id == row.id))


def postpone(row: Claimed, early: NotYet) -> None:
    """It was too early: no failure, and not counted."""
    change(row, run_at=clock.now() + timedelta(seconds=early.seconds), **ENDED)
    if early.meanwhile is not None:
        early.meanwhile()


def put_off(
    row: Claimed, error: str, *, window: float, after: float | None = None, holds: float | None = None
) -> datetime | None:
    """Try again after a growing, jittered pause, or `after` seconds; past the `window` park the row, which frees its lane.

    Returns when it is tried again, None when it is parked. The first failure begins to count for `holds`.
    """
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.attempts, 20)) * random.uniform(0.5, 1.0)  # noqa: S311
    if after is not None:
        pause = max(after, 1.0)
    if row.age + pause > window:
        log.error("parked %s %s: %s", row.job, row.args, error)
        change(row, state="parked", attempts=row.attempts + 1, last_error=error, **ENDED)
        return None
    at = clock.now() + timedelta(seconds=pause)
    limit = {} if holds is None or row.is_held else {"holds_until": clock.now() + timedelta(seconds=holds)}
    change(row, run_at=at, attempts=row.attempts + 1, last_error=error, **limit, **ENDED)
    return at


def words_of(error: BaseException) -> str:
    """What is said in plain words already stays so; anything else is named by its kind."""
    plain = isinstance(error, TryAgain | Unheard)
    return (str(error) if plain else f"{type(error).__name__}: {error}")[:MAX_ERROR]
