"""How fast the doors are in good weather: letters taken by two web processes, worked through by one worker, seen by an agent.

Promised: 1,200 letters/s through the webhook door, each a post of its own; 250/s worked through by one worker; at 50/s, p95
of 300 ms from the post to the agent's socket; and a flood on one inbox delays another by at most 1 s. The first two are of
the messengers' letters, of people who have written before; mails that each begin a thread are measured beside them.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from simple_websocket import Client, ConnectionClosed
from sqlalchemy import Engine, text

from app.demo import load
from app.demo.load import Loaded
from app.ledger.transaction import transaction
from app.lib.database import db, owner_engine
from app.models import Inbox
from bench import _ground as at
from bench import _messengers
from bench._letters import Letter, a_mail

DOOR_TARGET, WORKER_TARGET, SOCKET_TARGET_MS, FLOOD_TARGET_MS = 1200, 250, 300, 1000
DOOR_LETTERS, DOOR_MAILS, CONNECTIONS = 6000, 2000, 16
# Of each messenger, who have written before.
CUSTOMERS = 80
RATE, SECONDS = 50, 15
WORK_SECONDS = 20.0
FLOOD, FLOOD_RATE = 1500, 10
WORDS = re.compile(r"Seen \d+ by mail")
LEFT = text("select count(*) from letters where account_id = :account and state in ('kept', 'waiting')")


@dataclass
class Ear:
    """An agent's open page: when the words of each letter first came."""

    client: Client
    heard: dict[str, float] = field(default_factory=dict)
    is_ready: threading.Event = field(default_factory=threading.Event)

    def listen(self) -> None:
        try:
            while True:
                frame = str(self.client.receive())
                now = time.perf_counter()
                if '"ready"' in frame[:40]:
                    self.is_ready.set()
                for words in WORDS.findall(frame):
                    self.heard.setdefault(words, now)
        except ConnectionClosed:
            return


@dataclass
class Place:
    ground: at.Ground
    demo: Loaded
    other_token: str
    ear: Ear
    engine: Engine

    def left(self) -> int:
        with self.engine.begin() as connection:
            return int(connection.execute(LEFT, {"account": self.demo.account_id}).scalar_one())


def measured() -> dict[str, Any]:
    with at.ground(provider_urls=_messengers.SETTING) as ground:
        app = ground.app()
        with app.app_context():
            demo = load.load()
            other = _another_mailbox(demo)
            with transaction(demo.account_id):
                inboxes = _messengers.connect(demo.account_id)
            letters = [
                _post_of_letter(each) for each in _messengers.written(inboxes, DOOR_LETTERS, customers=CUSTOMERS)
            ]
            cookie = at.sign_in(app, demo.administrator.email)
            db.engine.dispose()
        ground.web(processes=2)
        place = Place(ground, demo, other, _open_ear(ground, demo, cookie), owner_engine(ground.settings))
        first = len(inboxes) * CUSTOMERS
        _post_together(ground.port, letters[:first])
        mails_through_door = _door(place, _mails(place))
        ground.worker("inbound", "events", "outbound")
        mails_worked = _worked(place)
        ground.stop_last()
        through_door = _door(place, letters[first:])
        ground.worker("inbound", "events", "outbound")
        worked = _worked(place)
        seen = _seen(place, [demo.email_token], RATE, SECONDS, "calm")
        calm, flooded = _flooded(place)
        place.ear.client.close()
        place.engine.dispose()
    return _report((through_door, mails_through_door), (worked, mails_worked), seen, calm, flooded)


def _another_mailbox(demo: Loaded) -> str:
    with transaction(demo.account_id):
        inbox = Inbox(account_id=demo.account_id, name="Other mail", channel="email", address="other@fernway.example")
        db.session.add(inbox)
        db.session.flush()
        return inbox.token


def _open_ear(ground: at.Ground, demo: Loaded, cookie: str) -> Ear:
    address = f"ws://127.0.0.1:{ground.port}/accounts/{demo.account_id}/socket"
    ear = Ear(Client(address, headers=[(b"Cookie", cookie.encode()), (b"Origin", ground.url.encode())]))
    threading.Thread(target=ear.listen, daemon=True).start()
    if not ear.is_ready.wait(10):
        raise SystemExit("the agent's socket never became ready")
    return ear


def _post_of(token: str, words: str, sender: str) -> bytes:
    mail = a_mail(words, sender=sender)
    head = (
        f"POST /webhooks/email/{token} HTTP/1.1\r\nHost: localhost\r\nContent-Type: message/rfc822\r\n"
        f"Content-Length: {len(mail)}\r\n\r\n"
    )
    return head.encode() + mail


