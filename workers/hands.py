"""The hands of a worker: threads that each work through one queue, so that no queue of a process waits for another."""

from __future__ import annotations

import logging
import time
from threading import Condition, Thread

from flask import Flask

from app.ledger.drain import drain
from app.lib.queue import Queue
from workers.jobs import JOBS

log = logging.getLogger(__name__)

# Calls to the world wait for answers, and so may be several at once; what only asks the database gains nothing by it.
HANDS = {Queue.OUTBOUND: 6, Queue.SLOW: 3}
# How long before hands look by themselves: a wake-up call that was lost makes work late, never lost.
LOOK_SECONDS = 20.0
# How long all hands may finish what they hold; what takes longer is found again when its lease is over.
END_SECONDS = 20.0


class Hands:
    """`poke(queue)` sets them to work; `end()` waits until they have put down what they hold."""

    def __init__(self, app: Flask, queues: list[Queue]) -> None:
        self.app = app
        self.is_ending = False
        self._news = Condition()
        self._calls = dict.fromkeys(queues, 0)
        self._threads = [
            Thread(target=self._work, args=(queue,), name=f"{queue} {number}", daemon=True)
            for queue in queues
            for number in range(HANDS.get(queue, 1))
        ]

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    def poke(self, queue: Queue) -> None:
        with self._news:
            if queue in self._calls:
                self._calls[queue] += 1
                self._news.notify_all()

    def end(self) -> None:
        with self._news:
            self.is_ending = True
            self._news.notify_all()
        deadline = time.monotonic() + END_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self, queue: Queue) -> None:
        """Drain, then wait for a call that came since the drain began."""
        while not self.is_ending:
            seen = self._calls[queue]
            try:
                with self.app.app_context():
                    drain(queue, JOBS, stop=lambda: self.is_ending)
            except Exception:
                log.exception("%s could not be drained, it is looked at again soon", queue)
                seen = self._calls[queue]
            with self._news:
                self._news.wait_for(lambda seen=seen: self.is_ending or self._calls[queue] != seen, LOOK_SECONDS)  # type: ignore[misc]


_hands: list[Hands] = []


def begin(app: Flask, queues: list[Queue]) -> Hands:
    """This process's hands, set to work."""
    hands = Hands(app, queues)
    _hands[:] = [hands]
    hands.begin()
    return hands


def poke(queue: Queue) -> None:
    """What a wake-up call does: it returns at once, so that the next call is heard."""
    for hands in _hands:
        hands.poke(queue)
