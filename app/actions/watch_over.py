"""Watches over the inboxes' lines: what is wrong is shown at once and mailed when it lasts, and repaired where that can be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from app.actions.send_mail import post
from app.channels import CHANNELS
from app.channels.base import Channel, Health, Line, NotConnected, Problem, Unreachable
from app.lib import clock
from app.lib.database import db
from app.lib.queue import NotYet, Queue, later
from app.models.connection import Connection
from app.models.event import record
from app.models.inbox import Inbox

PROBED = tuple(kind for kind, channel in CHANNELS.items() if not channel.abilities.is_live)
# Trouble is mailed when it has lasted this long: a line that was away for a moment is no news.
TELL_AFTER = timedelta(seconds=60)
# One that is in trouble is looked at again this soon.
LOOK_AGAIN = timedelta(seconds=75)
# How long before its end an expiry is trouble.
EXPIRES_SOON = timedelta(days=7)
# How long what needs access waits for its renewal before it looks again.
STALE_SECONDS = 5.0


@dataclass(frozen=True)
class Plan:
    account_id: int
    inbox_id: int
    kind: str
    line: Line
    webhook_url: str


@dataclass(frozen=True)
class Found:
    """`renewed` are new credentials, to be kept."""

    health: Health
    renewed: Mapping[str, Any] | None = None


def probe_all() -> None:
    """In a system frame: order a probe of every inbox with a line to somewhere."""
    found = select(Inbox.account_id, Inbox.id).where(Inbox.channel.in_(PROBED), Inbox.is_enabled)
    for account_id, inbox_id in db.session.execute(found).all():
        wish_probe(account_id, inbox_id)


def wish_probe(account_id: int, inbox_id: int, *, after: timedelta = timedelta()) -> None:
    later(
        "probe_inbox",
        account_id,
        inbox_id,
        queue=Queue.SLOW,
        once=f"probe:{account_id}:{inbox_id}:{'again' if after else 'now'}",
        run_at=clock.now() + after,
        share=f"{account_id}:{inbox_id}:probe",
        account_id=account_id,
    )


def keep_fresh(inbox: Inbox) -> Channel:
    """The inbox's channel. Raises NotYet while its access has ended: it is renewed first, in one place."""
    channel = inbox.opened()
    if channel.is_stale:
        raise NotYet(
            "The access to the provider has ended, and is being renewed.",
            seconds=STALE_SECONDS,
            meanwhile=partial(wish_probe, inbox.account_id, inbox.id),
        )
    return channel


def prepare(account_id: int, inbox_id: int) -> Plan | None:
    inbox = db.session.get(Inbox, (account_id, inbox_id))
    if inbox is None or not inbox.is_enabled:
        return None
    return Plan(account_id, inbox_id, inbox.channel, inbox.line, inbox.webhook_url)


def call(plan: Plan) -> Found:
    channel = CHANNELS[plan.kind](plan.line)
    try:
        renewed = channel.renew()
    except NotConnected as refused:
        return Found(Health([Problem("credentials", str(refused), repair=channel.way_back)]))
    except Unreachable as away:
        return Found(Health([Problem("unreachable", str(away), repair="settings")]))
    if renewed is not None:
        line = plan.line
        channel = CHANNELS[plan.kind](Line(line.address, line.token, line.name, renewed, line.settings))
    return Found(channel.probe(plan.webhook_url), renewed)


def settle(plan: Plan, found: Found) -> None:
    inbox = db.session.get(Inbox, (plan.account_id, plan.inbox_id))
    if inbox is None:
        return
    connection = Connection.of(inbox, lock=True)
    if found.renewed is not None:
        # What somebody has changed meanwhile stays; the rest is renewed: the old tokens may be good for nothing any more.
        before, now = plan.line.credentials, inbox.credentials
        inbox.credentials = {
            **now,
            **{name: value for name, value in found.renewed.items() if now.get(name) == before.get(name)},
        }
    health = found.health
    connection.checked_at = clock.now()
    connection.facts, connection.expires_at = dict(health.facts), health.expires_at
    problems = list(health.problems)
    if health.expires_at and health.expires_at < clock.now() + EXPIRES_SOON:
        problems.append(Problem("expiring", "Its access ends soon: connect it again.", repair="reconnect"))
    _set(inbox, connection, [asdict(problem) for problem in problems])


def refuse(plan: Plan, reason: str) -> None:
    """A probe tells what is wrong; it is not refused."""


def note_trouble(inbox: Inbox, connection: Connection, problem: Problem) -> None:
    """Something is wrong with its line, seen while it was used."""
    others = [each for each in connection.problems if each["code"] != problem.code]
    _set(inbox, connection, [*others, asdict(problem)])


def note_well(inbox: Inbox, connection: Connection, *, codes: Sequence[str]) -> None:
    """These are not wrong (any more)."""
    _set(inbox, connection, [each for each in connection.problems if each["code"] not in codes])


def _set(inbox: Inbox, connection: Connection, problems: list[dict[str, Any]]) -> None:
    before = connection.state
    was = [(each["code"], each["words"]) for each in connection.problems]
    connection.problems, connection.state = problems, "trouble" if problems else "well"
    if not problems:
        connection.failing_since = None
        if connection.told_at is not None:
            connection.told_at = None
            post("inbox_well", account_id=inbox.account_id, inbox_id=inbox.id)
    else:
        connection.failing_since = connection.failing_since or clock.now()
        if connection.told_at is None and clock.now() - connection.failing_since >= TELL_AFTER:
            connection.told_at = clock.now()
            post("inbox_trouble", account_id=inbox.account_id, inbox_id=inbox.id)
        elif connection.told_at is None:
            wish_probe(inbox.account_id, inbox.id, after=LOOK_AGAIN)
    if before != connection.state or was != [(each["code"], each["words"]) for each in problems]:
        record("inbox.health_changed", inbox, state=connection.state)
