"""Runs a piece of outside work: prepare and commit, call with nothing held, settle; and what follows when that breaks."""

from __future__ import annotations

import logging
from typing import Any

from app.ledger.job import Job, NotYet, Outside, Refused, TryAgain, Unheard
from app.ledger.row import ENDED, Claimed, change, postpone, put_off, remove, words_of
from app.ledger.transaction import system, transaction
from app.lib import clock

log = logging.getLogger(__name__)


def run_outside(row: Claimed, job: Job) -> None:
    assert isinstance(job, Outside)
    if row.was_handed_over and not _is_repeatable(row, job):
        _leave_unsure(row, job, "The worker died after the hand-over.")
        return
    try:
        plan = _prepared(row, job)
    except NotYet as early:
        with _of(row):
            postpone(row, early)
        return
    except Exception as error:
        log.exception("%s %s could not be prepared", row.job, row.args)
        with _of(row):
            _try_again(row, job, error)
        return
    if plan is not None:
        _call(row, job, plan)


def _prepared(row: Claimed, job: Outside) -> Any:
    """The plan, with the hand-over committed; None when there was nothing to do, and the row is gone."""
    with _of(row):
        plan = job.prepare(*row.args)
        if plan is None:
            remove(row)
        else:
            change(row, handed_over_at=clock.now(), attempts=row.attempts + 1)
    return plan


def _call(row: Claimed, job: Outside, plan: Any) -> None:
    try:
        result = job.call(plan)
    except Refused as refusal:
        with _of(row):
            job.refuse(plan, str(refusal))
            remove(row)
    except Exception as error:
        log.warning("%s %s failed: %s", row.job, row.args, error)
        if isinstance(error, Unheard) and not _is_repeatable(row, job):
            _leave_unsure(row, job, words_of(error))
            return
        with _of(row):
            _try_again(row, job, error)
    else:
        with _of(row):
            if job.settle(plan, result) is True:
                change(row, run_at=clock.now(), attempts=0, holds_until=None, **ENDED)
            else:
                remove(row)


def _is_repeatable(row: Claimed, job: Outside) -> bool:
    if isinstance(job.repeatable, bool):
        return job.repeatable
    with _of(row):
        return job.repeatable(*row.args)


def _try_again(row: Claimed, job: Outside, error: Exception) -> None:
    """In the frame of the row: put it off, or end it when its window is over."""
    reason = words_of(error)
    window = job.window if isinstance(job.window, float | int) else job.window(*row.args)
    after = error.after if isinstance(error, TryAgain) else None
    at = put_off(row, reason, window=window, after=after, holds=job.holds)
    if at is not None and job.delayed is not None:
        job.delayed(*row.args, reason=reason, at=at)
    elif at is None and job.give_up is not None:
        job.give_up(*row.args, reason)
        remove(row)


def _leave_unsure(row: Claimed, job: Outside, reason: str) -> None:
    """It may have arrived, or not: say so instead of sending it twice."""
    with _of(row):
        if job.lost is not None:
            job.lost(*row.args)
        change(row, state="unsure", claimed_until=None, last_error=reason)


def _of(row: Claimed) -> Any:
    """The frame that a row's work belongs in."""
    return system(why="work of no account") if row.account_id is None else transaction(row.account_id)
