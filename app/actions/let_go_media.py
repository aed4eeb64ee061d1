"""Takes from the provider what we hold ourselves, where the inbox wants nothing kept there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.channels import CHANNELS
from app.channels.base import DeliveryFailed, Line
from app.lib import clock
from app.lib.database import db
from app.lib.queue import Queue, Refused, TryAgain, later
from app.models.attachment import Attachment

WINDOW_SECONDS = 2 * 24 * 3600
# The provider may be writing down meanwhile what is said in it.
AFTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Plan:
    account_id: int
    attachment_id: int
    kind: str
    line: Line
    ref: Mapping[str, Any]


def wish_to_let_go(attachment: Attachment) -> None:
    """For what has just been fetched; nothing where the provider may keep it."""
    inbox = attachment.message.conversation.inbox
    if attachment.ref and not inbox.opened().keeps(attachment.ref):
        later(
            "let_go_media",
            attachment.account_id,
            attachment.id,
            queue=Queue.OUTBOUND,
            once=f"let go:{attachment.id}",
            run_at=clock.now() + AFTER,
            share=f"{attachment.account_id}:{inbox.id}:media",
        )


def prepare(account_id: int, attachment_id: int) -> Plan | None:
    attachment = db.session.get(Attachment, (account_id, attachment_id))
    if attachment is None or attachment.state != "ready" or not attachment.storage_key or not attachment.ref:
        return None
    inbox = attachment.message.conversation.inbox
    return Plan(account_id, attachment_id, inbox.channel, inbox.line, attachment.ref)


def call(plan: Plan) -> None:
    try:
        CHANNELS[plan.kind](plan.line).let_go(plan.ref)
    except DeliveryFailed as failed:
        if failed.permanent:
            raise Refused(failed.reason) from failed
        raise TryAgain(failed.reason, after=failed.retry_after) from failed


def settle(plan: Plan, _: None) -> None:
    """There is nothing to fetch it by any more."""
    if attachment := db.session.get(Attachment, (plan.account_id, plan.attachment_id)):
        attachment.meta = {**attachment.meta, "let_go_at": clock.now().isoformat()}


def refuse(plan: Plan, reason: str) -> None:
    if attachment := db.session.get(Attachment, (plan.account_id, plan.attachment_id)):
        attachment.meta = {**attachment.meta, "not_let_go": reason[:500]}
