"""The schedule: wakes queues that have due work, and orders what is done by the clock. One leader at a time."""

from __future__ import annotations

import logging
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import FrameType

from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from app.ledger.transaction import system
from app.ledger.wake import wake
from app.lib.database import db
from app.lib.queue import Queue, later

log = logging.getLogger(__name__)

LEADER = 7_275_392
TICK_SECONDS = 2.0

DUE = text("""
    select distinct queue from work
    where state = 'ready' and run_at <= clock_timestamp()
      and (claimed_until is null or claimed_until < clock_timestamp())
""")


@dataclass(frozen=True)
class Periodic:
    job: str
    every: int
    """In seconds."""
    queue: Queue = Queue.SLOW


SCHEDULE = (
    Periodic("poll_all", every=60),
    Periodic("probe_all", every=180),
    Periodic("sync_all_templates", every=300),
    Periodic("take_up_dropped", every=300),
    Periodic("reconcile_all", every=6 * 3600),
    Periodic("purge_throttles", every=3600),
    Periodic("forget_sign_ins", every=24 * 3600),
)


class Scheduler:
    """Ticks while it leads; whoever leads holds a lock in PostgreSQL, which ends with its connection."""

    def __init__(self) -> None:
        self.ordered: dict[str, int] = {}

    def tick(self, *, at: float) -> None:
        with system(why="waking queues that have due work"):
            for periodic in SCHEDULE:
                slot = int(at // periodic.every)
                if self.ordered.get(periodic.job) != slot:
                    later(periodic.job, queue=periodic.queue, once=periodic.job)
                    self.ordered[periodic.job] = slot
            due = db.session.execute(DUE).scalars().all()
        for queue in due:
            wake(Queue(queue))


class Stop:
    """Whether we are told to stop. An Event would hang when the signal comes just as it is waited for."""

    def __init__(self) -> None:
        self.is_told = False
        # Of all there is to wait on, this alone may be filled by a signal's handler.
        self._bell: SimpleQueue[int] = SimpleQueue()

    def hear(self, number: int, _frame: FrameType | None) -> None:
        self.is_told = True
        self._bell.put(number)

    def wait(self, seconds: float) -> None:
        with suppress(Empty):
            self._bell.get(timeout=seconds)


def run(app: Flask) -> None:
    """Tick for ever, as leader or waiting to be."""
    stop = Stop()
    signal.signal(signal.SIGTERM, stop.hear)
    signal.signal(signal.SIGINT, stop.hear)
    with app.app_context():
        while not stop.is_told:
            try:
                with db.engine.connect() as connection:
                    _lead(connection, Scheduler(), stop)
            except DBAPIError as error:
                log.warning("PostgreSQL is away, nothing is scheduled: %s", error)
                stop.wait(TICK_SECONDS)


def _lead(connection: Connection, scheduler: Scheduler, stop: Stop) -> None:
    while not stop.is_told:
        leads = connection.execute(text("select pg_try_advisory_lock(:key)"), {"key": LEADER}).scalar_one()
        connection.commit()
        while leads and not stop.is_told:
            # Asking on the connection that holds the lock: when it is gone, so is the lead.
            connection.execute(text("select 1"))
            connection.commit()
            scheduler.tick(at=time.time())
            stop.wait(TICK_SECONDS)
        stop.wait(TICK_SECONDS)
