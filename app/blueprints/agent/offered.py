"""What an agent offers the customer to press: choices and cards, put together in the composer, no more than the channel carries."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import request
from pydantic import Field

from app.blueprints.agent.addressed import Addressed
from app.channels.base import Abilities
from app.config import settings
from app.errors import Invalid
from app.lib import storage
from app.lib.storage import Stored
from app.models.message import Message
from app.models.message_items import MOST_CHARACTERS, ContentType, checked_items
from app.realtime.paths import picture_of_a_card

COMPOSED = {ContentType.INPUT_SELECT, ContentType.CARDS, ContentType.INPUT_EMAIL}
MOST_PICTURES = 50
LARGEST_PICTURE = 5 * 1024 * 1024
# What every provider takes.
PICTURES = {"image/jpeg", "image/png"}
UPLOADED = "picture:"
NAMES = {
    ContentType.INPUT_SELECT: "choices",
    ContentType.CARDS: "cards",
    ContentType.INPUT_EMAIL: "questions for an address",
}


class Offered(Addressed):
    """`items` are JSON; a card's `media_url` may be `picture:0`: the first of the files called `pictures`."""

    content_type: ContentType = ContentType.TEXT
    items: str = Field("", max_length=2 * MOST_CHARACTERS)

    def offer(self, abilities: Abilities, pictures: Sequence[Stored], *, content: str, private: bool) -> dict[str, Any]:
        """What is kept with the message. Raises Invalid with what is wrong, in words for who composed it."""
        if self.content_type == ContentType.TEXT:
            return {}
        if private:
            raise Invalid({"private": "A note asks the customer nothing."})
        if self.content_type not in COMPOSED or self.content_type not in abilities.rich:
            raise Invalid({"content_type": f"This channel carries no {NAMES.get(self.content_type, 'such messages')}."})
        if not content.strip() and self.content_type != ContentType.CARDS:
            raise Invalid({"content": "Write the question above what can be chosen."})
        given = [_with_picture(item, pictures) for item in self._given()]
        _check(self.content_type, given, abilities)
        return checked_items(self.content_type, {"items": given} if given else {})

    def _given(self) -> list[Any]:
        try:
            given = json.loads(self.items or "[]")
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, list):
            raise Invalid({"items": "Give a list."})
        return given


@contextmanager
def kept_pictures() -> Iterator[list[Stored]]:
    """This request's pictures for cards, kept; and forgotten again when what they came with fails."""
    kept: list[Stored] = []
    try:
        for file in request.files.getlist("pictures")[:MOST_PICTURES]:
            stored = storage.save(file.stream, filename=file.filename, limit_bytes=LARGEST_PICTURE)
            kept.append(stored)
            if stored.content_type not in PICTURES:
                raise Invalid(
                    {"pictures": f"“{stored.filename[:60]}” is no picture that cards carry: JPEG and PNG are."}
                )
        yield kept
    except BaseException:
        for stored in kept:
            storage.delete(stored.key)
        raise


def keep_pictures(message: Message, pictures: Sequence[Stored]) -> None:
    """They go with the message they were made for; those of a repeat were kept the first time."""
    kept = message.additional_attributes.get("pictures")
    if kept is None and pictures:
        message.additional_attributes = {
            **message.additional_attributes,
            "pictures": [stored.key for stored in pictures],
        }
    elif pictures:
        for stored in pictures:
            storage.delete(stored.key)


def _with_picture(item: Any, pictures: Sequence[Stored]) -> Any:
    media = item.get("media_url") if isinstance(item, dict) else None
    if not isinstance(media, str) or not media.startswith(UPLOADED):
        return item
    number = media.removeprefix(UPLOADED)
    if not number.isdecimal() or int(number) >= len(pictures):
        raise Invalid({"pictures": "The picture of a card did not come along. Add it again."})
    return {**item, "media_url": settings().public_url + picture_of_a_card(pictures[int(number)])}


def _check(kind: ContentType, items: list[Any], abilities: Abilities) -> None:
    """The channel's own limits, before those that hold everywhere."""
    if kind == ContentType.INPUT_SELECT:
        _at_most(len(items), abilities.most_choices, "choices")
        titles = [str(item.get("title", "")) for item in items if isinstance(item, dict)]
        if long := next((title for title in titles if len(title) > abilities.longest_choice), None):
            raise Invalid({"items": f"“{long[:40]}…” is too long: {abilities.longest_choice} characters fit."})
        if len(set(titles)) < len(titles):
            raise Invalid({"items": "Two choices are the same."})
    if kind == ContentType.CARDS:
        _at_most(len(items), abilities.most_cards, "cards")
        for item in items:
            actions = item.get("actions") if isinstance(item, dict) else None
            _at_most(len(actions) if isinstance(actions, list) else 0, abilities.most_buttons, "buttons of one card")


def _at_most(count: int, most: int, what: str) -> None:
    if count > most:
        raise Invalid({"items": f"This channel carries {most} {what} at the most."})
