"""Workers drain the queues; nothing they do is held in Redis, which only wakes them."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

from flask import Flask
from redis import Redis, RedisError
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.timeouts import BaseDeathPenalty
from rq.worker.base import DequeueStrategy

from app.lib.queue import Queue
from workers import hands

log = logging.getLogger(__name__)

LONGEST_PAUSE = 5.0


class NoDeathPenalty(BaseDeathPenalty):
    """Drains end by their own clock: a signal in the middle of a transaction would only undo it."""

    def setup_death_penalty(self) -> None:
        """Nothing to set up."""

    def cancel_death_penalty(self) -> None:
        """Nothing to cancel."""


class Worker(SimpleWorker):
    """Runs wake-up calls in its own process: no fork for each, no results kept. `told` is what it was told to stop by."""

    death_penalty_class = NoDeathPenalty
    max_connection_wait_time = LONGEST_PAUSE
    told: list[int]

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        # Noted first: what RQ does next is also told to Redis, and fails when that ends at the same moment.
        self.told.append(signum)
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ leaves it untyped

    def _install_signal_handlers(self) -> None:
        # What was told before RQ listens would be lost, and the worker would never end.
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]  # RQ leaves it untyped
        if self.told:
            raise StopRequested


def drain_queue(queue: str) -> None:
    """What a wake-up call runs: the hands do the work, so that the next call is heard."""
    hands.poke(Queue(queue))


def run(app: Flask, queues: Sequence[str]) -> None:
    """Work through `queues` until told to stop; with Redis away, look at the tables themselves."""
    names = [Queue(name) for name in queues]
    told: list[int] = []
    _note_stops(told)
    pause = 0.5
    at_work = hands.begin(app, names)
    with app.app_context(), suppress(StopRequested):
        while not told:
            try:
                worker = _worker(app.config["PARLEY"].redis_url, names)
                worker.told = told
                # It also returns when Redis takes too long to answer.
                worker.work(logging_level="WARNING", dequeue_strategy=DequeueStrategy.ROUND_ROBIN)
            except (RedisError, OSError) as error:
                log.warning("Redis is away, working without wake-up calls: %s", error)
            finally:
                _note_stops(told)
            if not told:
                for name in names:
                    at_work.poke(name)
                time.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)
    at_work.end()


def _worker(redis_url: str, queues: Sequence[Queue]) -> Worker:
    """With a connection of its own: RQ waits on it far longer than anyone else may wait for Redis."""
    name = f"{os.getpid()}-{time.time_ns()}"
    return Worker([queue.value for queue in queues], connection=Redis.from_url(redis_url, protocol=2), name=name)


def _note_stops(told: list[int]) -> None:
    def stop(number: int, _: FrameType | None) -> None:
        told.append(number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
