"""How long the desk's server needs for the list and for a conversation, in an account of 2,000 conversations and one of 200,000.

Run as `python -m bench.scale [conversations]`. Promised: 40 ms for 95 of 100 lists and for 95 of 100 conversations
opened, and no more than 1.5 times what they take in the small account.
"""

from __future__ import annotations

import gc
import random
import re
import sys
import time
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import quote

from flask import Flask
from flask.testing import FlaskClient

from app.queries.conversation_list import Order, Sort, View
from bench import _crowd as crowd
from bench import _ground as at
from bench._crowd import Crowd

SMALL, BIG = 2_000, 200_000
P95_TARGET, RATIO_TARGET = 0.040, 1.5
ROUNDS, OPENED, DEEP = 3, 300, 40
STATUSES = ("open", "pending", "snoozed", "resolved")

Timings = dict[str, list[tuple[float, str]]]


class Desk:
    """Someone's browser, as far as the server sees it; every answer is timed."""

    def __init__(self, app: Flask, account_id: int, email: str) -> None:
        self.client: FlaskClient = app.test_client(use_cookies=False)
        with app.app_context():
            self.cookie = at.sign_in(app, email)
        self.home = f"/accounts/{account_id}"

    def get(self, path: str, *, whole: bool = False) -> tuple[float, str]:
        """Seconds from the request to the whole answer, and the answer. `whole` pages are not asked for by htmx."""
        headers = {"Cookie": self.cookie} | ({} if whole else {"HX-Request": "true"})
        began = time.perf_counter()
        response = self.client.get(self.home + path, headers=headers)
        body = response.get_data(as_text=True)
        took = time.perf_counter() - began
        if response.status_code != 200:
            raise SystemExit(f"{self.home}{path} answered {response.status_code}: {body[:300]}")
        return took, body


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else BIG
    with at.ground() as ground:
        app = ground.app()
        found: dict[str, Timings] = {}
        for name, conversations in (("small", SMALL), ("big", number)):
            with app.app_context():
                began = time.monotonic()
                people = crowd.gather(ground.settings, name.capitalize(), conversations)
                seconds = time.monotonic() - began
                print(
                    f"The {name} account has {people.conversations:,} conversations with {people.messages:,} messages;"
                    f" made in {seconds:.0f} s.",
                    flush=True,
                )
            # Outside the context: each request has one of its own, and forgets who asked before.
            found[name] = measure(app, people)
    report(found["small"], found["big"])


def measure(app: Flask, people: Crowd) -> Timings:
    """Every kind of look, several times over, by one who sees all and one who sees three inboxes of five."""
    desks = [Desk(app, people.account_id, email) for email in (people.alice, people.bob)]
    timings: Timings = {}
    # As the web's processes do: see gunicorn.conf.py.
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 20)
    for desk in desks:
        for kind, path, whole in looks(desk, people):
            desk.get(path, whole=whole)
            for _ in range(ROUNDS):
                timings.setdefault(kind, []).append((desk.get(path, whole=whole)[0], path))
    for kind, path in opened(desks[0], people):
        # Once each: a thread that nobody has looked at for long is what most of them are.
        timings.setdefault(kind, []).append((desks[0].get(path)[0], path))
    return timings


def looks(desk: Desk, people: Crowd) -> Iterator[tuple[str, str, bool]]:
    for view, status, sort, order in product(View, STATUSES, Sort, Order):
        yield "list", f"/conversations?view={view}&status={status}&sort={sort}&order={order}", False
    for sort, order in product(Sort, Order):
        yield "deep page of the list", deep(desk, f"view=all&status=resolved&sort={sort}&order={order}"), False
    yield "counts", "/conversations/counts?view=all", False
    yield "counts", "/conversations/counts?view=mine&status=resolved", False
    yield "whole page with the list", "/conversations?view=all&status=open", True
    for words in SEARCHES:
        yield f"search: {words[0]}", f"/search?q={words[1]}", False


SEARCHES = (
    ("a word in every other message", crowd.COMMON),
    ("a rare word", crowd.RARE),
    ("two words", f"{crowd.COMMON}+{crowd.RARE}"),
    ("a name", "okafor+dana"),
    ("an e-mail", "customer77"),
    ("a number", "%23777"),
)


def deep(desk: Desk, listing: str) -> str:
    """The address of a page far down."""
    path = f"/conversations?{listing}"
    body = desk.get(path)[1]
    for _ in range(DEEP):
        after = re.search(r'data-after="([^"]+)"', body)
        if after is None:
            break
        path = f"/conversations/more?{listing}&after={quote(after[1])}"
        body = desk.get(path)[1]
    return path


def opened(desk: Desk, people: Crowd) -> Iterator[tuple[str, str]]:
    dice = random.Random(1)
    for number in dice.sample(range(1, people.conversations), OPENED):
        yield "conversation opened", f"/conversations/{number}"
    for _ in range(30):
        yield f"thread of {crowd.LONG_THREAD:,} opened", f"/conversations/{people.long_number}"
        before = dice.randrange(100, crowd.LONG_THREAD)
        yield "older messages of it", f"/conversations/{people.long_number}/messages?before={before}"


def report(small: Timings, big: Timings) -> None:
    figures: dict[str, Any] = {}
    for kind in big:
        one, other = (at.spread([took for took, _ in each[kind]], (50, 95)) for each in (small, big))
        ratio = {name: round(other[name] / one[name], 2) for name in one}
        figures[kind] = {"small": one, "big": other, "ratio_p50": ratio["p50_ms"], "ratio_p95": ratio["p95_ms"]}
        print(
            f"{kind.capitalize()}: {at.in_words(other)} in the big account, {at.in_words(one)} in the small one;"
            f" {ratio['p50_ms']:.2f} and {ratio['p95_ms']:.2f} times as long."
        )
    for kind in ("list", "conversation opened"):
        p95, ratio = figures[kind]["big"]["p95_ms"], figures[kind]["ratio_p95"]
        print(
            f"Promised for “{kind}” are {P95_TARGET * 1000:.0f} ms: {at.verdict(p95, P95_TARGET * 1000)};"
            f" {RATIO_TARGET} times the small account's: {at.verdict(ratio, RATIO_TARGET)}."
        )
    print("The slowest lists: " + "; ".join(f"{took * 1000:.0f} ms {path}" for took, path in slowest(big["list"])))
    at.close(
        "scale",
        {
            **{kind.replace(" ", "_"): value for kind, value in figures.items()},
            "targets": {"p95_ms": P95_TARGET * 1000, "ratio": RATIO_TARGET},
        },
    )


def slowest(timings: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """The five addresses with the highest median."""
    of_path: dict[str, list[float]] = {}
    for took, path in timings:
        of_path.setdefault(path, []).append(took)
    medians = [(at.median(each), path) for path, each in of_path.items()]
    return sorted(medians, reverse=True)[:5]


if __name__ == "__main__":
    main()
