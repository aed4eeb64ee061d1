"""A storm over a Parley of its own: letters by all doors, agents who answer, and everything killed that can be."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil
from redis import Redis
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from app.channels.api import ApiSettings
from app.channels.email.settings import EmailCredentials, EmailSettings
from app.config import environment_with
from app.demo import load
from app.demo.load import Loaded
from app.ledger.transaction import transaction
from app.lib.database import db, owner_engine
from app.models import Inbox
from app.supervisor import embedded
from app.supervisor.program import Command
from bench import _ground as at
from bench import _keeper, _letters, _messengers
from bench._letters import Letter, Tally
from bench._messengers import FarEnds
from bench._stand_ins import Post, Program, far_ends

QUEUES = ("inbound", "events", "outbound", "slow")
CLIENTS, AGENTS = 8, 3
# One letter in so many is answered.
ANSWERED = 5

HEARD = text("""
    select m.id, c.display_id, m.content from messages m
    join conversations c on c.account_id = m.account_id and c.id = m.conversation_id
    where m.account_id = :account and m.message_type = 'incoming' and m.content like 'Letter %' and m.id > :after
    order by m.id
""")
OPEN = text("""
    select (select count(*) from letters where account_id = :account and state in ('kept', 'waiting'))
      + (select count(*) from work where account_id = :account and state = 'ready'
           and job in ('receive_letter', 'deliver', 'check_delivery', 'fetch_media'))
      + (select count(*) from messages where account_id = :account and message_type = 'outgoing' and not private
           and status in ('queued', 'sending'))
""")


@dataclass
class Storm:
    """The place, who is in it, and what was done to it: `killed` counts processes by what they were."""

    ground: at.Ground
    demo: Loaded
    mailboxes: list[str]
    program: Program
    post: Post
    messengers: dict[str, Inbox]
    far_ends: FarEnds
    keeper_pid: int
    web_pid: int
    killed: dict[str, int] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    talk: Tally = field(default_factory=Tally)
    answered: list[str] = field(default_factory=list)
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = owner_engine(self.ground.settings)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.ground.port}"

    @property
    def account_id(self) -> int:
        return self.demo.account_id

    def rows(self, query: Any, **values: Any) -> list[Any]:
        """Past all policies, in a transaction of its own."""
        with self.engine.begin() as connection:
            return list(connection.execute(query, {"account": self.account_id, **values}))

    def is_settled(self) -> bool:
        try:
            return bool(self.rows(OPEN)[0][0] == 0)
        except DBAPIError:
            return False


@contextmanager
def gathering(*, lease_seconds: float = 5.0, workers: int = 2) -> Iterator[Storm]:
    """A Parley with the demo, an API inbox with a webhook and two mailboxes that send by a server on the loopback."""
    with (
        far_ends() as (program, post),
        _messengers.far_ends() as ends,
        at.ground(
            private_hosts="127.0.0.1", lease_seconds=str(lease_seconds), provider_urls=_messengers.SETTING
        ) as ground,
    ):
        app = ground.app()
        with app.app_context():
            demo = load.load()
            mailboxes = _connect(demo, program, post)
            with transaction(demo.account_id):
                messengers = _messengers.connect(demo.account_id)
            db.engine.dispose()
        keeper_pid = _hand_over(ground, workers)
        ground.web(processes=2)
        storm = Storm(ground, demo, mailboxes, program, post, messengers, ends, keeper_pid, ground.running[-1][0])
        try:
            yield storm
        finally:
            storm.engine.dispose()


def _connect(demo: Loaded, program: Program, post: Post) -> list[str]:
    """Returns the mailboxes' tokens."""
    way = EmailCredentials(smtp_host="127.0.0.1", smtp_port=post.port, smtp_security="none").model_dump(mode="json")
    with transaction(demo.account_id):
        inbox = db.session.get_one(Inbox, (demo.account_id, demo.api_inbox_id))
        inbox.channel_settings = ApiSettings(webhook_url=program.url).model_dump(mode="json")
        mail = db.session.get_one(Inbox, (demo.account_id, demo.email_inbox_id))
        mail.credentials = way
        other = Inbox(
            account_id=demo.account_id,
            name="Storm mail",
            channel="email",
            address="storm@fernway.example",
            channel_settings=EmailSettings().model_dump(mode="json"),
        )
        other.credentials = way
        db.session.add(other)
        db.session.flush()
        return [mail.token, other.token]


def _hand_over(ground: at.Ground, workers: int) -> int:
    """PostgreSQL, the workers and the scheduler to somebody who begins them anew; returns that one's process id."""
    pid, postgres = ground.running.pop(1)
    at.end(pid, postgres.stops_on)
    kept = [
        embedded.postgres(ground.data, ground.where),
        *(_worker(ground, f"worker {n}", *QUEUES) for n in range(workers)),
        _worker(ground, "scheduler", "scheduler"),
    ]
    keeper_pid = ground.begin(_keeper.keeper(kept))
    # It ends after those that need its PostgreSQL.
    ground.running.insert(1, ground.running.pop())
    at.wait_for(lambda: embedded.postgres_is_ready(ground.where), "PostgreSQL")
    return keeper_pid


def _worker(ground: at.Ground, name: str, *words: str) -> Command:
    argv = [sys.executable, "-m", "workers", *words]
    return Command(name=name, argv=argv, environment=environment_with(ground.given), log=ground.log("worker"))


