"""How many rows of work one worker drains in a second, when the job itself is trivial.

Run as `python -m bench.drain`. Promised: 1,000 rows a second.
"""

from __future__ import annotations

import time

from flask import Flask
from sqlalchemy import text

from app.ledger.drain import drain
from app.ledger.job import Inside
from app.ledger.transaction import system
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Account, Contact
from bench import _ground as at

ROWS, ROUNDS, TARGET = 10_000, 3, 1000

WORK = """
    insert into work (account_id, queue, job, args, lane, run_at, created_at)
    select :account, 'events', :job, jsonb_build_array(:account, :contact), {lane}, now(), now()
    from generate_series(1, :rows) n
"""


def nothing(*_: int) -> None:
    """What is measured is all around it."""


def touch(account_id: int, contact_id: int) -> None:
    """One row written: about the least that a real job does."""
    db.session.execute(
        text("update contacts set last_activity_at = now() where account_id = :account and id = :contact"),
        {"account": account_id, "contact": contact_id},
    )


JOBS = {"nothing": Inside(nothing), "touch": Inside(touch)}
KINDS = {
    "trivial": ("nothing", "null"),
    "trivial in 500 lanes": ("nothing", "'lane ' || n % 500"),
    "trivial in 1 lane": ("nothing", "'lane'"),
    "writing a row": ("touch", "null"),
}


def main() -> None:
    with at.ground(drain_seconds="600") as ground:
        app = ground.app()
        with app.app_context():
            with system(why="a bench"):
                account = Account(name="Fernway")
                db.session.add(account)
                db.session.flush()
                contact = Contact(account_id=account.id, name="Dana")
                db.session.add(contact)
            figures = {
                kind: rate(app, job, lane, account=account.id, contact=contact.id)
                for kind, (job, lane) in KINDS.items()
            }
    for kind, found in figures.items():
        print(f"Jobs that are {kind}: {found:,.0f} rows/s drained by one worker.")
    # A job that says nothing to the database is spared its savepoint, so the promise is held against one that does.
    reached = at.verdict(figures["writing a row"], TARGET, at_least=True)
    print(f"Promised are {TARGET:,} rows/s: {reached}.")
    at.close("drain", {kind.replace(" ", "_"): round(found) for kind, found in figures.items()} | {"target": TARGET})


def rate(app: Flask, job: str, lane: str, **values: int) -> float:
    """Rows a second, the median of the rounds."""
    rates = []
    for _ in range(ROUNDS):
        at.as_owner(app.config["PARLEY"], WORK.format(lane=lane), "analyze work", job=job, rows=ROWS, **values)
        began = time.perf_counter()
        done = drain(Queue.EVENTS, JOBS)
        if done != ROWS:
            raise SystemExit(f"{done} of {ROWS} rows were drained")
        rates.append(ROWS / (time.perf_counter() - began))
    return at.median(rates)


if __name__ == "__main__":
    main()
