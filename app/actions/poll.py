"""Polls an inbox whose provider does not knock: letters and the cursor after them are one commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.actions.keep import keep
from app.actions.watch_over import keep_fresh, note_trouble, note_well
from app.channels import CHANNELS
from app.channels.base import Line, NotConnected, Polled, Problem, Unreachable
from app.lib import clock
from app.lib.database import db
from app.lib.queue import Queue, later
from app.models.connection import Connection
from app.models.inbox import Inbox

POLLED = tuple(kind for kind, channel in CHANNELS.items() if channel.abilities.is_polled)


@dataclass(frozen=True)
class Plan:
    account_id: int
    inbox_id: int
    kind: str
    line: Line
    cursor: Mapping[str, Any]


def poll_all() -> None:
    """In a system frame: order a poll of every inbox that is polled; one that is under way is not ordered twice."""
    inboxes = db.session.execute(
        select(Inbox.account_id, Inbox.id).where(Inbox.channel.in_(POLLED), Inbox.is_enabled)
    ).all()
    for account_id, inbox_id in inboxes:
        wish_poll(account_id, inbox_id)


def wish_poll(account_id: int, inbox_id: int) -> None:
    later(
        "poll_inbox",
        account_id,
        inbox_id,
        queue=Queue.SLOW,
        once=f"poll:{account_id}:{inbox_id}",
        lane=f"poll:{inbox_id}",
        share=f"{account_id}:{inbox_id}:poll",
        account_id=account_id,
    )


def prepare(account_id: int, inbox_id: int) -> Plan | None:
    inbox = db.session.get(Inbox, (account_id, inbox_id))
    if inbox is None or not inbox.is_enabled or not inbox.abilities.is_polled:
        return None
    keep_fresh(inbox)
    return Plan(account_id, inbox_id, inbox.channel, inbox.line, Connection.of(inbox).cursor)


def call(plan: Plan) -> Polled | Problem:
    """What is new, or what is in the way of asking."""
    channel = CHANNELS[plan.kind](plan.line)
    try:
        return channel.poll(plan.cursor)
    except NotConnected as refused:
        return Problem("credentials", str(refused), repair=channel.way_back)
    except Unreachable as away:
        return Problem("unreachable", str(away), repair="settings")


def settle(plan: Plan, polled: Polled | Problem) -> bool:
    """True when there is more. A cursor that somebody moved meanwhile (new credentials) stays where they put it."""
    inbox = db.session.get(Inbox, (plan.account_id, plan.inbox_id))
    if inbox is None:
        return False
    connection = Connection.of(inbox, lock=True)
    if isinstance(polled, Problem):
        # It is polled again in a minute anyway.
        note_trouble(inbox, connection, polled)
        return False
    keep(plan.account_id, plan.inbox_id, polled.envelopes)
    connection.polled_at = clock.now()
    note_well(inbox, connection, codes=("credentials", "unreachable"))
    if connection.cursor != plan.cursor:
        return False
    connection.cursor = dict(polled.cursor)
    return polled.more


def refuse(plan: Plan, reason: str) -> None:
    """Nothing is refused: what is wrong is the outcome."""
