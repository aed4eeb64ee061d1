"""A worker process of the tests: drains one queue with jobs that leave a trace, until it is stopped or killed.

Run as `python -m tests.ledger.toiling SETTINGS.json QUEUE`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from app import create_app
from app.config import load_settings
from app.ledger.drain import drain
from app.ledger.job import Inside, Outside
from app.lib.database import db
from app.lib.queue import Queue
from app.models import ContactNote


def note(account_id: int, contact_id: int, words: str) -> None:
    """An effect that can be counted, done slowly enough to be killed in the middle."""
    db.session.add(ContactNote(account_id=account_id, contact_id=contact_id, content=words))
    time.sleep(0.01)


def lost(account_id: int, contact_id: int, _: str) -> None:
    db.session.add(ContactNote(account_id=account_id, contact_id=contact_id, content="unsure"))


def hand_over(path: str) -> None:
    """The world outside: it has the letter, and never answers."""
    Path(path).touch()
    time.sleep(60)


JOBS = {
    "note": Inside(note),
    "hand_over": Outside(
        prepare=lambda account_id, contact_id, path: path,
        call=hand_over,
        settle=lambda plan, result: None,
        refuse=lambda plan, reason: None,
        lost=lost,
    ),
}


def main(settings: str, queue: str) -> None:
    app = create_app(load_settings(**json.loads(Path(settings).read_text())))
    with app.app_context():
        while True:
            try:
                drain(Queue(queue), JOBS)
            except SQLAlchemyError as error:
                print(type(error).__name__, flush=True)
            time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
