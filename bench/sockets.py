"""How much memory one web process takes with 5,000 sockets open, and how soon what is published has reached all of them.

Run as `python -m bench.sockets [number]`. Promised: 400 MB for that process, 0.5 s for the 99th of 100 receipts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import psutil

from app.ledger.transaction import system
from app.lib.database import db
from app.models import Account, Inbox, Membership, Role, User
from app.realtime import frames, streams
from bench import _ground as at

NUMBER, PEOPLE, INBOXES, CLIENTS = 5000, 100, 5, 2
BROADCASTS, EVERY = 30, 1.5
IDLE_SECONDS = 20.0
MEMORY_TARGET, P99_TARGET = 400.0, 0.5

# About as much as a new message shows: the bubble, its row in the list, the head of its conversation.
FRAME = frames.piece(frames.Verb.APPEND, "#conversation-rows", f"<li>{'The Ridge 2 in size M is back. ' * 110}</li>")


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else NUMBER
    with at.ground() as ground:
        app = ground.app()
        with app.app_context():
            account_id, inboxes, emails = invite()
            cookies = [at.sign_in(app, email) for email in emails]
            web = ground.web(processes=1)
            before = at.memory(web)
            began = time.monotonic()
            clients = [listen(ground, account_id, cookies, number // CLIENTS) for _ in range(CLIENTS)]
            opened = sum(answer(client)["open"] for client in clients)
            seconds = time.monotonic() - began
            busy = share_of_core(web)
            sent = publish(inboxes)
            after = at.memory(web)
            receipts = gather(clients)
    report(before, after, opened, seconds, busy, sent, receipts)


def invite() -> tuple[int, list[int], list[str]]:
    """People who are members of every inbox: each inbox's news are everybody's."""
    with system(why="a bench"):
        account = Account(name="Fernway")
        people = [User(name=f"Agent {n}", email=f"agent{n}@fernway.example") for n in range(PEOPLE)]
        db.session.add_all([account, *people])
        db.session.flush()
        db.session.add_all(Membership(account_id=account.id, user_id=each.id, role=Role.AGENT) for each in people)
        inboxes = [
            Inbox(account_id=account.id, name=f"Shop {n}", channel="web_widget", address=f"shop-{n}")
            for n in range(INBOXES)
        ]
        db.session.add_all(inboxes)
        db.session.flush()
        for inbox in inboxes:
            inbox.set_members({person.id for person in people})
        return account.id, [inbox.id for inbox in inboxes], [person.email for person in people]


def listen(ground: at.Ground, account_id: int, cookies: list[str], number: int) -> subprocess.Popen[str]:
    orders = {
        "host": "127.0.0.1",
        "port": ground.port,
        "path": f"/accounts/{account_id}/socket",
        "cookies": cookies,
        "number": number,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "bench._listeners", json.dumps(orders)],
        cwd=at.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def answer(client: subprocess.Popen[str]) -> Any:
    assert client.stdout is not None
    line = client.stdout.readline()
    if not line:
        raise SystemExit("the clients could not open their sockets")
    return json.loads(line)


def share_of_core(web: psutil.Process) -> float:
    """What heartbeats alone take, in percent of a core."""
    began = sum(web.cpu_times()[:2])
    time.sleep(IDLE_SECONDS)
    return (sum(web.cpu_times()[:2]) - began) / IDLE_SECONDS * 100


def publish(inboxes: Sequence[int]) -> list[float]:
    sent = []
    for n in range(BROADCASTS):
        sent.append(time.monotonic())
        frames.show(streams.of_inbox(inboxes[n % len(inboxes)]), f"{FRAME}<!--mark {n}-->")
        time.sleep(EVERY)
    time.sleep(3)
    return sent


def gather(clients: Sequence[subprocess.Popen[str]]) -> dict[int, list[float]]:
    receipts: dict[int, list[float]] = {}
    for client in clients:
        assert client.stdin is not None
        client.stdin.write("enough\n")
        client.stdin.flush()
        for mark, moments in answer(client)["receipts"].items():
            receipts.setdefault(int(mark), []).extend(moments)
        client.wait(10)
    return receipts


def report(
    before: at.Memory,
    after: at.Memory,
    opened: int,
    seconds: float,
    busy: float,
    sent: Sequence[float],
    receipts: dict[int, list[float]],
) -> None:
    each = [moment - sent[mark] for mark, moments in receipts.items() for moment in moments]
    last = [max(moments) - sent[mark] for mark, moments in sorted(receipts.items())]
    missing = opened * len(sent) - len(each)
    to_each, to_last = at.spread(each, (50, 99)), at.spread(last, (50, 99))
    print(f"{opened:,} sockets of {PEOPLE} people in {INBOXES} inboxes were open on one process after {seconds:.0f} s.")
    print(f"That process holds {after.rss:.0f} MB (RSS; {after.pss:.0f} MB PSS), {before.rss:.0f} MB before they came.")
    print(f"Promised are {MEMORY_TARGET:.0f} MB: {at.verdict(after.rss, MEMORY_TARGET)}.")
    print(f"Their heartbeats take {busy:.0f} % of a core.")
    print(f"{len(sent)} broadcasts of {len(FRAME) / 1000:.1f} kB: to each socket {at.in_words(to_each)}.")
    print(f"To the last socket: {at.in_words(to_last)}; {missing} receipts are missing.")
    print(f"One by one: {', '.join(f'{seconds * 1000:.0f}' for seconds in last)} ms.")
    print(f"Promised are {P99_TARGET * 1000:.0f} ms: {at.verdict(at.percentile(each, 99), P99_TARGET)}.")
    at.close(
        "sockets",
        {
            "sockets": opened,
            "memory_mb": {name: round(value) for name, value in asdict(after).items()},
            "memory_before_mb": {name: round(value) for name, value in asdict(before).items()},
            "heartbeats_percent_of_core": round(busy),
            "to_each": to_each,
            "to_last": to_last,
            "missing": missing,
            "targets": {"memory_mb": MEMORY_TARGET, "p99_ms": P99_TARGET * 1000},
            "cpus": os.cpu_count(),
        },
    )


if __name__ == "__main__":
    main()
