"""Counts how often something was tried, in PostgreSQL, so that limits hold in every process and with Redis away."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import Connection, text

from app.errors import TooMany
from app.lib import crypto
from app.lib.database import side_engine

# A transaction of its own: the count must stay when the request that was counted fails and is rolled back.
Connect = Callable[[], AbstractContextManager[Connection]]

# Two windows make a sliding one: the last one counts by the part of it that still lies within `seconds`. The
# microseconds keep windows of different lengths apart that begin at the same moment.
_HIT = text("""
    WITH moment AS (
      SELECT extract(epoch FROM clock_timestamp())::float8 AS epoch
    ), frame AS (
      SELECT floor(epoch / :seconds) * :seconds AS began,
             epoch - floor(epoch / :seconds) * :seconds AS elapsed
      FROM moment
    ), hit AS (
      INSERT INTO throttles (key, window_start, hits)
      SELECT :key, to_timestamp(began) + :seconds * interval '1 microsecond', 1 FROM frame
      ON CONFLICT (key, window_start) DO UPDATE SET hits = throttles.hits + 1
      RETURNING hits
    )
    SELECT hit.hits, coalesce(before.hits, 0) AS before, frame.elapsed
    FROM hit CROSS JOIN frame LEFT JOIN throttles AS before
      ON before.key = :key
     AND before.window_start = to_timestamp(frame.began - :seconds) + :seconds * interval '1 microsecond'
""")
_CLEAR = text("DELETE FROM throttles WHERE key = :key")
_PURGE = text("DELETE FROM throttles WHERE window_start < clock_timestamp() - interval '3 days'")
LONGEST_SECONDS = 24 * 3600


def throttle(key: str, *, limit: int, seconds: int, connect: Connect | None = None) -> None:
    """Count one try of `key` (`"login:dana@example.com"`); `seconds` is a day at most.

    Raises TooMany when there were `limit` within the last `seconds` already. Only what stands before the key's first
    colon is kept as it is; the rest may be anything a stranger sent.
    """
    if not 0 < seconds <= LONGEST_SECONDS:
        raise ValueError(f"seconds must be from 1 to {LONGEST_SECONDS}")
    with (connect or side_engine().begin)() as connection:
        count = {"key": _stored(key), "seconds": seconds}
        hits, before, elapsed = connection.execute(_HIT, count).one()
        if hits + before * (1 - elapsed / seconds) > limit:
            # Rolls the count back: else whoever keeps trying would lock the rightful one out for good.
            raise TooMany(_wait(hits, before=before, elapsed=elapsed, limit=limit, seconds=seconds))


def clear(key: str, *, connect: Connect | None = None) -> None:
    """Forget every try of `key`, as after a sign-in that succeeded."""
    with (connect or side_engine().begin)() as connection:
        connection.execute(_CLEAR, {"key": _stored(key)})


def purge(*, connect: Connect | None = None) -> int:
    """Drop the windows that no longer count; the number of rows. For the schedule, once an hour."""
    with (connect or side_engine().begin)() as connection:
        return connection.execute(_PURGE).rowcount


def _stored(key: str) -> str:
    # Whatever its length or bytes, a key fits the index, and no address of a person is kept.
    kind, _, rest = key.partition(":")
    return f"{kind}:{crypto.digest(rest)[:32]}"


def _wait(hits: int, *, before: int, elapsed: float, limit: int, seconds: int) -> int:
    """Whole seconds until one more try would be taken, were there none meanwhile."""
    if hits <= limit:
        return max(1, math.ceil(seconds * (1 - (limit - hits) / before) - elapsed))
    # This window is full: in the next one it must have shrunk by one try.
    return math.ceil(seconds - elapsed + seconds / max(limit, 1))
