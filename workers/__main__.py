"""Starts a role: `python -m workers inbound outbound …`, `python -m workers scheduler` or `python -m workers mailwatch`."""

from __future__ import annotations

import logging
import sys

import workers
from app import create_app
from app.lib.queue import Queue
from workers import mailwatch, schedule


def main(words: list[str]) -> None:
    logging.basicConfig(level="INFO", format="%(asctime)s %(name)s %(message)s")
    if words == ["scheduler"]:
        schedule.run(create_app())
    elif words == ["mailwatch"]:
        mailwatch.run(create_app())
    else:
        workers.run(create_app(), words or [queue.value for queue in Queue])


main(sys.argv[1:])
