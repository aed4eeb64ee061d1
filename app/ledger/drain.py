"""Drains a queue: goes through its shares in turn, claims rows of work, runs and settles them."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.config import settings
from app.ledger.job import Inside, Job, Jobs, NotYet, Outside, TryAgain
from app.ledger.outside import run_outside
from app.ledger.row import Claimed, postpone, put_off, words_of
from app.ledger.transaction import Frame, enter, system
from app.ledger.wake import wake
from app.lib import ahead, clock
from app.lib.database import db
from app.lib.queue import Queue
from app.models.work import Work

log = logging.getLogger(__name__)

BATCH = 100
# The shares' turns together: long enough that commits are few, short enough that nobody waits long for the others.
TURN_SECONDS = 0.3
SHORTEST_TURN_SECONDS = 0.1
# How many of a turn are looked up together: all of them run, so that nothing is looked up in vain.
TOGETHER = 10
# How many calls to the world one share may have under way: a provider that hangs does not take all hands.
MOST_CALLS = 3

# The shares of a queue that have something due: one step along the index for each, however much work it has.
SHARES = text("""
    with recursive shares as (
      (select share from work where queue = :queue and state = 'ready' order by share limit 1)
      union all
      select (select w.share from work w
              where w.queue = :queue and w.state = 'ready' and w.share > s.share order by w.share limit 1)
      from shares s where s.share is not null
    )
    select share from shares
    where share is not null
      and exists (
        select 1 from work w
        where w.queue = :queue and w.share = shares.share and w.state = 'ready' and w.run_at <= clock_timestamp()
          and (w.claimed_until is null or w.claimed_until < clock_timestamp()))
      and (select count(*) from work w
           where w.queue = :queue and w.share = shares.share and w.state = 'ready' and w.claimed_until is not null
             and w.claimed_until > clock_timestamp()) < :most_calls
""")
# The head of a lane is its oldest open row. While it is claimed, locked or waiting for its next try, the lane waits,
# unless it has held the others up for long enough.
DUE = text("""
    select w.id from work w
    where w.queue = :queue and w.share = :share and w.state = 'ready' and w.run_at <= clock_timestamp()
      and (w.claimed_until is null or w.claimed_until < clock_timestamp())
      and (w.lane is null or not exists (
        select 1 from work o
        where o.queue = w.queue and o.lane = w.lane and o.state = 'ready' and o.id < w.id
          and (o.holds_until is null or o.holds_until > clock_timestamp())))
    order by w.run_at, w.id limit :limit
    for update of w skip locked
""")
# What comes behind the heads in their lanes, oldest first.
FOLLOWING = text("""
    select w.id, w.lane, w.run_at <= clock_timestamp() and w.claimed_until is null
      and w.account_id is not distinct from :account_id as is_due
    from work w
    where w.queue = :queue and w.lane = any(:lanes) and w.state = 'ready' and w.id <> all(:heads)
    order by w.id limit :limit
    for update of w skip locked
""")


def drain(queue: Queue, jobs: Jobs, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Work through all that is due in `queue`, for `drain_seconds` at the most; returns how many rows were settled.

    Looks once more after the last empty claim; when time is up it wakes the next. Ends early when told to `stop`.
    """
    deadline = time.monotonic() + settings().drain_seconds
    done, empty = 0, 0
    while empty < 2:
        settled = 0
        shares = _shares(queue)
        turn = max(SHORTEST_TURN_SECONDS, TURN_SECONDS / max(len(shares), 1))
        for share in shares:
            if stop() or time.monotonic() > deadline:
                wake(queue)
                return done + settled
            settled += _take_turn(queue, share, jobs, turn)
        done += settled
        empty = 0 if settled else empty + 1
    return done


def _shares(queue: Queue) -> list[str]:
    """In another order each time, so that of several workers each begins elsewhere."""
    with system(why="claiming work"):
        found = db.session.execute(SHARES, {"queue": queue.value, "most_calls": MOST_CALLS}).scalars().all()
    return random.sample(list(found), len(found))


def _take_turn(queue: Queue, share: str, jobs: Jobs, seconds: float) -> int:
    """One batch of a share, for about as many seconds: inside jobs of one account at once, or one outside job."""
    outside: Claimed | None = None
    settled = 0
    with system(why="claiming work"):
        due = _claim(queue, share)
        if not due:
            return 0
        first = due[0]
        if isinstance(jobs.get(first.job), Outside):
            outside = first
            _lease(first)
        else:
            mine = [
                row for row in due if row.account_id == first.account_id and not isinstance(jobs.get(row.job), Outside)
            ]
            settled = _run_inside(db.session(), [*mine, *_following(queue, mine)], jobs, seconds)
    if outside is not None:
        run_outside(outside, jobs[outside.job])
        return 1
    return settled


def _claim(queue: Queue, share: str) -> list[Claimed]:
    ids = db.session.execute(DUE, {"queue": queue.value, "share": share, "limit": BATCH}).scalars().all()
    return _read(ids) if ids else []


def _read(ids: Sequence[int]) -> list[Claimed]:
    rows = db.session.scalars(select(Work).where(Work.id.in_(ids)).order_by(Work.run_at, Work.id)).all()
    now = clock.now()
    claimed = [
        Claimed(
            id=row.id,
            account_id=row.account_id,
            job=row.job,
            args=row.args,
            lane=row.lane,
            attempts=row.attempts,
            age=(now - row.created_at).total_seconds(),
            was_handed_over=row.handed_over_at is not None,
            is_held=row.holds_until is not None,
        )
        for row in rows
    ]
    for row in rows:
        db.session.expunge(row)
    return claimed


