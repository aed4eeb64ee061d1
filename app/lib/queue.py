"""Wishes for later work: noted on the session, turned into rows by the ledger when the transaction ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.lib.database import db


class Queue(StrEnum):
    """Bulkheads: each has workers of its own, so that a slow one cannot hold up another."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    EVENTS = "events"
    CAPTAIN = "captain"
    SLOW = "slow"


class Refused(Exception):
    """The other side will never take this: settle it as failed, in its own words."""


class Unheard(Exception):
    """The hand-over was made and no answer came: it may have arrived."""


class NotYet(Exception):
    """It cannot be done now, which is no failure: look again in `seconds`.

    What was done so far is undone; `meanwhile` is done instead, in the frame in which the work is put off.
    """

    def __init__(self, reason: str, *, seconds: float, meanwhile: Callable[[], None] | None = None) -> None:
        self.seconds = seconds
        self.meanwhile = meanwhile
        super().__init__(reason)


class TryAgain(Exception):
    """It failed for now; `after`: seconds the other side asks to wait."""

    def __init__(self, reason: str, *, after: float | None = None) -> None:
        self.after = after
        super().__init__(reason)


@dataclass(frozen=True)
class Wish:
    """One piece of work to be: `lane` is worked one at a time, oldest first; `once` is unique while it is open.

    A queue is worked through share by share, in turn; without a `share` it is the account's. `account_id` says whose
    work it is where the wish is noted in a system frame; else it is the frame's.
    """

    job: str
    args: list[Any] = field(default_factory=list)
    queue: Queue = Queue.EVENTS
    lane: str | None = None
    once: str | None = None
    run_at: datetime | None = None
    share: str | None = None
    account_id: int | None = None


def later(
    job: str,
    *args: Any,
    queue: Queue = Queue.EVENTS,
    lane: str | None = None,
    once: str | None = None,
    run_at: datetime | None = None,
    share: str | None = None,
    account_id: int | None = None,
) -> None:
    """Note that `job` shall run with `args` (plain JSON values, ids rather than things) once this transaction has committed."""
    wishes().append(Wish(job, list(args), queue, lane, once, run_at, share, account_id))


def wishes() -> list[Wish]:
    """The wishes of the current transaction."""
    noted: list[Wish] = db.session().info.setdefault("wishes", [])
    return noted
