"""The schedule: wakes queues that have due work, and orders what is done by the clock. One leader at a time."""

from __future__ import annotations

import logging
import signal
import time
from dataclasses import dataclass
from threading import Event
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


def run(app: Flask) -> None:
    """Tick for ever, as leader or waiting to be."""
    stopped = Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with app.app_context():
        while not stopped.is_set():
            try:
                with db.engine.connect() as connection:
                    _lead(connection, Scheduler(), stopped)
            except DBAPIError as error:
                log.warning("PostgreSQL is away, nothing is scheduled: %s", error)
                stopped.wait(TICK_SECONDS)


def _lead(connection: Connection, scheduler: Scheduler, stopped: Event) -> None:
    while not stopped.is_set():
        leads = connection.execute(text("select pg_try_advisory_lock(:key)"), {"key": LEADER}).scalar_one()
        connection.commit()
        while leads and not stopped.is_set():
            # Asking on the connection that holds the lock: when it is gone, so is the lead.
            connection.execute(text("select 1"))
            connection.commit()
            scheduler.tick(at=time.time())
            stopped.wait(TICK_SECONDS)
        stopped.wait(TICK_SECONDS)
