"""Drains a queue: claims rows of work, runs them, settles, retries and parks them."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.config import settings
from app.ledger.job import Inside, Job, Jobs, Outside, Refused, Unheard
from app.ledger.transaction import Frame, enter, system, transaction
from app.ledger.wake import wake
from app.lib import clock
from app.lib.database import db
from app.lib.queue import Queue
from app.models.work import Work

log = logging.getLogger(__name__)

BATCH = 100
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 3600.0
MAX_ERROR = 2000

# The head of a lane is its oldest open row. While it is claimed, locked or waiting for its next try, the lane waits.
DUE = text("""
    select w.id from work w
    where w.queue = :queue and w.state = 'ready' and w.run_at <= clock_timestamp()
      and (w.claimed_until is null or w.claimed_until < clock_timestamp())
      and (w.lane is null or not exists (
        select 1 from work o where o.queue = w.queue and o.lane = w.lane and o.state = 'ready' and o.id < w.id))
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


@dataclass(frozen=True)
class Claimed:
    """A row of work as it was when claimed."""

    id: int
    account_id: int | None
    job: str
    args: list[Any]
    lane: str | None
    attempts: int
    age: float
    was_handed_over: bool


def drain(queue: Queue, jobs: Jobs) -> int:
    """Work through all that is due in `queue`, for `drain_seconds` at the most; returns how many rows were settled.

    Looks once more after the last empty claim; when time is up it wakes the next.
    """
    deadline = time.monotonic() + settings().drain_seconds
    done, empty = 0, 0
    while empty < 2:
        if time.monotonic() > deadline:
            wake(queue)
            break
        settled = _drain_once(queue, jobs)
        done += settled
        empty = 0 if settled else empty + 1
    return done


def _drain_once(queue: Queue, jobs: Jobs) -> int:
    """One batch: inside jobs of one account at once, or one outside job."""
    outside: Claimed | None = None
    settled = 0
    with system(why="claiming work"):
        due = _claim(queue)
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
        _run_outside(outside, jobs)
        return 1
    return settled


def _claim(queue: Queue) -> list[Claimed]:
    ids = db.session.execute(DUE, {"queue": queue.value, "limit": BATCH}).scalars().all()
    return _read(ids)


def _read(ids: Sequence[int]) -> list[Claimed]:
    rows = db.session.scalars(select(Work).where(Work.id.in_(ids)).order_by(Work.run_at, Work.id)).all()
    now = clock.now()
    claimed = [
        Claimed(
            row.id,
            row.account_id,
            row.job,
            row.args,
            row.lane,
            row.attempts,
            (now - row.created_at).total_seconds(),
            row.handed_over_at is not None,
        )
        for row in rows
    ]
    for row in rows:
        db.session.expunge(row)
    return claimed


def _run_inside(session: Session, queue: Queue, rows: list[Claimed], jobs: Jobs) -> int:
    """Run each in a savepoint; ends of rows commit with the effects. A lane goes on in order until one fails."""
    done: list[int] = []
    failed: list[tuple[Claimed, str]] = []
    enter(Frame(rows[0].account_id, "running work"))
    pending = list(reversed(rows))
    count = 0
    while pending:
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
        _put_off(row, error, jobs.get(row.job))
    # What the jobs wished for belongs to their account.
    session.info["frame"] = Frame(rows[0].account_id, "settling work")
    return count


def _following(queue: Queue, row: Claimed) -> Claimed | None:
    found = db.session.execute(
        FOLLOWING, {"queue": queue.value, "lane": row.lane, "id": row.id, "account_id": row.account_id}
    ).scalars()
    return next(iter(_read(found.all())), None)


def _attempt(session: Session, row: Claimed, job: Job | None) -> str | None:
    """The error, or None. What a failed one recorded or wished for is forgotten with its savepoint."""
    if not isinstance(job, Inside):
        return f"There is no job {row.job}."
    noted = {name: list(session.info.get(name, [])) for name in ("events", "wishes")}
    locked = set(session.info.get("locked", set()))
    try:
        with session.begin_nested():
            job.run(*row.args)
            session.flush()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        reason = _words(error)
    except Exception as error:
        log.exception("%s %s failed", row.job, row.args)
        reason = _words(error)
    else:
        return None
    session.info.update(noted)
    session.info["locked"] = locked
    return reason


def _lease(row: Claimed) -> None:
    db.session.execute(
        update(Work)
        .where(Work.id == row.id)
        .values(claimed_until=clock.now() + timedelta(seconds=settings().lease_seconds))
    )


def _run_outside(row: Claimed, jobs: Jobs) -> None:
    job = jobs[row.job]
    assert isinstance(job, Outside)
    if row.was_handed_over and not job.repeatable:
        _leave_unsure(row, job, "The worker died after the hand-over.")
        return
    try:
        with _of(row):
            plan = job.prepare(*row.args)
            if plan is None:
                db.session.execute(delete(Work).where(Work.id == row.id))
            else:
                _update(row, handed_over_at=clock.now(), attempts=row.attempts + 1)
        if plan is None:
            return
        result = job.call(plan)
    except Refused as refusal:
        with _of(row):
            job.refuse(plan, str(refusal))
            db.session.execute(delete(Work).where(Work.id == row.id))
    except Exception as error:
        log.warning("%s %s failed: %s", row.job, row.args, error)
        if isinstance(error, Unheard) and not job.repeatable:
            _leave_unsure(row, job, _words(error))
            return
        with _of(row):
            _put_off(row, _words(error), job)
    else:
        with _of(row):
            job.settle(plan, result)
            db.session.execute(delete(Work).where(Work.id == row.id))


def _leave_unsure(row: Claimed, job: Outside, reason: str) -> None:
    """It may have arrived, or not: say so instead of sending it twice."""
    with _of(row):
        job.lost(*row.args)
        _update(row, state="unsure", claimed_until=None, last_error=reason)


def _of(row: Claimed) -> Any:
    """The frame that a row's work belongs in."""
    return system(why="work of no account") if row.account_id is None else transaction(row.account_id)


def _update(row: Claimed, **values: Any) -> None:
    db.session.execute(update(Work).where(Work.id == row.id).values(**values))


def _put_off(row: Claimed, error: str, job: Job | None) -> None:
    """Try again after a growing, jittered pause; past the job's window park the row, which frees its lane."""
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.attempts, 20)) * random.uniform(0.5, 1.0)  # noqa: S311
    if job is None or row.age + pause > job.window:
        log.error("parked %s %s: %s", row.job, row.args, error)
        _update(
            row, state="parked", attempts=row.attempts + 1, last_error=error, claimed_until=None, handed_over_at=None
        )
    else:
        _update(
            row,
            run_at=clock.now() + timedelta(seconds=pause),
            attempts=row.attempts + 1,
            last_error=error,
            claimed_until=None,
            handed_over_at=None,
        )


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:MAX_ERROR]
