"""What X writes of people, words, addresses and media, as both of its event formats have them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from app.channels.incoming import Media, Person
from app.lib.loose import a_dict, a_list, a_text

POST = re.compile(r"https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/(?:i/web|\w{1,15})/status(?:es)?/(\d+)", re.ASCII)
KINDS = {"photo": "image", "animated_gif": "video", "video": "video"}


def person(source_id: str, user: Mapping[str, Any]) -> Person:
    """A user as the older format has one, as the newer has one, or wrapped in `data`."""
    told = a_dict(user.get("data")) or user
    username = a_text(told.get("screen_name")) or a_text(told.get("username"))
    picture = a_text(told.get("profile_image_url_https")) or a_text(told.get("profile_image_url"))
    about = {
        "username": username,
        "social_profiles": {"twitter": username} if username else {},
        "description": a_text(told.get("description"))[:500],
        "location": a_text(told.get("location"))[:200],
    }
    return Person(
        source_id,
        a_text(told.get("name")) or username,
        # The small picture's address names its size; the larger one stands beside it.
        avatar_url=picture.replace("_normal.", "_400x400.") if picture.startswith("https://") else "",
        attributes={name: value for name, value in about.items() if value},
    )


def readable(text: str, addresses: Sequence[Mapping[str, Any]], *, without: Sequence[str] = ()) -> str:
    """As people see it: short addresses written out, those of its media (`without`) left out, no HTML entities."""
    for each in addresses:
        short, long = a_text(each.get("url")), a_text(each.get("expanded_url")) or a_text(each.get("unwound_url"))
        if short and long and short not in without:
            text = text.replace(short, long)
    for short in filter(None, without):
        text = text.replace(short, "")
    return html.unescape(text).strip()


def link(post_id: str, username: str = "") -> str:
    return f"https://x.com/{username or 'i'}/status/{post_id}"


def shared(addresses: Sequence[Mapping[str, Any]]) -> list[tuple[str, Media]]:
    """Posts among the addresses of a text: each short address, and the post as it is shown."""
    found: list[tuple[str, Media]] = []
    for each in addresses:
        place = a_text(each.get("expanded_url"))
        if POST.match(place):
            found.append((a_text(each.get("url")), Media(kind="share", external_url=place, title="A post on X")))
    return found


def media(each: Mapping[str, Any]) -> Media | None:
    """A picture, animation or film; of a film its best version."""
    kind = KINDS.get(a_text(each.get("type")))
    if kind is None:
        return None
    # In the older format `url` is the short address that stands in the words.
    older = "media_url_https" in each
    url = a_text(each.get("media_url_https")) if older else a_text(each.get("url"))
    if kind == "video":
        url = _best(a_list(a_dict(each.get("video_info")).get("variants")) or a_list(each.get("variants"))) or url
    if not url.startswith(("https://", "http://")):
        return None
    return Media({"url": url}, kind, urlsplit(url).path.rpartition("/")[2][:100] or kind)


def _best(variants: Sequence[Any]) -> str:
    films = [each for each in map(a_dict, variants) if each.get("content_type") == "video/mp4"]
    rates = [(_rate(each), a_text(each.get("url"))) for each in films]
    return max(rates, default=(0, ""))[1]


def _rate(variant: Mapping[str, Any]) -> int:
    rate = variant.get("bitrate", variant.get("bit_rate", 0))
    return rate if isinstance(rate, int) else 0
