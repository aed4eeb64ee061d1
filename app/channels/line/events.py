"""What LINE tells: its events as letters, and what each letter says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.channels.incoming import Deleted, Envelope, Fact, Inbound, Media, Person, Unsupported
from app.channels.line.buttons import pressed
from app.lib.filename import clean_filename

MOST_EVENTS = 1000
# What somebody does without saying anything.
_SILENT = frozenset(
    {
        *("follow", "unfollow", "join", "leave", "memberJoined", "memberLeft", "accountLink", "membership", "module"),
        *("activated", "deactivated", "botSuspended", "botResumed", "delivery", "videoPlayComplete", "beacon"),
    }
)
_FILES = {
    "image": ("image", "picture.jpg", "image/jpeg"),
    "video": ("video", "video.mp4", "video/mp4"),
    "audio": ("audio", "audio.m4a", "audio/mp4"),
    "file": ("file", "file", ""),
}


def letters_of(address: str, told: Any) -> Sequence[Envelope]:
    """One letter an event; of groups only that something came. A delivery without events is LINE trying the webhook."""
    events = told.get("events") if isinstance(told, dict) else None
    if not address or not isinstance(events, list):
        return ()
    found = [letter for event in events[:MOST_EVENTS] if (letter := _letter(address, event))]
    return found or [Envelope(address, "", "trial", {"trial": True})]


def _letter(address: str, event: Any) -> Envelope | None:
    if not isinstance(event, dict):
        return None
    which = _text(event.get("webhookEventId")) or _text(_thing(event, "message").get("id"))
    if not which:
        return None
    source = _thing(event, "source")
    user = _text(source.get("userId")) if source.get("type") == "user" else ""
    return Envelope(
        address=address,
        sender=user,
        key=f"event-{which[:200]}",
        payload=event if user else {"left_out": _text(source.get("type")) or "unknown"},
        provider_at=_moment(event.get("timestamp")),
    )


def facts_of(event: Mapping[str, Any]) -> Sequence[Fact]:
    user = _text(_thing(event, "source").get("userId"))
    if not user:
        return ()
    person, at = person_of(user), _moment(event.get("timestamp"))
    kind = _text(event.get("type"))
    if kind == "message":
        return _said(_thing(event, "message"), person, at)
    if kind == "unsend":
        gone = _text(_thing(event, "unsend").get("messageId"))
        return [Deleted(gone)] if gone else ()
    if kind == "postback":
        return _pressed(_text(event.get("webhookEventId")), _thing(event, "postback"), person, at)
    return () if kind in _SILENT or not kind else [Unsupported("something new", person, None, at)]


def person_of(user: str) -> Person:
    return Person(user, attributes={"social_line_user_id": user})


def _said(message: Mapping[str, Any], person: Person, at: datetime | None) -> Sequence[Fact]:
    source, kind = _text(message.get("id")), _text(message.get("type"))
    if not source:
        return ()
    words, media = _text(message.get("text")), _media(kind, message)
    if not words.strip() and not media:
        what = {"text": "a text without words", "location": "a place"}.get(kind, "a message of a new kind")
        return [Unsupported(what, person, source, at)]
    return [
        Inbound(
            words,
            source_id=source,
            content_attributes=_attributes(message),
            attachments=(media,) if media else (),
            reply_to_source=_text(message.get("quotedMessageId")) or None,
            provider_at=at,
            sender=person,
        )
    ]


def _media(kind: str, message: Mapping[str, Any]) -> Media | None:
    if kind in _FILES:
        return _file(kind, message)
    if kind == "sticker":
        return _sticker(message)
    if kind == "location":
        return _place(message)
    return None


def _file(kind: str, message: Mapping[str, Any]) -> Media:
    ours, name, content_type = _FILES[kind]
    provider = _thing(message, "contentProvider")
    url = _text(provider.get("originalContentUrl")) if provider.get("type") == "external" else ""
    size = message.get("fileSize")
    return Media(
        {"url": url} if url else {"message": _text(message.get("id")), "kind": kind},
        ours,
        clean_filename(_text(message.get("fileName")) or name),
        content_type,
        size if isinstance(size, int) and 0 <= size < 2**53 else 0,
    )


def _sticker(message: Mapping[str, Any]) -> Media | None:
    which = _text(message.get("stickerId"))
    if not which.isdecimal() or len(which) > 20:
        return None
    words = message.get("keywords")
    keyword = next((each for each in words if isinstance(each, str)), "") if isinstance(words, list) else ""
    return Media(
        {"sticker": which}, "image", "sticker.png", "image/png", title=keyword or None, meta={"is_sticker": True}
    )


def _place(message: Mapping[str, Any]) -> Media | None:
    latitude, longitude = _coordinate(message.get("latitude"), 90), _coordinate(message.get("longitude"), 180)
    if latitude is None or longitude is None:
        return None
    title = ", ".join(filter(None, (_text(message.get("title")), _text(message.get("address")))))
    return Media(kind="location", latitude=latitude, longitude=longitude, title=title or None)


def _attributes(message: Mapping[str, Any]) -> dict[str, Any]:
    """The token is what an answer quotes it by."""
    told: dict[str, Any] = {}
    if token := _text(message.get("quoteToken")):
        told["quote_token"] = token
    if album := _text(_thing(message, "imageSet").get("id")):
        told["album"] = album
    return told


def _pressed(event_id: str, postback: Mapping[str, Any], person: Person, at: datetime | None) -> Sequence[Fact]:
    data = _text(postback.get("data"))
    if not data or not event_id:
        return ()
    words, payload = pressed(data)
    chosen = [value for value in _thing(postback, "params").values() if isinstance(value, str)]
    return [
        Inbound(
            " ".join([words, *chosen]),
            source_id=f"postback-{event_id}",
            content_attributes={
                "payload": payload,
                **({"params": json.loads(json.dumps(postback["params"]))} if chosen else {}),
            },
            provider_at=at,
            sender=person,
        )
    ]


def _thing(value: Any, name: str) -> dict[str, Any]:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _coordinate(value: Any, most: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= most else None


def _moment(value: Any) -> datetime | None:
    """Milliseconds since 1970."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**13:
        return None
    return datetime.fromtimestamp(value / 1000, UTC)
