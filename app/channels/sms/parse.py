"""What Bandwidth's events say: messages of customers, and how far ours have come."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from app.channels.incoming import Fact, Inbound, Media, Person, Receipt, Status, Unsupported
from app.channels.sms.bandwidth import words_of

# https://dev.bandwidth.com/docs/messaging/webhooks
STATUSES: dict[str, Status] = {
    "message-sending": "sent",
    "message-delivered": "delivered",
    "message-read": "read",
    "message-failed": "failed",
}
RECEIVED = "message-received"
# How an MMS says where its parts stand on a screen: nothing to be seen.
SCAFFOLDING = (".smil", ".xml")
KINDS = {"image": "image", "audio": "audio", "video": "video"}
MOST_MEDIA = 20
_NUMBER = re.compile(r"\+\d{4,15}")
STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
OPT_OUTS = {
    "stop": "They opted out: nothing should be sent to them until they send START.",
    "start": "They opted in again.",
}


def events(body: Any) -> list[Mapping[str, Any]]:
    """Those of a delivery that are about a message; one alone may come without its list."""
    given = body if isinstance(body, list) else [body]
    return [each for each in given if isinstance(each, Mapping) and message_id(each)]


def message_id(event: Mapping[str, Any]) -> str:
    return _text(_message(event), "id")


def owner(event: Mapping[str, Any]) -> str:
    """Our number, whichever way it went."""
    message = _message(event)
    if _text(message, "owner"):
        return _text(message, "owner")
    return _text(event, "to") if _text(event, "type") == RECEIVED else _text(message, "from")


def customer(event: Mapping[str, Any]) -> str:
    if _text(event, "type") == RECEIVED:
        return _text(_message(event), "from")
    return _text(event, "to") or next(iter(_texts(_message(event), "to")), "")


def key(event: Mapping[str, Any]) -> str:
    """What a repeat has too: a message has one, and each step of ours another."""
    kind = _text(event, "type")
    return message_id(event) if kind == RECEIVED else f"{message_id(event)} {kind} {_text(event, 'to')}".rstrip()


def at(event: Mapping[str, Any]) -> datetime | None:
    told = _text(_message(event), "time") if _text(event, "type") == RECEIVED else _text(event, "time")
    return moment(told)


def facts(event: Mapping[str, Any]) -> Sequence[Fact]:
    if not message_id(event) or not customer(event):
        return ()
    kind = _text(event, "type")
    if kind == RECEIVED:
        return (_said(event),)
    status = STATUSES.get(kind)
    if status is None:
        return ()
    error = words_of(event.get("errorCode"), event.get("description")) if status == "failed" else ""
    return (Receipt(status, message_id(event), sender=customer(event), error=error, at=at(event)),)


def _said(event: Mapping[str, Any]) -> Fact:
    message = _message(event)
    text = _text(message, "text")
    media = [_media(url) for url in _texts(message, "media")[:MOST_MEDIA] if not _is_scaffolding(url)]
    sender = Person(customer(event), phone_number=customer(event) if _NUMBER.fullmatch(customer(event)) else "")
    if not text.strip() and not media:
        return Unsupported("an empty message", sender=sender, source_id=message_id(event), provider_at=at(event))
    return Inbound(
        text,
        source_id=message_id(event),
        content_attributes=_attributes(event, text),
        attachments=media,
        provider_at=at(event),
        sender=sender,
    )


def _attributes(event: Mapping[str, Any], text: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    word = text.strip().lower()
    if opted := "stop" if word in STOP else "start" if word in ("start", "unstop") else "":
        told |= {"opt_out": opted, "notice": OPT_OUTS[opted]}
    others = [each for each in _texts(_message(event), "to") if each != owner(event)][:50]
    if others:
        told["notice"] = (
            f"Sent to a group, of which {', '.join(others)} got it too. An answer goes to the sender alone."
        )
    return told


def _media(url: str) -> Media:
    name = unquote(urlsplit_path(url).rpartition("/")[2]) or "file"
    content_type = mimetypes.guess_type(name)[0] or ""
    return Media(
        ref={"url": url},
        kind=KINDS.get(content_type.partition("/")[0], "file"),
        filename=name,
        content_type=content_type,
    )


def _is_scaffolding(url: str) -> bool:
    return urlsplit_path(url).lower().endswith(SCAFFOLDING)


def urlsplit_path(url: str) -> str:
    """The path of an address; the whole text where it is none."""
    try:
        return urlsplit(url).path
    except ValueError:
        return url


def moment(told: Any) -> datetime | None:
    """ISO 8601 with a zone; None for anything else."""
    try:
        found = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _message(event: Mapping[str, Any]) -> Mapping[str, Any]:
    message = event.get("message")
    return message if isinstance(message, Mapping) else {}


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""


def _texts(told: Mapping[str, Any], name: str) -> list[str]:
    value = told.get(name)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
