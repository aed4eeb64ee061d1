"""Sends our messages to the customer, part by part: prepare, call, settle; told on the bubble whatever happens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from app.actions.mail_out import addressed
from app.actions.stand_by import standby_of
from app.actions.watch_over import keep_fresh
from app.channels import CHANNELS
from app.channels.base import DeliveryFailed, File, Line, Outbound, Sent, Unreachable
from app.config import settings
from app.errors import TooMany
from app.lib import channel_text, storage
from app.lib.database import db
from app.lib.queue import NotYet, Refused, TryAgain, Unheard
from app.lib.throttle import throttle
from app.models.attachment import Attachment
from app.models.conversation.answerable import WindowKind
from app.models.conversation.deliverable import ids_since, newest_id, sent_parts
from app.models.inbox import Inbox
from app.models.message import Message
from app.realtime.message_event import message_event
from app.realtime.paths import preview_path, signed_path

# After this long the answers behind one that fails no longer wait for it.
HOLD_SECONDS = 120.0


@dataclass(frozen=True)
class Plan:
    """One part of a message, ready to go."""

    account_id: int
    message_id: int
    kind: str
    line: Line
    outbound: Outbound
    position: int
    is_last: bool


def prepare(account_id: int, message_id: int) -> Plan | None:
    """The next part of a message, which is being sent from now on; None when nothing is to be sent (any more).

    Raises NotYet when its inbox has sent as much as it may for now.
    """
    message = _found(account_id, message_id)
    if message is None or message.status not in ("queued", "sending") or message.deleted_at:
        return None
    inbox = message.conversation.inbox
    if inbox.abilities.is_live:
        return None
    keep_fresh(inbox)
    _keep_to_the_rate(inbox)
    plan = _plan(message, inbox)
    if message.status != "sending":
        message.conversation.begin_sending(message)
    return plan


def call(plan: Plan) -> Sent:
    """Raises Refused, TryAgain, Unheard."""
    try:
        return CHANNELS[plan.kind](plan.line).send(plan.outbound)
    except DeliveryFailed as failed:
        if failed.permanent:
            raise Refused(failed.reason) from failed
        if failed.is_unsure:
            raise Unheard(failed.reason) from failed
        raise TryAgain(failed.reason, after=failed.retry_after) from failed


def settle(plan: Plan, sent: Sent) -> bool:
    """True when more parts are to be sent."""
    message = _found(plan.account_id, plan.message_id)
    if message is None:
        return False
    if sent.refused:
        message.content_attributes = {**message.content_attributes, "refused": dict(sent.refused)}
    message.conversation.note_sent(message, plan.position, sent.source_id, is_last=plan.is_last)
    return not plan.is_last


def refuse(plan: Plan, reason: str) -> None:
    if message := _found(plan.account_id, plan.message_id):
        message.conversation.note_failed(message, reason[:2000])


def lost(account_id: int, message_id: int) -> None:
    """Nobody knows whether it was sent: ask, where the provider can be asked."""
    if message := _found(account_id, message_id):
        message.conversation.note_unsure(message)
        if message.conversation.inbox.abilities.can_look_up:
            message.conversation.wish_check(message)


def delayed(account_id: int, message_id: int, *, reason: str, at: datetime) -> None:
    if message := _found(account_id, message_id):
        message.conversation.note_delay(message, reason[:2000], at)


def give_up(account_id: int, message_id: int, reason: str) -> None:
    if message := _found(account_id, message_id):
        message.conversation.note_failed(message, f"Given up after many tries. {reason}"[:2000])


def is_repeatable(account_id: int, message_id: int) -> bool:
    message = _found(account_id, message_id)
    return message is None or message.conversation.inbox.abilities.is_idempotent


def window(account_id: int, message_id: int) -> float:
    message = _found(account_id, message_id)
    return float(message.conversation.inbox.abilities.retry_seconds) if message else 0.0


def prepare_check(account_id: int, message_id: int) -> Plan | None:
    """The part that nobody knows of, to be asked for."""
    message = _found(account_id, message_id)
    if message is None or message.status != "unsure":
        return None
    plan = _plan(message, message.conversation.inbox)
    known = replace(plan.outbound, since=message.created_at, others=ids_since(message))
    return replace(plan, outbound=known)


def check(plan: Plan) -> Sent | None:
    try:
        return CHANNELS[plan.kind](plan.line).look_up(plan.outbound)
    except Unreachable as away:
        raise TryAgain(str(away)) from away


def settle_check(plan: Plan, sent: Sent | None) -> None:
    """It was sent, or it was not: then it is sent now."""
    message = _found(plan.account_id, plan.message_id)
    if message is None or message.status != "unsure":
        return
    if sent is not None:
        message.conversation.note_sent(message, plan.position, sent.source_id, is_last=plan.is_last)
    if sent is None or not plan.is_last:
        message.conversation.send_on(message)


def refuse_check(_: Plan, reason: str) -> None:
    """It stays unsure: `reason` is no news of the message."""


def _found(account_id: int, message_id: int) -> Message | None:
    return db.session.get(Message, (account_id, message_id))


def _keep_to_the_rate(inbox: Inbox) -> None:
    try:
        throttle(f"sends:{inbox.account_id}:{inbox.id}", limit=inbox.abilities.sends_per_minute, seconds=60)
    except TooMany as many:
        raise NotYet("The inbox has sent as much as it may in a minute.", seconds=min(many.retry_after, 10)) from many


def _plan(message: Message, inbox: Inbox) -> Plan:
    parts = parts_of(message, inbox)
    position = min(sent_parts(message), len(parts) - 1)
    return Plan(
        account_id=message.account_id,
        message_id=message.id,
        kind=inbox.channel,
        line=inbox.line,
        outbound=replace(parts[position], follows=newest_id(message) if message.conversation.identifier else ""),
        position=position,
        is_last=position == len(parts) - 1,
    )


def parts_of(message: Message, inbox: Inbox) -> list[Outbound]:
    """What a message is sent as: the same parts, under the same keys, at every attempt."""
    abilities = inbox.abilities
    carried: list[Attachment] = []
    linked: list[Attachment] = []
    for attachment in message.attachments:
        (carried if _is_carried(attachment, inbox) else linked).append(attachment)
    texts = channel_text.parts(
        message.content,
        abilities.markup,
        abilities.max_length,
        unit=abilities.length_in,
        below=[f"{each.filename}: {_url(each)}" for each in linked],
    )
    files = [_file(each) for each in carried]
    whole = Outbound(
        key="",
        to=message.conversation.contact_inbox.source_id,
        content_type=message.content_type,
        content_attributes=message.content_attributes,
        reply_to=message.reply_to.source_id if message.reply_to else None,
        answered=message.reply_to.content_attributes if message.reply_to else {},
        mail=addressed(message) if abilities.is_mail else None,
        event=message_event(message, message.conversation) if abilities.is_whole else {},
        thread=message.conversation.identifier or "",
        context=message.conversation.additional_attributes,
        standby=standby_of(message) if abilities.has_calls else None,
        is_late=message.conversation.reply_window().kind is WindowKind.LATE,
    )
    if "template" in message.content_attributes:
        # What a provider has approved goes as one, whatever fills its blanks.
        text = channel_text.marked_up(message.content, abilities.markup)
        return [replace(whole, key=f"{message.client_id}-0", text=text, files=files)]
    together = abilities.attachments_per_message > 1
    bare = replace(whole, content_type="text", content_attributes=_without_items(message))
    # What can be pressed stands below the last words.
    sends = [replace(bare, text=text) for text in texts[:-1]]
    if texts or not files or together:
        sends.append(replace(whole, text=texts[-1] if texts else "", files=files if together else ()))
    if not together:
        sends += [replace(bare, files=[file]) for file in files]
    arranged = inbox.speaks.arranged(sends)
    return [
        # Only the first words stand below what they answer.
        replace(
            each,
            key=f"{message.client_id}-{number}",
            reply_to=None if number else whole.reply_to,
            answered={} if number else whole.answered,
        )
        for number, each in enumerate(arranged)
    ]


def _without_items(message: Message) -> dict[str, Any]:
    return {name: value for name, value in message.content_attributes.items() if name != "items"}


def _is_carried(attachment: Attachment, inbox: Inbox) -> bool:
    abilities = inbox.abilities
    return (
        abilities.attachments_per_message > 0
        and attachment.storage_key is not None
        and attachment.byte_size <= abilities.max_attachment_bytes
        and attachment.kind in abilities.attachment_kinds
    )


def _file(attachment: Attachment) -> File:
    return File(
        filename=attachment.filename,
        content_type=attachment.content_type,
        byte_size=attachment.byte_size,
        kind=attachment.kind,
        url=_url(attachment),
        open=partial(storage.open, attachment.storage_key or ""),
        inline_id=attachment.inline_id,
        preview_url=f"{settings().public_url}{preview_path(attachment)}" if attachment.kind == "image" else "",
    )


def _url(attachment: Attachment) -> str:
    return f"{settings().public_url}{signed_path(attachment)}"