def blow(storm: Storm, number: int, *, seconds: float, pause: tuple[float, float], seed: int = 1) -> list[Letter]:
    """Post `number` letters and answer a fifth, while processes die; returns the letters once all are posted."""
    dice = random.Random(seed)
    by_messengers = number * 3 // 4
    with storm.ground.app().app_context():
        letters = _messengers.written(storm.messengers, by_messengers)
    letters += _letters.written(
        storm.base,
        number - by_messengers,
        website=storm.demo.website_token,
        program=storm.demo.api_identifier,
        mailboxes=storm.mailboxes,
    )
    over = threading.Event()
    with ThreadPoolExecutor(3) as pool:
        others = [pool.submit(_answer, storm, over, seconds), pool.submit(_tell_receipts, storm, over, seconds)]
        chaos = pool.submit(_break_things, storm, int(number * (1 + _letters.REPEATS)), over, pause, dice)
        _letters.post_all(
            storm.base, letters, storm.tally, clients=CLIENTS, seconds=seconds, dice=random.Random(seed + 1)
        )
        at_rest = time.monotonic() + seconds
        while not (storm.is_settled() and len(storm.answered) >= answered(letters)) and time.monotonic() < at_rest:
            time.sleep(0.5)
        over.set()
        for each in (*others, chaos):
            each.result()
    return letters


def answered(letters: Sequence[Letter]) -> int:
    """How many of them the agents answer."""
    return sum(is_answered(each.words) for each in letters)


def is_answered(words: str) -> bool:
    """A call is not answered in writing."""
    return int(words.split()[1]) % ANSWERED == 0 and not words.strip().endswith("twilio_voice")


def _break_things(
    storm: Storm, posts: int, over: threading.Event, pause: tuple[float, float], dice: random.Random
) -> None:
    """A process every now and then; Redis emptied after a third and two thirds, PostgreSQL killed after the half."""
    events = [(0.33, flush_redis), (0.5, restart_postgres), (0.66, flush_redis)]
    while not over.is_set() and storm.tally.posted < posts:
        if over.wait(dice.uniform(*pause)):
            return
        if events and storm.tally.posted >= posts * events[0][0]:
            events.pop(0)[1](storm)
        else:
            kill_one(storm, dice)
    for _, event in events:
        event(storm)


def kill_one(storm: Storm, dice: random.Random) -> None:
    name = dice.choice(("web", "worker"))
    found = psutil.Process(storm.web_pid).children() if name == "web" else _keeper.kept(storm.keeper_pid, "worker")
    if found:
        with suppress(psutil.NoSuchProcess):
            dice.choice(found).kill()
            _note(storm, name)


def flush_redis(storm: Storm) -> None:
    with Redis.from_url(storm.ground.settings.redis_url) as client:
        client.flushall()
    _note(storm, "redis flushed")


def restart_postgres(storm: Storm) -> None:
    """Immediate shutdown, as by a power cut; its keeper begins it anew."""
    postmaster = (storm.ground.data.postgres / "postmaster.pid").read_text().splitlines()[0]
    os.kill(int(postmaster), signal.SIGQUIT)
    _note(storm, "postgres restarted")


def _note(storm: Storm, what: str) -> None:
    storm.killed[what] = storm.killed.get(what, 0) + 1


def _answer(storm: Storm, over: threading.Event, seconds: float) -> None:
    """The agents: whatever they have seen of the letters, a fifth is answered by REST, again until it is taken."""
    seen: set[int] = set()
    until = time.monotonic() + 2 * seconds
    with ThreadPoolExecutor(AGENTS) as pool, httpx.Client(base_url=storm.base, timeout=20) as client:
        while not over.wait(0.5):
            try:
                # Ids are not committed in their order: look back a little.
                found = storm.rows(HEARD, after=max(seen, default=0) - 2000)
            except DBAPIError:
                continue
            fresh = [each for each in found if each.id not in seen]
            seen.update(each.id for each in fresh)
            told = [pool.submit(_answer_one, storm, client, each, until) for each in fresh if is_answered(each.content)]
            for each in told:
                each.result()


def _answer_one(storm: Storm, client: httpx.Client, heard: Any, until: float) -> None:
    path = f"/api/v1/accounts/{storm.account_id}/conversations/{heard.display_id}/messages"
    _letters.persist(
        client,
        "POST",
        path,
        storm.talk,
        until,
        headers={"api_access_token": storm.demo.administrator.api_access_token},
        json={"content": f"Answer to {heard.content.strip()}", "echo_id": f"answer-{heard.id}"},
    )
    storm.answered.append(heard.content)


def _tell_receipts(storm: Storm, over: threading.Event, seconds: float) -> None:
    """The program tells how far answers have come, in any order and some twice."""
    until, told, dice = time.monotonic() + 2 * seconds, 0, random.Random(3)
    headers = {"api_access_token": storm.demo.administrator.api_access_token}
    with httpx.Client(base_url=storm.base, timeout=20, headers=headers) as client:
        while not over.wait(0.2):
            for event in storm.program.heard[told:]:
                told += 1
                path = (
                    f"/api/v1/accounts/{storm.account_id}/conversations/{event['conversation']['id']}"
                    f"/messages/{event['id']}"
                )
                for status in dice.sample(("sent", "delivered", "read", "delivered"), 3):
                    _letters.persist(client, "PATCH", path, storm.talk, until, json={"status": status})