def _post(port: int, posts: Sequence[bytes]) -> None:
    """One connection; bare, so that the client takes as little of the machine as can be."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for post in posts:
            line.sendall(post)
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += line.recv(4096)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"a letter was answered {answer[:200]!r}")
            head, _, body = answer.partition(b"\r\n\r\n")
            found = re.search(rb"(?i)content-length: (\d+)", head)
            left = int(found[1]) - len(body) if found else 0
            while left > 0:
                left -= len(line.recv(left))


def _door(place: Place, posts: Sequence[bytes]) -> float:
    """Letters a second that are kept and acknowledged, each a post of its own; nobody works through them yet."""
    began = time.perf_counter()
    _post_together(place.ground.port, posts)
    return len(posts) / (time.perf_counter() - began)


def _mails(place: Place) -> list[bytes]:
    return [
        _post_of(place.demo.email_token, f"Waiting {n} by mail", f"waiting{n % 400}@home.example")
        for n in range(DOOR_MAILS)
    ]


def _post_of_letter(letter: Letter) -> bytes:
    request = letter.anew() if letter.anew else letter.request
    content: bytes | str = request["content"]
    body = content.encode() if isinstance(content, str) else content
    headers = {"Host": "localhost", **request["headers"], "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {letter.path} HTTP/1.1\r\n{head}\r\n".encode() + body


def _post_together(port: int, posts: Sequence[bytes]) -> None:
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for done in [pool.submit(_post, port, posts[n::CONNECTIONS]) for n in range(CONNECTIONS)]:
            done.result()


def _worked(place: Place) -> float:
    """Letters a second from kept to message, by one worker that also does all that follows from them."""
    there = place.left()
    at.wait_for(lambda: place.left() < there, "the first letter")
    first, began = place.left(), time.perf_counter()
    while (left := place.left()) and time.perf_counter() - began < WORK_SECONDS:
        time.sleep(0.05)
    rate = (first - left) / (time.perf_counter() - began)
    at.wait_for(lambda: place.left() == 0, "the last letter", 300)
    return rate


def _seen(place: Place, tokens: Sequence[str], rate: int, seconds: float, sender: str) -> list[float]:
    """Seconds from the post to the words in an agent's socket, at `rate` letters a second by the clock."""
    first = len(place.ear.heard) + 100_000 * (1 + sum(sender.encode()))
    sent: dict[str, float] = {}
    began = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for n in range(int(rate * seconds)):
            words = f"Seen {first + n} by mail"
            post = _post_of(tokens[n % len(tokens)], words, f"{sender}{n % 40}@home.example")
            time.sleep(max(0.0, began + n / rate - time.perf_counter()))
            sent[words] = time.perf_counter()
            pool.submit(_post, place.ground.port, [post])
    at.wait_for(lambda: sent.keys() <= place.ear.heard.keys(), "the last letter in the socket", 60)
    return [place.ear.heard[words] - at_ for words, at_ in sent.items()]


def _flooded(place: Place) -> tuple[list[float], list[float]]:
    """How soon the other inbox's letters are seen, before and while the first has more than can be worked through."""
    calm = _seen(place, [place.other_token], FLOOD_RATE, 5, "before")
    flood = [
        _post_of(place.demo.email_token, f"Flood {n} by mail", f"flood{n % 50}@home.example") for n in range(FLOOD)
    ]
    _post_together(place.ground.port, flood)
    flooded = _seen(place, [place.other_token], FLOOD_RATE, 5, "while")
    at.wait_for(lambda: place.left() == 0, "the end of the flood", 120)
    return calm, flooded


def _report(
    doors: tuple[float, float],
    workers: tuple[float, float],
    seen: Sequence[float],
    calm: Sequence[float],
    flooded: Sequence[float],
) -> dict[str, Any]:
    """Each pair is of messengers and of mails."""
    spread, delay = at.spread(seen), max(flooded) - at.median(calm)
    (door, mail_door), (worked, mail_worked) = doors, workers
    print(
        f"Two web processes take {door:,.0f} letters/s of messengers, each a post of its own; {mail_door:,.0f} mails/s."
    )
    print(f"Promised are {DOOR_TARGET:,}: {at.verdict(door, DOOR_TARGET, at_least=True)}.")
    print(f"One worker makes messages of {worked:,.0f} letters/s, with all that follows; {mail_worked:,.0f} of mails.")
    print(f"Promised are {WORKER_TARGET}: {at.verdict(worked, WORKER_TARGET, at_least=True)}.")
    print(f"From a post to the words in an agent's socket, at {RATE}/s: {at.in_words(spread)}.")
    print(f"Promised are {SOCKET_TARGET_MS} ms for 95 of 100: {at.verdict(spread['p95_ms'], SOCKET_TARGET_MS)}.")
    print(f"While {FLOOD:,} letters flood one inbox, another's are late by {delay * 1000:.0f} ms at the most.")
    print(f"Promised are {FLOOD_TARGET_MS:,} ms: {at.verdict(delay * 1000, FLOOD_TARGET_MS)}.")
    return {
        "door_per_s": round(door),
        "worker_per_s": round(worked),
        "mails": {"door_per_s": round(mail_door), "worker_per_s": round(mail_worked)},
        "to_the_agent": spread,
        "calm": at.spread(calm),
        "flooded": at.spread(flooded),
        "flood_delay_ms": round(delay * 1000),
        "targets": {
            "door_per_s": DOOR_TARGET,
            "worker_per_s": WORKER_TARGET,
            "p95_ms": SOCKET_TARGET_MS,
            "flood_delay_ms": FLOOD_TARGET_MS,
        },
    }
