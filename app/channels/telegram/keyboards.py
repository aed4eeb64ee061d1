"""What can be pressed below a message: inline keyboards for choices, cards and articles, within Telegram's limits."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from app.channels.telegram.reading import text, things

# https://core.telegram.org/bots/api#inlinekeyboardbutton: 1-64 bytes come back when it is pressed.
MOST_BYTES = 64
MOST_BUTTONS = 100
LONGEST_WORDS = 100

Keyboard = Mapping[str, Any]


def choices(items: Any) -> Keyboard | None:
    """A button for each item of a selection, one below the other."""
    rows = [
        [{"text": _short(text(item.get("title")) or text(item.get("value"))), "callback_data": _payload(item, at)}]
        for at, item in enumerate(things(items)[:MOST_BUTTONS])
    ]
    return {"inline_keyboard": rows} if rows else None


def actions(card: Mapping[str, Any]) -> Keyboard | None:
    """The buttons of a card; addresses that no button may have stand in its text: `addresses`."""
    rows = []
    for at, action in enumerate(things(card.get("actions"))):
        words = _short(text(action.get("text")))
        if action.get("type") == "postback":
            rows.append([{"text": words, "callback_data": _payload({"value": action.get("payload")}, at)}])
        elif _is_for_buttons(text(action.get("uri"))):
            rows.append([{"text": words, "url": text(action.get("uri"))}])
    return {"inline_keyboard": rows} if rows else None


def card_text(card: Mapping[str, Any]) -> str:
    """In Telegram's HTML."""
    links = [action for action in things(card.get("actions")) if action.get("type") == "link"]
    lines = [
        f"<b>{escape(text(card.get('title')), quote=False)}</b>",
        escape(text(card.get("description")), quote=False),
        *(
            escape(f"{text(link.get('text'))}: {_bare(text(link.get('uri')))}", quote=False)
            for link in links
            if not _is_for_buttons(text(link.get("uri")))
        ),
    ]
    return "\n".join(filter(None, lines))


def articles_text(items: Any) -> str:
    """In Telegram's HTML: each with its title as a link."""
    said = []
    for item in things(items):
        link, title = text(item.get("link")), escape(text(item.get("title")), quote=False)
        head = f'<a href="{escape(link)}"><b>{title}</b></a>' if _is_for_buttons(link) else f"<b>{title}</b>"
        said.append("\n".join(filter(None, (head, escape(text(item.get("description")), quote=False)))))
    return "\n\n".join(said)


def _payload(item: Mapping[str, Any], at: int) -> str:
    """What comes back; what is too long for Telegram is called by its place."""
    value = text(item.get("value"))
    return value if value and len(value.encode("utf-8", "replace")) <= MOST_BYTES else f"#{at + 1}"


def _short(words: str) -> str:
    return words if len(words) <= LONGEST_WORDS else f"{words[: LONGEST_WORDS - 1]}…"


def _is_for_buttons(address: str) -> bool:
    return address.lower().startswith(("https://", "http://"))


def _bare(address: str) -> str:
    return address.removeprefix("mailto:").removeprefix("tel:")


def titles(items: Any) -> str:
    """In Telegram's HTML, where nothing else is said above the buttons."""
    return escape("\n".join(text(item.get("title")) for item in things(items)), quote=False)
