"""Drains a queue: goes through its shares in turn, claims rows of work, runs and settles them."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.config import settings
from app.ledger.job import Inside, Job, Jobs, NotYet, Outside, TryAgain
from app.ledger.outside import run_outside
from app.ledger.row import Claimed, postpone, put_off, words_of
from app.ledger.transaction import Frame, enter, system
from app.ledger.wake import wake
from app.lib import clock
from app.lib.database import db
from app.lib.queue import Queue
from app.models.work import Work

log = logging.getLogger(__name__)

BATCH = 100
# One share's turn: long enough that commits are few, short enough that nobody else waits for it.
TURN_SECONDS = 0.3
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
# The next of a lane, and no other: one that is not due yet holds those behind it.
FOLLOWING = text("""
    select w.id from work w
    where w.id = (
        select min(o.id) from work o where o.queue = :queue and o.lane = :lane and o.state = 'ready' and o.id > :id)
      and w.run_at <= clock_timestamp() and w.claimed_until is null and w.account_id is not distinct from :account_id
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
        for share in _shares(queue):
            if stop() or time.monotonic() > deadline:
                wake(queue)
                return done + settled
            settled += _take_turn(queue, share, jobs)
        done += settled
        empty = 0 if settled else empty + 1
    return done


def _shares(queue: Queue) -> list[str]:
    """In another order each time, so that of several workers each begins elsewhere."""
    with system(why="claiming work"):
        found = db.session.execute(SHARES, {"queue": queue.value, "most_calls": MOST_CALLS}).scalars().all()
    return random.sample(list(found), len(found))


def _take_turn(queue: Queue, share: str, jobs: Jobs) -> int:
    """One batch of a share: inside jobs of one account at once, or one outside job."""
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
            settled = _run_inside(db.session(), queue, mine, jobs)
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


def _run_inside(session: Session, queue: Queue, rows: list[Claimed], jobs: Jobs) -> int:
    """Run each in a savepoint; ends of rows commit with the effects. A lane goes on in order until one fails."""
    done: list[int] = []
    failed: list[tuple[Claimed, Exception]] = []
    enter(Frame(rows[0].account_id, "running work"))
    pending = list(reversed(rows))
    count, deadline = 0, time.monotonic() + TURN_SECONDS
    while pending and (not count or time.monotonic() < deadline):
        row = pending.pop()
        count += 1
        error = _attempt(session, row, jobs.get(row.job))
        if error is None:
            done.append(row.id)
            if row.lane is not None and count + len(pending) < BATCH and (after := _following(queue, row)):
                pending.append(after)
        else:
            failed.append((row, error))
    enter(Frame(None, "settling work"))
    if done:
        session.execute(delete(Work).where(Work.id.in_(done)))
    for row, error in failed:
        _put_back(row, error, jobs.get(row.job))
    # What the jobs wished for belongs to their account.
    session.info["frame"] = Frame(rows[0].account_id, "settling work")
    return count


def _following(queue: Queue, row: Claimed) -> Claimed | None:
    found = db.session.execute(
        FOLLOWING, {"queue": queue.value, "lane": row.lane, "id": row.id, "account_id": row.account_id}
    ).scalars()
    ids = found.all()
    return _read(ids)[0] if ids else None


def _attempt(session: Session, row: Claimed, job: Job | None) -> Exception | None:
    """The error, or None. What a failed one recorded or wished for is forgotten with its savepoint."""
    if not isinstance(job, Inside):
        return TryAgain(f"There is no job {row.job}.")
    noted = {name: list(session.info.get(name, [])) for name in ("events", "wishes")}
    locked = set(session.info.get("locked", set()))
    try:
        with session.begin_nested():
            job.run(*row.args)
            session.flush()
    except NotYet as early:
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
    session.info.update(noted)
    session.info["locked"] = locked
    return failure


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
