"""The frame: the only way to the database, and the only place that commits.

Facts recorded inside it, and the promise of what follows from them, are one commit; what they show is told afterwards.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.config import settings
from app.ledger.reactions import REACTIONS
from app.ledger.wake import wake
from app.lib import clock
from app.lib.database import db
from app.lib.queue import Queue, Wish
from app.models.event import Event
from app.models.work import Work

log = logging.getLogger(__name__)

ENTER = text("select set_config('role', :role, true), set_config('app.account_id', :account_id, true)")
NOTED = ("events", "wishes", "locked", "ahead", "frame")


@dataclass(frozen=True)
class Frame:
    """Which role the transaction has entered, and for which account; `why` explains a system frame."""

    account_id: int | None
    why: str = ""


@contextmanager
def transaction(account_id: int) -> Iterator[Session]:
    """One transaction as the tenant `account_id`: nothing of other accounts is there. Commits at the end, or not at all."""
    with _frame(Frame(account_id)) as session:
        yield session


@contextmanager
def system(*, why: str) -> Iterator[Session]:
    """One transaction that sees all accounts: for sign-in, finding whose inbox an address is, claiming work, super admin."""
    with _frame(Frame(None, why)) as session:
        yield session


def in_frame() -> bool:
    return "frame" in db.session().info


def enter(frame: Frame) -> None:
    """Take on the role of `frame` for the rest of the transaction."""
    role = f"{settings().database_role_prefix}_{'system' if frame.account_id is None else 'tenant'}"
    account_id = "" if frame.account_id is None else str(frame.account_id)
    db.session().info["frame"] = frame
    db.session.execute(ENTER, {"role": role, "account_id": account_id})


@contextmanager
def _frame(frame: Frame) -> Iterator[Session]:
    session = db.session()
    if "frame" in session.info:
        raise RuntimeError("A frame of the ledger is open already: frames do not nest.")
    session.info["frame"] = frame
    try:
        enter(frame)
        yield session
        queues = settle(session)
        events: list[Event] = session.info.get("events", [])
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()
        for noted in NOTED:
            session.info.pop(noted, None)
    follow_up(events, queues)


def settle(session: Session) -> set[Queue]:
    """Turn reactions and wishes noted so far into rows of work; returns the queues that now have some due."""
    session.flush()
    frame: Frame = session.info["frame"]
    rows = [
        {
            "account_id": event.account_id,
            "queue": Queue.EVENTS,
            "job": job,
            "args": [event.account_id, event.id],
            "lane": None,
            "share": str(event.account_id),
        }
        for event in session.info.get("events", [])
        for job in REACTIONS[event.name].later
    ]
    rows = [{**row, "once": None, "run_at": clock.now()} for row in rows]
    rows += [_row(wish, frame.account_id) for wish in session.info.get("wishes", [])]
    session.info["wishes"] = []
    if rows:
        session.execute(insert(Work).on_conflict_do_nothing(), rows)
    return {Queue(row["queue"]) for row in rows if row["run_at"] <= clock.now()}


def _row(wish: Wish, account_id: int | None) -> dict[str, Any]:
    account_id = wish.account_id if account_id is None else account_id
    return {
        "account_id": account_id,
        "queue": wish.queue,
        "job": wish.job,
        "args": wish.args,
        "lane": wish.lane,
        "once": wish.once,
        "run_at": wish.run_at or clock.now(),
        "share": wish.share or ("" if account_id is None else str(account_id)),
    }


def follow_up(events: Sequence[Event], queues: set[Queue]) -> None:
    """After the commit: show what happened, wake who has work. All of it hints; what fails is caught up with later."""
    for queue in queues:
        wake(queue)
    for account_id, of_account in groupby(events, key=lambda event: event.account_id):
        shown = [event for event in of_account if REACTIONS[event.name].now]
        if not shown:
            continue
        try:
            with transaction(account_id):
                for react in dict.fromkeys(react for event in shown for react in REACTIONS[event.name].now):
                    react([event for event in shown if react in REACTIONS[event.name].now])
        except Exception:
            log.exception("what happened was kept, but could not be shown live")
