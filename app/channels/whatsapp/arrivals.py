"""What Meta's webhook brings for WhatsApp: letters out of a delivery, and what is told beside what people say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.channels.incoming import (
    Deleted,
    Echo,
    Edited,
    Envelope,
    Fact,
    Inbound,
    Reaction,
    Receipt,
    Renamed,
    Status,
)
from app.channels.whatsapp.kinds import Said, said
from app.channels.whatsapp.numbers import canonical, phone_number
from app.channels.whatsapp.person import person
from app.channels.whatsapp.shape import listed, mapped, number, worded

STATUSES: Mapping[str, Status] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}
WITHOUT_WORDS = ("request_welcome",)


def letters(body: Any) -> list[Envelope]:
    """One letter for each message, echo and status; none when it is nonsense, or tells of something else."""
    return [letter for value in values(body) for letter in _letters(value)]


def is_of_meta(body: Any) -> bool:
    return mapped(body).get("object") == "whatsapp_business_account"


def values(body: Any) -> Iterator[Mapping[str, Any]]:
    if not is_of_meta(body):
        return
    for entry in listed(mapped(body).get("entry")):
        for change in listed(mapped(entry).get("changes")):
            yield mapped(mapped(change).get("value"))


def _letters(value: Mapping[str, Any]) -> Iterator[Envelope]:
    address = worded(mapped(value.get("metadata")).get("phone_number_id"))
    if not address:
        return
    contacts = [mapped(each) for each in listed(value.get("contacts"))]
    for each in map(mapped, listed(value.get("messages"))):
        sender = _sender(each)
        contact = next((who for who in contacts if sender in _names(who)), contacts[0] if len(contacts) == 1 else {})
        yield _letter(address, "message", sender, each, contact)
    for each in map(mapped, listed(value.get("message_echoes"))):
        yield _letter(address, "echo", canonical(worded(each.get("to")) or worded(each.get("to_user_id"))), each)
    for each in map(mapped, listed(value.get("statuses"))):
        whom = canonical(worded(each.get("recipient_id")) or worded(each.get("recipient_user_id")))
        yield _letter(address, "status", whom, each)


def _letter(
    address: str, kind: str, sender: str, item: Mapping[str, Any], contact: Mapping[str, Any] | None = None
) -> Envelope:
    payload = {"kind": kind, "item": dict(item), "contact": dict(contact or {})}
    named = worded(item.get("id"))
    # A message has several statuses, each told once or more.
    detail = f":{worded(item.get('status'))}" if kind == "status" else ""
    key = f"{kind}:{named}{detail}" if named else f"{kind}:{_fingerprint(item)}"
    return Envelope(address, sender or "nobody", key[:500], payload, provider_at=_moment(item.get("timestamp")))


def _sender(item: Mapping[str, Any]) -> str:
    return canonical(worded(item.get("from")) or worded(item.get("from_user_id")))


def _names(contact: Mapping[str, Any]) -> set[str]:
    return {canonical(worded(contact.get(name))) for name in ("wa_id", "user_id")} - {""}


def _fingerprint(item: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(item, sort_keys=True, default=str).encode()).hexdigest()


def _moment(timestamp: Any) -> datetime | None:
    """Seconds since 1970, as digits."""
    try:
        return datetime.fromtimestamp(int(timestamp), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def facts(payload: Mapping[str, Any]) -> Sequence[Fact]:
    """What a letter says."""
    kind, item, contact = payload.get("kind"), mapped(payload.get("item")), mapped(payload.get("contact"))
    if kind == "status":
        return _receipt(item)
    if kind not in ("message", "echo") or item.get("type") in WITHOUT_WORDS:
        return ()
    if news := _news(item):
        return [news]
    return _echo(item) if kind == "echo" else _message(item, contact)


def _receipt(item: Mapping[str, Any]) -> Sequence[Fact]:
    status, source_id = STATUSES.get(worded(item.get("status"))), worded(item.get("id"))
    if status is None or not source_id:
        return ()
    error = "; ".join(filter(None, map(refusal, listed(item.get("errors")))))
    return [
        Receipt(
            status,
            source_id,
            error=error if status == "failed" else "",
            at=_moment(item.get("timestamp")),
            about=_price(mapped(item.get("pricing"))),
        )
    ]


def _price(pricing: Mapping[str, Any]) -> dict[str, Any]:
    """What the message is charged as, where Meta tells."""
    told = {name: pricing[name] for name in ("category", "type", "billable") if name in pricing}
    return (
        {"pricing": {name: value if isinstance(value, bool) else worded(value) for name, value in told.items()}}
        if told
        else {}
    )


def refusal(error: Any) -> str:
    """`131047: Re-engagement message: More than 24 hours have passed …`, as Meta says it, once."""
    known = mapped(error)
    title = worded(known.get("title")) or worded(known.get("message"))
    details = worded(mapped(known.get("error_data")).get("details")) or worded(known.get("details"))
    code = str(number(known.get("code")) or "")
    return ": ".join(dict.fromkeys(each.strip().rstrip(".") for each in (code, title, details) if each.strip()))


def _news(item: Mapping[str, Any]) -> Fact | None:
    """What changes a message there is."""
    kind = item.get("type")
    about = mapped(item.get(worded(kind)))
    if kind == "reaction":
        named = worded(about.get("message_id"))
        return Reaction(named, _sender(item), worded(about.get("emoji"))) if named else None
    named = worded(about.get("original_message_id"))
    if kind == "revoke" and named:
        return Deleted(named)
    if kind == "edit" and named:
        return Edited(named, said(mapped(about.get("message"))).content)
    return None


def _message(item: Mapping[str, Any], contact: Mapping[str, Any]) -> Sequence[Fact]:
    sender = person(item, contact)
    if not sender.source_id:
        return ()
    told: Said = said(item)
    source_id, at = worded(item.get("id")) or None, _moment(item.get("timestamp"))
    if told.is_unsupported:
        return [told.unsupported(sender, source_id, at)]
    context, renamed = mapped(item.get("context")), _renamed(item)
    if renamed:
        sender = replace(sender, source_id=renamed.source_id, phone_number=renamed.phone_number)
    return [
        Inbound(
            told.content,
            source_id=source_id,
            content_attributes=told.attributes,
            attachments=told.media,
            reply_to_source=worded(context.get("id")) or None,
            provider_at=at,
            is_odd=not told.content and not told.media,
            sender=sender,
            begun_with={"referral": told.attributes["referral"]} if "referral" in told.attributes else {},
            thread=worded(item.get("group_id")),
        ),
        *([renamed] if renamed else []),
    ]


def _renamed(item: Mapping[str, Any]) -> Renamed | None:
    """They have a new number, or, where they show us none, a new id."""
    system = mapped(item.get("system")) if item.get("type") == "system" else {}
    kind = system.get("type")
    if kind == "user_changed_number":
        before, after = worded(item.get("from")), worded(system.get("wa_id"))
    elif kind == "user_changed_user_id":
        before, after = worded(system.get("previous_user_id")), worded(system.get("user_id"))
    else:
        return None
    known = canonical(before), canonical(after)
    return Renamed(*known, phone_number(before), phone_number(after)) if all(known) else None


def _echo(item: Mapping[str, Any]) -> Sequence[Fact]:
    """Said from the WhatsApp Business app, at a number that both use."""
    recipient = person({"from": item.get("to"), "from_user_id": item.get("to_user_id")}, {})
    source_id = worded(item.get("id"))
    if not recipient.source_id or not source_id:
        return ()
    told = said(item)
    words = told.content or (f"({told.unsupported_as})" if told.is_unsupported else "")
    return [Echo(recipient, words, source_id, attachments=told.media, provider_at=_moment(item.get("timestamp")))]
