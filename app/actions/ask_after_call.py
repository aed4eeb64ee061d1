"""Asks the provider how a call stands that we have heard nothing of for a while: the news of its end may have been lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.actions.call import note_call, wish_to_ask
from app.channels import CHANNELS
from app.channels.base import Call, Line, Unreachable
from app.lib import clock
from app.lib.database import db
from app.lib.queue import TryAgain
from app.models.inbox import Inbox
from app.models.message import Message

NEXT, LONGEST = timedelta(minutes=20), timedelta(hours=5)
ON = ("ringing", "in-progress")
WINDOW_SECONDS = 6 * 3600


@dataclass(frozen=True)
class Plan:
    account_id: int
    message_id: int
    kind: str
    line: Line
    source_id: str


def prepare(account_id: int, message_id: int) -> Plan | None:
    message = db.session.get(Message, (account_id, message_id))
    if message is None or not message.source_id or not _is_on(message):
        return None
    inbox = message.conversation.inbox
    return Plan(account_id, message_id, inbox.channel, inbox.line, message.source_id)


def call(plan: Plan) -> Sequence[Call]:
    try:
        return CHANNELS[plan.kind](plan.line).call_now(plan.source_id)
    except Unreachable as away:
        raise TryAgain(str(away)) from away


def settle(plan: Plan, told: Sequence[Call]) -> None:
    message = db.session.get(Message, (plan.account_id, plan.message_id))
    if message is None:
        return
    inbox = db.session.get_one(Inbox, (plan.account_id, message.inbox_id))
    for news in told:
        note_call(inbox, news)
    if not _is_on(message):
        return
    if clock.now() - message.created_at > LONGEST:
        note_call(inbox, Call(plan.source_id, state="ended"))
    else:
        wish_to_ask(message, after=NEXT)


def refuse(plan: Plan, reason: str) -> None:
    """Nobody knows; it is shown as it was last told."""


def _is_on(message: Message) -> bool:
    return message.status != "failed" and message.content_attributes.get("data", {}).get("status") in ON
