"""Makes sure that nothing is unaccounted for: compares with what providers have, and takes up work that was dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.actions.keep import work_through
from app.channels import CHANNELS
from app.channels.base import Line, Listed, NotConnected, Unreachable
from app.lib import clock
from app.lib.database import db
from app.lib.queue import Queue, TryAgain, later
from app.models.account import Account
from app.models.connection import Connection
from app.models.inbox import Inbox
from app.models.letter import Letter
from app.models.message import Message
from app.models.work import Work
from app.queries import ledger

LISTING = tuple(kind for kind, channel in CHANNELS.items() if channel.abilities.can_list)
# How far back is compared, and how long something may be on its way before it counts as missing.
SPAN, GRACE = timedelta(days=2), timedelta(minutes=5)
MOST_MISSING = 500


@dataclass(frozen=True)
class Plan:
    account_id: int
    inbox_id: int
    kind: str
    line: Line
    since: datetime


def reconcile_all() -> None:
    """In a system frame: order the comparison of every inbox whose provider can list what it has."""
    found = select(Inbox.account_id, Inbox.id).where(Inbox.channel.in_(LISTING), Inbox.is_enabled)
    for account_id, inbox_id in db.session.execute(found).all():
        wish_reconciliation(account_id, inbox_id)


def wish_reconciliation(account_id: int, inbox_id: int) -> None:
    later(
        "reconcile_inbox",
        account_id,
        inbox_id,
        queue=Queue.SLOW,
        once=f"reconcile:{account_id}:{inbox_id}",
        share=f"{account_id}:{inbox_id}:poll",
        account_id=account_id,
    )


def prepare(account_id: int, inbox_id: int) -> Plan | None:
    inbox = db.session.get(Inbox, (account_id, inbox_id))
    if inbox is None or not inbox.is_enabled or not inbox.abilities.can_list:
        return None
    since = max(clock.now() - SPAN, inbox.created_at)
    return Plan(account_id, inbox_id, inbox.channel, inbox.line, since)


def call(plan: Plan) -> Sequence[Listed]:
    try:
        return CHANNELS[plan.kind](plan.line).listed(plan.since)
    except (NotConnected, Unreachable) as away:
        raise TryAgain(str(away)) from away


def settle(plan: Plan, listed: Sequence[Listed]) -> None:
    """Note what they have and we have not; what came a moment ago may still be on its way."""
    inbox = db.session.get(Inbox, (plan.account_id, plan.inbox_id))
    if inbox is None:
        return
    settled = [each for each in listed if each.at is None or each.at < clock.now() - GRACE]
    ours: set[str] = set()
    for begin in range(0, len(settled), 1000):
        keys = [each.key for each in settled[begin : begin + 1000]]
        ours |= set(
            db.session.scalars(
                select(Letter.key).where(
                    Letter.account_id == plan.account_id, Letter.inbox_id == plan.inbox_id, Letter.key.in_(keys)
                )
            )
        )
    missing = [each for each in settled if each.key not in ours]
    Connection.of(inbox, lock=True).reconciled = {
        "at": clock.now().isoformat(),
        "since": plan.since.isoformat(),
        "theirs": len(settled),
        "ours": len(settled) - len(missing),
        "missing": [_shown(each) for each in missing[:MOST_MISSING]],
    }


def refuse(plan: Plan, reason: str) -> None:
    """Listing is not refused."""


def take_up_dropped() -> None:
    """In a system frame: have every account looked through for work that was dropped."""
    for account_id in db.session.scalars(select(Account.id)):
        later(
            "take_up_account",
            account_id,
            queue=Queue.EVENTS,
            once=f"take up:{account_id}",
            account_id=account_id,
        )


def take_up_account(account_id: int) -> None:
    """Inside work: letters and messages that wait, and that nobody works on, are taken up again.

    The promise of work is committed with what it is for, so there should be none; somebody may have restored a backup,
    or deleted rows by hand.
    """
    for letter_id in ledger.unaccounted_letters(account_id):
        letter = db.session.get_one(Letter, (account_id, letter_id))
        if not _is_parked(account_id, "receive_letter", letter_id):
            work_through(account_id, letter.inbox_id, letter_id, letter.sender)
    for message_id in ledger.unaccounted_messages(account_id):
        message = db.session.get_one(Message, (account_id, message_id))
        if message.status == "sending":
            message.conversation.note_unsure(message)
        else:
            message.conversation.wish_delivery(message)


def _is_parked(account_id: int, job: str, id_: int) -> bool:
    args: Any = [account_id, id_]
    parked = select(Work.id).where(
        Work.account_id == account_id, Work.state == "parked", Work.job == job, Work.args == args
    )
    return db.session.scalar(parked.limit(1)) is not None


def _shown(listed: Listed) -> dict[str, Any]:
    return {"key": listed.key, "words": listed.words[:200], "at": listed.at.isoformat() if listed.at else None}
