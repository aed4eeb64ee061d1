"""What X's direct messages say: words, media, places, choices and read marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.channels.incoming import Echo, Fact, Inbound, Media, Receipt, Unsupported
from app.channels.x import words
from app.channels.x.letters import moment
from app.lib.loose import a_dict, a_list, a_text


def message(event: Mapping[str, Any], users: Mapping[str, Any], *, ours: str) -> Sequence[Fact]:
    """`ours` is the profile's own id."""
    if event.get("type") not in ("message_create", "MessageCreate"):
        return ()
    said = a_dict(event.get("message_create"))
    sender, recipient = a_text(said.get("sender_id")), a_text(a_dict(said.get("target")).get("recipient_id"))
    if not sender or not recipient or ours not in (sender, recipient) or sender == recipient:
        return ()
    other = recipient if sender == ours else sender
    who = words.person(other, a_dict(users.get(other)))
    data = a_dict(said.get("message_data"))
    text, carried = _content(data)
    source_id, at = a_text(event.get("id")), moment(event)
    if sender == ours:
        return [Echo(who, text or ("" if carried else "A message that cannot be shown here."), source_id, carried, at)]
    if not text and not carried:
        kind = a_text(a_dict(data.get("attachment")).get("type")) or "message"
        return [Unsupported(f"a {kind} of X"[:200], who, source_id or None, at)]
    chosen = a_text(a_dict(data.get("quick_reply_response")).get("metadata"))
    return [
        Inbound(
            text,
            source_id=source_id or None,
            content_attributes={"payload": chosen} if chosen else {},
            attachments=carried,
            provider_at=at,
            sender=who,
        )
    ]


def sealed(event: Mapping[str, Any], *, ours: str) -> Sequence[Fact]:
    """An encrypted chat: that somebody wrote is all that X tells a program."""
    sender, source_id = a_text(event.get("sender_id")), a_text(event.get("id"))
    if not sender or sender == ours:
        return ()
    what = "an encrypted chat message, which can be read in X itself only"
    return [Unsupported(what, words.person(sender, {}), source_id or None, moment(event))]


def read(event: Mapping[str, Any], *, ours: str) -> Sequence[Fact]:
    """All until then was read, of the direct messages: X has no read marks of posts."""
    reader, at = a_text(event.get("sender_id")), moment(event)
    if not reader or reader == ours or at is None:
        return ()
    return [Receipt("read", sender=reader, up_to=at, at=at, thread="")]


def _content(data: Mapping[str, Any]) -> tuple[str, list[Media]]:
    addresses = [a_dict(each) for each in a_list(a_dict(data.get("entities")).get("urls"))]
    attachment = a_dict(data.get("attachment"))
    file = a_dict(attachment.get("media"))
    posts = words.shared(addresses)
    without = [a_text(file.get("url")), *(short for short, _ in posts)]
    text = words.readable(a_text(data.get("text")), addresses, without=without)
    carried = [media for media in (words.media(file), _place(a_dict(attachment.get("location")))) if media]
    return text, [*carried, *(post for _, post in posts)]


def _place(location: Mapping[str, Any]) -> Media | None:
    """A point, or somewhere with a name and the box it lies in."""
    point = a_list(a_dict(a_dict(location.get("shared_coordinate")).get("coordinates")).get("coordinates"))
    place = a_dict(a_dict(location.get("shared_place")).get("place"))
    if not point:
        corners = a_list(a_dict(place.get("bounding_box")).get("coordinates"))
        ring = [a_list(corner) for corner in (a_list(corners[0]) if corners else [])]
        pairs = [pair for pair in ring if len(pair) == 2 and all(_is_number(each) for each in pair)]
        point = [sum(side) / len(pairs) for side in zip(*pairs, strict=True)] if pairs else []
    if len(point) != 2 or not all(_is_number(each) for each in point):
        return None
    longitude, latitude = float(point[0]), float(point[1])
    if abs(longitude) > 180 or abs(latitude) > 90:
        return None
    name = a_text(place.get("full_name")) or None
    return Media(kind="location", latitude=latitude, longitude=longitude, title=name)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1000
