"""Writes our answers as Messenger and Instagram take them: text, quick replies, cards, buttons, files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.channels.meta_messaging.attachments import web_address
from app.channels.meta_messaging.events import mappings
from app.channels.outgoing import Outbound
from app.lib import channel_text
from app.lib.channel_text import Unit
from app.lib.storable import storable

RICH = frozenset({"input_select", "input_email", "cards", "article"})
MOST_CHOICES = 13
MOST_CARDS = 10
MOST_BUTTONS = 3
LONGEST_CHOICE = 20
LONGEST_LINE = 80
LONGEST_BUTTON_TEXT = 640
LONGEST_PAYLOAD = 1000


def arranged(sends: Sequence[Outbound], limit: int, unit: Unit = "characters") -> Sequence[Outbound]:
    """Cards have no text beside them: it goes before them. What does not fit goes as a list in the text."""
    out: list[Outbound] = []
    for send in sends:
        if send.files or send.content_type not in RICH:
            out.append(send)
            continue
        kind, items = send.content_type, _items(send)
        bare = replace(send, content_type="text", content_attributes={})
        if kind == "input_email" or (kind == "input_select" and 0 < len(items) <= MOST_CHOICES):
            out.append(send if send.text else replace(send, text=_list(kind, items) or "@"))
        elif kind in ("cards", "article") and template(kind, items):
            out += [bare] if send.text else []
            out.append(replace(send, text=""))
        else:
            whole = "\n\n".join(filter(None, [send.text, _list(kind, items)]))
            out += [replace(bare, text=part) for part in channel_text.split(whole, limit, unit=unit)]
    return out


def message(outbound: Outbound) -> dict[str, Any] | None:
    """The message object of a send without files; None where it says nothing."""
    items = _items(outbound)
    if outbound.content_type in ("cards", "article") and not outbound.text:
        payload = template(outbound.content_type, items)
        return {"attachment": {"type": "template", "payload": payload}} if payload else None
    words: str = storable(outbound.text)
    if not words.strip():
        return None
    said: dict[str, Any] = {"text": words}
    if outbound.content_type == "input_email":
        said["quick_replies"] = [{"content_type": "user_email"}]
    elif outbound.content_type == "input_select" and 0 < len(items) <= MOST_CHOICES:
        said["quick_replies"] = [_choice(item) for item in items]
    return said


def template(kind: str, items: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Cards to leaf through, or one text with buttons where that is all there is; None where they are too many or empty."""
    elements = _elements([_as_card(item) for item in items] if kind == "article" else items)
    if not elements or len(elements) > MOST_CARDS or any(len(element) < 2 for element in elements):
        return None
    if len(elements) == 1 and "buttons" in elements[0] and "image_url" not in elements[0]:
        lines = [_line(items[0].get(part), LONGEST_BUTTON_TEXT) for part in ("title", "description")]
        words = "\n".join(filter(None, lines))[:LONGEST_BUTTON_TEXT]
        return {"template_type": "button", "text": words, "buttons": elements[0]["buttons"]}
    return {"template_type": "generic", "elements": elements}


def _elements(cards: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A card with more than three buttons goes on in the next one."""
    elements: list[dict[str, Any]] = []
    for card in cards:
        buttons = [button for action in mappings(card.get("actions")) if (button := _button(action))]
        picture = web_address(card.get("media_url"))
        described = _line(card.get("description"), LONGEST_LINE)
        for first in range(0, max(len(buttons), 1), MOST_BUTTONS):
            element: dict[str, Any] = {"title": _line(card.get("title"), LONGEST_LINE) or "…"}
            if described:
                element["subtitle"] = described
            if picture:
                element["image_url"] = picture
            if some := buttons[first : first + MOST_BUTTONS]:
                element["buttons"] = some
            elements.append(element)
    return elements


def _as_card(article: Mapping[str, Any]) -> Mapping[str, Any]:
    link = web_address(article.get("link"))
    actions = [{"type": "link", "text": "↗", "uri": link}] if link else []
    return {"title": article.get("title"), "description": article.get("description"), "actions": actions}


def _button(action: Mapping[str, Any]) -> dict[str, Any] | None:
    title = _line(action.get("text"), LONGEST_CHOICE)
    link = web_address(action.get("uri"))
    if action.get("type") == "link":
        return {"type": "web_url", "url": link, "title": title or "↗"} if link else None
    payload = _line(action.get("payload"), LONGEST_PAYLOAD) or title
    return {"type": "postback", "title": title, "payload": payload} if title else None


def _choice(item: Mapping[str, Any]) -> dict[str, str]:
    title = _line(item.get("title"), LONGEST_CHOICE) or "…"
    return {"content_type": "text", "title": title, "payload": _line(item.get("value"), LONGEST_PAYLOAD) or title}


def _list(kind: str, items: Sequence[Mapping[str, Any]]) -> str:
    """What could be pressed, to be read instead."""
    lines = []
    for number, item in enumerate(items, 1):
        parts = [_line(item.get("title"), 500), _line(item.get("description"), 500), web_address(item.get("link"))]
        for action in mappings(item.get("actions")):
            named, link = _line(action.get("text"), 500), web_address(action.get("uri"))
            parts.append(f"{named}: {link}" if link and named else link or named)
        lines.append(f"{number}. " + "\n   ".join(filter(None, parts)))
    return "\n".join(lines)


def _items(outbound: Outbound) -> list[Mapping[str, Any]]:
    return mappings(outbound.content_attributes.get("items"))


def _line(value: Any, longest: int) -> str:
    words: str = storable(value).strip() if isinstance(value, str) else ""
    return words if len(words) <= longest else f"{words[: longest - 1].rstrip()}…"
