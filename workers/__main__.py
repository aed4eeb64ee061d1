"""Starts a role: `python -m workers inbound outbound …` or `python -m workers scheduler`."""

from __future__ import annotations

import logging
import sys

import workers
from app.lib.queue import Queue
from workers import schedule


def main(words: list[str]) -> None:
    logging.basicConfig(level="INFO", format="%(asctime)s %(name)s %(message)s")
    if words == ["scheduler"]:
        schedule.run(None)
    else:
        workers.run(None, words or [queue.value for queue in Queue])


main(sys.argv[1:])
