"""Hands our messages over to LINE: up to five objects in one push, which counts as one in its quota."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin
from uuid import UUID, uuid5

from app.channels.line import buttons
from app.channels.line.api import LineError, call
from app.channels.line.sound import milliseconds
from app.channels.outgoing import DeliveryFailed, File, Outbound, Sent
from app.lib.channel_text import split
from app.lib.storable import storable

MOST_OBJECTS = 5
LONGEST_TEXT = 5000
LONGEST_ADDRESS = 2000
LARGEST_PICTURE, LARGEST_PREVIEW, LARGEST_FILM = 10_000_000, 1_000_000, 200_000_000
KEYS = UUID("4c0b7f2e-95f3-4d36-8d5f-6a8f0d1f6f0e")

_PICTURES = {"image/jpeg", "image/png"}
_OTHER_PICTURES = {"image/webp", "image/avif"}
_FILMS = {"video/mp4"}
_SOUNDS = {"audio/mp4", "audio/x-m4a", "audio/m4a", "audio/aac", "audio/mpeg", "audio/mp3"}


def arranged(sends: Sequence[Outbound]) -> Sequence[Outbound]:
    """As few pushes as they fit in: words first, then files, then what can be pressed."""
    said: list[Outbound] = []
    for send in sends:
        files = list(send.files)
        if send.content_type != "text":
            bundles = [files[at : at + MOST_OBJECTS] for at in range(0, len(files), MOST_OBJECTS)]
            said += [
                replace(send, text="", files=bundle, content_type="text", content_attributes={}) for bundle in bundles
            ]
            said += _apart(replace(send, files=()))
            continue
        first = MOST_OBJECTS - 1 if send.text.strip() else MOST_OBJECTS
        said.append(replace(send, files=files[:first]))
        rest = files[first:]
        said += [replace(send, text="", files=rest[at : at + MOST_OBJECTS]) for at in range(0, len(rest), MOST_OBJECTS)]
    return said


def _apart(send: Outbound) -> Iterator[Outbound]:
    """Cards that are not alike are many objects."""
    items = _items(send)
    if send.content_type != "cards" or len(objects_of(send)) <= MOST_OBJECTS:
        yield send
        return
    most = MOST_OBJECTS - 1
    for at in range(0, len(items), most):
        part = {**send.content_attributes, "items": items[at : at + most]}
        yield replace(send, text=send.text if not at else "", content_attributes=part)


def send(token: str, outbound: Outbound) -> Sent:
    """Raises DeliveryFailed."""
    objects = objects_of(outbound)
    if not objects:
        raise DeliveryFailed("There is nothing to send.", permanent=True)
    headers = {"x-line-retry-key": str(uuid5(KEYS, outbound.key))}
    try:
        told = call(
            token, "POST", "/v2/bot/message/push", json={"to": outbound.to, "messages": objects}, headers=headers
        )
    except LineError as refused:
        if refused.status != 409:
            raise
        # It was taken before, when we did not hear of it.
        told = refused.told
    sent = told.get("sentMessages")
    first = sent[0] if isinstance(sent, list) and sent and isinstance(sent[0], dict) else {}
    return Sent(str(first.get("id") or ""))


def objects_of(outbound: Outbound) -> list[buttons.Object]:
    words, items = str(storable(outbound.text)), _items(outbound)
    if outbound.content_type == "input_select":
        said = buttons.asking(words, items) or _text(buttons.numbered(words, items))
    elif outbound.content_type == "cards":
        said = [*_text(words), *buttons.cards(items)]
    elif outbound.content_type == "article":
        said = _text("\n\n".join(filter(None, (words, *map(_article, items)))))
    else:
        said = _text(words)
    said += [_file(file) for file in outbound.files]
    quoted = outbound.answered.get("quote_token")
    if quoted and said and said[0]["type"] == "text":
        said[0]["quoteToken"] = quoted
    return said


def _items(outbound: Outbound) -> list[Mapping[str, Any]]:
    items = storable(outbound.content_attributes.get("items"))
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def _text(words: str) -> list[buttons.Object]:
    return (
        [{"type": "text", "text": part} for part in split(words, LONGEST_TEXT, unit="utf16")] if words.strip() else []
    )


def _article(item: Mapping[str, Any]) -> str:
    return "\n".join(str(item[name]) for name in ("title", "description", "link") if item.get(name))


def _file(file: File) -> buttons.Object:
    """What LINE cannot show, or fetch from us, goes as a link."""
    kind, url = file.content_type.partition(";")[0].strip().lower(), file.url
    if url.startswith("https://") and len(url) <= LONGEST_ADDRESS:
        if kind in _PICTURES and file.byte_size <= LARGEST_PICTURE:
            preview = url if file.byte_size <= LARGEST_PREVIEW else file.preview_url or _still(url, "picture")
            return {"type": "image", "originalContentUrl": url, "previewImageUrl": preview}
        if kind in _OTHER_PICTURES and file.preview_url.startswith("https://"):
            # LINE reads JPEG and PNG alone.
            return {"type": "image", "originalContentUrl": file.preview_url, "previewImageUrl": file.preview_url}
        if kind in _FILMS and file.byte_size <= LARGEST_FILM:
            return {"type": "video", "originalContentUrl": url, "previewImageUrl": _still(url, "film")}
        if kind in _SOUNDS and file.byte_size <= LARGEST_FILM:
            return {"type": "audio", "originalContentUrl": url, "duration": milliseconds(file)}
    return {"type": "text", "text": buttons.cut(f"{storable(file.filename)}: {url}", LONGEST_TEXT)}


def _still(url: str, name: str) -> str:
    """What is shown until it is tapped, where we have no small picture of it: it stands where our files do."""
    return urljoin(url, f"/static/images/preview-{name}.png")
