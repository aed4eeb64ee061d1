"""What a message of Messenger's or Instagram's carries: files to fetch, places, links, stories, products."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.channels.incoming import Media
from app.channels.meta_messaging.events import mapping, mappings, moment, text, word

FILES = {"image", "video", "audio", "file"}
# Posts and reels are links: what Meta gives besides is a copy on its servers for some hours.
SHARES = {
    "share": "share",
    "post": "share",
    "reel": "share",
    "ig_post": "ig_post",
    "ig_reel": "ig_reel",
    "fallback": "fallback",
}
STORIES = {"story_mention": "story_mention", "ig_story": "ig_story"}
STORY_KINDS = {*STORIES.values(), "story_reply"}
# The Like, in the three sizes that holding it down gives.
LIKES = {"369239263222822", "369239343222814", "369239383222810"}
LONGEST_URL = 4000
LONGEST_TITLE = 500
LONGEST_NAME = 200


@dataclass
class Carried:
    """`words` stand in the text, `lost` names what cannot be shown."""

    media: list[Media] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    story: dict[str, str] | None = None
    stickers: set[str] = field(default_factory=set)


def carried(given: Any) -> Carried:
    """`at` in a file's `ref` is its place among all of them, by which Graph gives it a new address."""
    found = Carried()
    for at, each in enumerate(mappings(given)):
        before = len(found.media)
        _take(found, text(each.get("type")), each, mapping(each.get("payload")))
        found.media[before:] = [
            replace(media, ref={**media.ref, "at": at}) if media.ref else media for media in found.media[before:]
        ]
    return found


def file_of(url: Any, kind: str, **values: Any) -> Media | None:
    address = web_address(url)
    if not address:
        return None
    ref = {"url": address, **({"is_story": True} if kind in STORY_KINDS else {})}
    return Media(ref, kind=kind, filename=_filename(address), **values)


def web_address(value: Any) -> str:
    """`value` where it is an address of the web; what Facebook wraps around links of others is taken off."""
    address = text(value).strip()
    if not address.lower().startswith(("https://", "http://")) or len(address) > LONGEST_URL:
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.hostname in ("l.facebook.com", "l.instagram.com", "lm.facebook.com"):
        return next(iter(parse_qs(parts.query).get("u", [])), "") or address
    return address


def _take(found: Carried, kind: str, whole: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
    sticker = word(payload.get("sticker_id"))
    media: Media | None = None
    if sticker or kind == "sticker":
        _sticker(found, sticker, payload)
        return
    if kind in FILES:
        media = file_of(payload.get("url"), kind)
    elif kind in STORIES:
        url = web_address(payload.get("url") or payload.get("story_media_url"))
        media = file_of(url, STORIES[kind])
        found.story = {
            "kind": "mention" if kind == "story_mention" else "share",
            "id": word(payload.get("id") or payload.get("story_media_id")),
            "url": url,
        }
    elif kind == "location":
        media = _place(whole, payload)
    elif kind == "template":
        _template(found, payload)
        return
    elif kind == "appointment_booking":
        found.words.append(_appointment(payload))
        return
    else:
        media = _link(kind, whole, payload)
    if media:
        found.media.append(media)
    elif kind not in STORIES:
        found.lost.append(LOST.get(kind, "something of a kind that cannot be shown here"))


LOST = {
    "ephemeral": "a picture or video that could be looked at only once",
    "share": "a post that is not for everybody",
    "post": "a post that is not for everybody",
    "ig_post": "a post that is not for everybody",
    "ig_reel": "a reel that is not for everybody",
    "reel": "a reel that is not for everybody",
    "fallback": "something shared that cannot be shown here",
    "location": "a place",
}


def _sticker(found: Carried, sticker: str, payload: Mapping[str, Any]) -> None:
    """One sticker comes as a sticker and as a picture, both, in some months."""
    if sticker and sticker in found.stickers:
        return
    found.stickers.add(sticker)
    if sticker in LIKES:
        found.words.append("👍")
    elif media := file_of(payload.get("url"), "image", meta={"is_sticker": True, "sticker_id": sticker}):
        found.media.append(media)
    else:
        found.lost.append("a sticker")


def _link(kind: str, whole: Mapping[str, Any], payload: Mapping[str, Any]) -> Media | None:
    url = web_address(payload.get("url") or whole.get("url"))
    title = (text(payload.get("title")) or text(whole.get("title"))).strip()[:LONGEST_TITLE]
    if not url and not (title and kind in SHARES):
        return None
    return Media(kind=SHARES.get(kind, "fallback"), external_url=url or None, title=title or None)


def _place(whole: Mapping[str, Any], payload: Mapping[str, Any]) -> Media | None:
    spot = mapping(payload.get("coordinates"))
    latitude, longitude = _degrees(spot.get("lat"), 90), _degrees(spot.get("long"), 180)
    title = text(whole.get("title")).strip()[:LONGEST_TITLE] or None
    url = web_address(whole.get("url") or payload.get("url")) or None
    if latitude is None or longitude is None:
        return Media(kind="fallback", external_url=url, title=title) if url else None
    return Media(kind="location", latitude=latitude, longitude=longitude, title=title, external_url=url)


def _degrees(value: Any, most: int) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and abs(value) <= most else None


def _template(found: Carried, payload: Mapping[str, Any]) -> None:
    """Products that somebody shares; or cards and buttons, which only programs send."""
    products = mappings(mapping(payload.get("product")).get("elements"))
    for product in products:
        title = " · ".join(filter(None, (text(product.get(part)).strip() for part in ("title", "subtitle"))))
        picture = web_address(product.get("image_url"))
        found.media.append(
            Media(
                kind="share",
                title=title[:LONGEST_TITLE] or "Product",
                external_url=picture or None,
                meta={"product_id": word(product.get("id")), "retailer_id": word(product.get("retailer_id"))},
            )
        )
    lines = [text(payload.get("text")).strip(), *_buttons(payload)]
    for element in mappings(payload.get("elements")):
        lines += [text(element.get(part)).strip() for part in ("title", "subtitle")] + _buttons(element)
    said = "\n".join(filter(None, lines))
    if said:
        found.words.append(said)
    elif not products:
        found.lost.append("a template")


def _buttons(holder: Mapping[str, Any]) -> list[str]:
    return [f"[{title}]" for each in mappings(holder.get("buttons")) if (title := text(each.get("title")).strip())]


def _appointment(payload: Mapping[str, Any]) -> str:
    begin, end = moment(payload.get("start_time")), moment(payload.get("end_time"))
    name = text(payload.get("timezone"))
    try:
        zone: Any = ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = UTC
    said = ["Appointment", text(payload.get("status"))]
    if begin:
        said.append(f"{begin.astimezone(zone):%d %b %Y, %H:%M}" + (f"–{end.astimezone(zone):%H:%M}" if end else ""))
        said.append(f"({zone})")
    return " ".join(filter(None, said))


def _filename(url: str) -> str:
    """The last part of an address, where it is a file's name."""
    try:
        name = unquote(PurePosixPath(urlsplit(url).path).name)
    except ValueError:
        return ""
    return name if "." in name[1:] and name.isprintable() and len(name) <= LONGEST_NAME else ""
