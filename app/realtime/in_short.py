"""A message in a few words and a sign: for rows of the list, quotes and notifications."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from app.lib.text import plain, shorten
from app.realtime.call_shown import call_of
from app.realtime.rich import SHARES, STORIES, STORY_KINDS, is_sticker, rich_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.models.attachment import Attachment
    from app.models.message import Message

LONGEST = 300
# By what a file is: its sign, one of it, and several.
FILES: dict[str, tuple[str, str, str]] = {
    "image": ("image", "Photo", "photos"),
    "sticker": ("smile-rate", "Sticker", "stickers"),
    "audio": ("mic", "Voice message", "voice messages"),
    "video": ("video", "Video", "videos"),
    "file": ("paperclip", "File", "files"),
    "location": ("pin", "Location", "locations"),
    "contact": ("contacts", "Contact", "contacts"),
    **{kind: ("link", words, "shared posts") for kind, words in SHARES.items()},
    **{kind: ("image", STORY_KINDS.get(kind, "Story"), "stories") for kind in STORIES},
}
ASKED = {
    "input_select": ("list", "Choices"),
    "cards": ("layers", "Cards"),
    "article": ("book", "Article"),
    "form": ("compose", "Form"),
    "input_email": ("mail", "Asks for an e-mail address"),
    "input_text": ("compose", "Question"),
    "input_textarea": ("compose", "Question"),
    "sticker": ("image", "Sticker"),
}


class Short(NamedTuple):
    icon: str
    words: str


def in_short(message: Message) -> Short:
    """Without markup; the sign is empty where the message's own words say it."""
    if message.deleted_at:
        return Short("", "This message was deleted.")
    if message.content_type == "voice_call":
        return _call(message)
    if words := _own_words(message):
        return Short("", words)
    if message.attachments:
        return _files(message.attachments)
    return _rest(message)


def _own_words(message: Message) -> str:
    if message.is_incoming:
        return (message.processed_content or message.content)[:LONGEST].strip()
    # Twice as much is read as is shown: marks are left out.
    return shorten(plain(message.content[: 2 * LONGEST]), LONGEST)


def _call(message: Message) -> Short:
    """What was left as a voice message, where it has been written down."""
    call, written = call_of(message), message.additional_attributes.get("transcripts")
    words = _own_words(message) if written else call.words
    return Short(call.icon, f"{call.title}: {words}" if words else call.title)


def _files(files: Sequence[Attachment]) -> Short:
    kinds = Counter("sticker" if is_sticker(file) else file.kind if file.kind in FILES else "file" for file in files)
    kind = next(iter(kinds)) if len(kinds) == 1 else "file"
    sign, one, several = FILES[kind]
    if len(files) > 1:
        return Short(sign, f"{len(files)} {several}")
    file = files[0]
    title = shorten((file.fallback_title or "").strip(), 120)
    if kind == "file":
        return Short(sign, shorten(file.filename, 120) or title or one)
    return Short(sign, f"{one}: {title}" if title and kind in ("location", "contact", *SHARES) else one)


def _rest(message: Message) -> Short:
    said, rich = message.content_attributes, rich_of(message)
    if said.get("is_unsupported"):
        return Short("help", "Something that cannot be shown here")
    if rich.order:
        count = len(rich.order.lines) + rich.order.more
        return Short("cart", f"Order: {count} {'item' if count == 1 else 'items'}")
    if rich.form:
        return Short("template", rich.form.name.replace("_", " ") or "Template")
    if rich.stories:
        return Short("image", rich.stories[0].words)
    if rich.referral:
        return Short("zap", rich.referral.headline or rich.referral.source)
    return _asked(message)


def _asked(message: Message) -> Short:
    sign, words = ASKED.get(message.content_type, ("", ""))
    items = message.content_attributes.get("items")
    first = items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else {}
    title = first.get("title") if message.content_type in ("cards", "article", "input_select") else ""
    return Short(sign, f"{words}: {shorten(title, 120)}" if isinstance(title, str) and title else words)