def _run_inside(session: Session, rows: list[Claimed], jobs: Jobs, seconds: float) -> int:
    """Run what there is time for, and settle it; the ends of rows commit with the effects. Returns how many were run.

    All of it is tried at once, which is quick; when one fails, each runs in a savepoint of its own, and a lane goes on
    in order until one fails.
    """
    enter(Frame(rows[0].account_id, "running work"))
    count = _all_at_once(session, rows, jobs, seconds)
    done, failed = (rows[:count], []) if count else _one_by_one(session, rows, jobs, seconds)
    enter(Frame(None, "settling work"))
    if done:
        session.execute(delete(Work).where(Work.id.in_([row.id for row in done])))
    for row, error in failed:
        _put_back(row, error, jobs.get(row.job))
    # What the jobs wished for belongs to their account.
    session.info["frame"] = Frame(rows[0].account_id, "settling work")
    return len(done) + len(failed)


def _all_at_once(session: Session, rows: Sequence[Claimed], jobs: Jobs, seconds: float) -> int:
    """How many were run; 0 when one of them failed, and nothing has happened."""
    noted = _noted(session)
    count, deadline = 0, time.monotonic() + seconds
    try:
        with session.begin_nested():
            while count < len(rows) and (not count or time.monotonic() < deadline):
                some = rows[count : count + TOGETHER]
                _look_ahead(some, jobs)
                for row in some:
                    _job(jobs, row).run(*row.args)
                count += len(some)
            session.flush()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
    except Exception:  # noqa: S110  # whose it is, and what it was, is found out one by one
        pass
    else:
        return count
    _renote(session, noted)
    return 0


def _look_ahead(rows: Sequence[Claimed], jobs: Jobs) -> None:
    for name in dict.fromkeys(row.job for row in rows):
        job = jobs.get(name)
        if isinstance(job, Inside) and job.ahead is not None:
            job.ahead([row.args for row in rows if row.job == name])


def _one_by_one(
    session: Session, rows: Sequence[Claimed], jobs: Jobs, seconds: float
) -> tuple[list[Claimed], list[tuple[Claimed, Exception]]]:
    done: list[Claimed] = []
    failed: list[tuple[Claimed, Exception]] = []
    stopped: set[str | None] = set()
    deadline = time.monotonic() + seconds
    for row in rows:
        if (done or failed) and time.monotonic() > deadline:
            break
        if row.lane is not None and row.lane in stopped:
            continue
        error = _attempt(session, row, jobs)
        if error is None:
            done.append(row)
        else:
            failed.append((row, error))
            stopped.add(row.lane)
    return done, failed


def _following(queue: Queue, heads: Sequence[Claimed]) -> list[Claimed]:
    """What may go on behind the heads: in each lane up to the first that is not due, which holds those behind it."""
    lanes = [row.lane for row in heads if row.lane is not None]
    room = BATCH - len(heads)
    if not lanes or room <= 0:
        return []
    found = db.session.execute(
        FOLLOWING,
        {
            "queue": queue.value,
            "lanes": lanes,
            "heads": [row.id for row in heads],
            "account_id": heads[0].account_id,
            "limit": room,
        },
    ).all()
    held: set[str] = set()
    ids: list[int] = []
    for row_id, lane, is_due in found:
        if not is_due:
            held.add(lane)
        elif lane not in held:
            ids.append(row_id)
    return sorted(_read(ids), key=lambda row: row.id) if ids else []


def _attempt(session: Session, row: Claimed, jobs: Jobs) -> Exception | None:
    """The error, or None. What a failed one recorded or wished for is forgotten with its savepoint."""
    noted = _noted(session)
    try:
        with session.begin_nested():
            _job(jobs, row).run(*row.args)
            session.flush()
    except (NotYet, TryAgain) as early:
        failure: Exception = early
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        failure = error
    except Exception as error:
        log.exception("%s %s failed", row.job, row.args)
        failure = error
    else:
        return None
    _renote(session, noted)
    return failure


def _job(jobs: Jobs, row: Claimed) -> Inside:
    job = jobs.get(row.job)
    if not isinstance(job, Inside):
        raise TryAgain(f"There is no job {row.job}.")
    return job


def _noted(session: Session) -> dict[str, Any]:
    """What stands on the session beside the database, to go back to with it."""
    return {
        "events": list(session.info.get("events", [])),
        "wishes": list(session.info.get("wishes", [])),
        "locked": set(session.info.get("locked", set())),
    }


def _renote(session: Session, noted: dict[str, Any]) -> None:
    session.info.update(noted)
    ahead.forget()


def _put_back(row: Claimed, error: Exception, job: Job | None) -> None:
    if isinstance(error, NotYet):
        postpone(row, error)
    else:
        put_off(row, words_of(error), window=job.window if isinstance(job, Inside) else 0.0)


def _lease(row: Claimed) -> None:
    db.session.execute(
        update(Work)
        .where(Work.id == row.id)
        .values(claimed_until=clock.now() + timedelta(seconds=settings().lease_seconds))
    )
