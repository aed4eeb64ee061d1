"""The letters of a storm: who writes them, over which door, and clients that do not give up."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import cycle
from typing import Any
from uuid import UUID, uuid5

import httpx

from app.lib import clock

# How many letters each customer writes.
EACH_WRITES = 8
REPEATS = 0.2
NAMES = UUID("6d0a9c0e-1b1f-4e0a-9d6e-0c5c3f8a2b71")


@dataclass(frozen=True)
class Letter:
    """`words` are no other letter's; `request` is what a client posts, again and again until it is taken."""

    door: str
    words: str
    path: str
    request: dict[str, Any]
    anew: Callable[[], dict[str, Any]] | None = None
    """The request at this moment, where it is not the same at all times."""


@dataclass
class Tally:
    """What became of the posting: `refused` are answers that no repeat would change."""

    posted: int = 0
    tries: int = 0
    unheard: int = 0
    refused: list[str] = field(default_factory=list)
    gave_up: list[str] = field(default_factory=list)


def written(base: str, number: int, *, website: str, program: str, mailboxes: Sequence[str]) -> list[Letter]:
    """`number` letters in equal shares of a website's visitors, a program's customers and people who mail."""
    shares = [number // 3, number // 3, number - 2 * (number // 3)]
    with httpx.Client(base_url=base, timeout=30) as client:
        return [
            *_by_visitors(client, website, shares[0]),
            *_by_customers(client, program, shares[1]),
            *_by_mail(mailboxes, shares[2]),
        ]


def _by_visitors(client: httpx.Client, token: str, number: int) -> list[Letter]:
    keys = []
    for _ in range(-(-number // EACH_WRITES)):
        told = client.get("/widget/api/config", params={"website_token": token}).raise_for_status().json()
        keys.append(told["token"])
    headers = {"Origin": str(client.base_url).rstrip("/")}
    return [
        Letter(
            "website",
            f"Letter {n} by the website",
            f"/widget/api/messages?website_token={token}",
            {
                "headers": {**headers, "X-Auth-Token": key},
                "data": {"content": f"Letter {n} by the website", "client_id": str(uuid5(NAMES, f"website {n}"))},
            },
        )
        for n, key in zip(range(number), cycle(keys), strict=False)
    ]


def _by_customers(client: httpx.Client, identifier: str, number: int) -> list[Letter]:
    root, threads = f"/public/api/v1/inboxes/{identifier}/contacts", []
    for n in range(-(-number // EACH_WRITES)):
        asked = client.post(root, json={"identifier": f"storm-{n}", "name": f"Customer {n}"})
        source = asked.raise_for_status().json()["source_id"]
        begun = client.post(f"{root}/{source}/conversations", json={}).raise_for_status().json()
        threads.append(f"{root}/{source}/conversations/{begun['id']}/messages")
    return [
        Letter(
            "program",
            f"Letter {n} by the program",
            path,
            {"json": {"content": f"Letter {n} by the program", "echo_id": f"storm-{n}"}},
        )
        for n, path in zip(range(number), cycle(threads), strict=False)
    ]


def _by_mail(tokens: Sequence[str], number: int) -> list[Letter]:
    return [
        Letter(
            "mail",
            f"Letter {n} by mail",
            f"/webhooks/email/{tokens[n % len(tokens)]}",
            {
                "headers": {"Content-Type": "message/rfc822"},
                "content": a_mail(f"Letter {n} by mail", sender=f"customer{n // EACH_WRITES}@home.example"),
            },
        )
        for n in range(number)
    ]


def a_mail(words: str, *, sender: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Dana <{sender}>", "hello@fernway.example", words
    mail["Date"], mail["Message-ID"] = format_datetime(clock.now()), f"<{words.replace(' ', '.')}@home.example>"
    mail.set_content(words)
    return bytes(mail)


def post_all(
    base: str, letters: Sequence[Letter], tally: Tally, *, clients: int, seconds: float, dice: random.Random
) -> None:
    """Post them in any order, a fifth of them twice, from several clients at once; returns when all were taken."""
    sent = [*letters, *dice.sample(letters, int(len(letters) * REPEATS))]
    dice.shuffle(sent)
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(clients) as pool:
        for share in range(clients):
            pool.submit(_post_some, base, sent[share::clients], tally, until)


def _post_some(base: str, letters: Sequence[Letter], tally: Tally, until: float) -> None:
    with httpx.Client(base_url=base, timeout=20) as client:
        for letter in letters:
            request = letter.anew() if letter.anew else letter.request
            persist(client, "POST", letter.path, tally, until, **request)
            tally.posted += 1


def persist(
    client: httpx.Client, method: str, path: str, tally: Tally, until: float, **request: Any
) -> httpx.Response | None:
    """As a provider does: once more after anything but a refusal, until it is taken or the time is over."""
    pause = 0.1
    while time.monotonic() < until:
        tally.tries += 1
        wait = pause * random.uniform(0.5, 1.5)
        pause = min(2.0, pause * 1.5)
        try:
            answer = client.request(method, path, **request)
        except httpx.HTTPError:
            tally.unheard += 1
        else:
            if answer.is_success:
                return answer
            if answer.status_code == 429:
                wait = float(answer.headers.get("retry-after", wait))
            elif answer.status_code < 500:
                tally.refused.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
                return None
        time.sleep(min(wait, max(0.0, until - time.monotonic())))
    tally.gave_up.append(path)
    return None
