"""Takes a delivery of Meta's apart: one letter for each thing that happened in one customer's thread."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.channels.incoming import Envelope, Knock
from app.lib import crypto

LONGEST_ID = 500
# Instagram hands on the same things as changes, too; comments and mentions of posts are none of them.
CHANGES = {
    "messages",
    "messaging_postbacks",
    "messaging_seen",
    "messaging_referral",
    "message_reactions",
    "message_edit",
    "standby",
}
KINDS = ("message", "postback", "reaction", "read", "delivery", "message_edit", "referral")
LATEST_SECONDS, LATEST = 1e11, 1e14


def envelopes(knock: Knock, kind: str) -> Sequence[Envelope]:
    """`kind` is what Meta calls the thing that is written to: a page, or instagram."""
    body = knock.json()
    if not isinstance(body, dict) or body.get("object") != kind:
        return ()
    return [
        letter
        for entry in mappings(body.get("entry"))
        if (address := word(entry.get("id")))
        for event in _events(entry)
        if (letter := _letter(address, event))
    ]


def _events(entry: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """On standby is what is said while another app has the thread."""
    for way in ("messaging", "standby"):
        yield from mappings(entry.get(way))
    for change in mappings(entry.get("changes")):
        if change.get("field") in CHANGES:
            yield mapping(change.get("value"))


def _letter(address: str, event: Mapping[str, Any]) -> Envelope | None:
    kind = kind_of(event)
    customer = customer_of(address, event)
    # Who writes to themselves tries something out.
    if not kind or customer == address or not (customer or kind == "message_edit"):
        return None
    try:
        key = _key(kind, event)
    except (RecursionError, ValueError):
        return None
    at = moment(event.get("timestamp"))
    return Envelope(address, customer or address, key, {"event": dict(event)}, provider_at=at)


def kind_of(event: Mapping[str, Any]) -> str:
    return next((kind for kind in KINDS if isinstance(event.get(kind), Mapping)), "")


def customer_of(address: str, event: Mapping[str, Any]) -> str:
    """Who it is about: its sender, or, where we are that, whom it went to."""
    sender, recipient = (word(mapping(event.get(side)).get("id")) for side in ("sender", "recipient"))
    is_ours = mapping(event.get("message")).get("is_echo") is True or sender == address
    return recipient if is_ours else sender


def _key(kind: str, event: Mapping[str, Any]) -> str:
    """A message keeps its key however often it is told of; for the rest, what is the same to the letter is a repeat."""
    inner = mapping(event.get(kind))
    mid = word(inner.get("mid"))
    if mid and mid.isascii() and mid.isprintable():
        if kind == "message":
            return f"{'deleted' if inner.get('is_deleted') is True else 'message'}:{mid}"
        if kind == "postback":
            return f"postback:{mid}"
    return f"{kind}:{crypto.digest(json.dumps(event, sort_keys=True))}"


def moment(value: Any) -> datetime | None:
    """A time of Meta's, in milliseconds mostly, in seconds here and there; None where it is no time."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < LATEST:
        return None
    return datetime.fromtimestamp(value / 1000 if value > LATEST_SECONDS else value, UTC)


def word(value: Any) -> str:
    """An id, which is a number here and there; empty where it is neither or too long to be one."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30:
        return str(value)
    return value if isinstance(value, str) and len(value) <= LONGEST_ID and value.isprintable() else ""


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def mappings(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
