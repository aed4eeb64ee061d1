"""Choices and cards as WhatsApp's interactive messages, within its limits; what does not fit them goes as numbered text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.channels.whatsapp.shape import listed, mapped, worded

# developers.facebook.com, Cloud API, interactive messages.
MOST_BUTTONS, BUTTON_TITLE, BUTTON_ID, BUTTONS_BODY = 3, 20, 256, 1024
MOST_ROWS, ROW_TITLE, ROW_ID, ROW_DESCRIPTION, LIST_BODY = 10, 24, 200, 72, 4096
LONGEST_TEXT = 4096
CHOOSE = "Choose"


def items_of(attributes: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [mapped(each) for each in listed(attributes.get("items"))]


def choices(text: str, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The body of a message that asks to choose: buttons, a list, or text."""
    titles = [worded(item.get("title")).strip() for item in items]
    values = [worded(item.get("value")) or title for item, title in zip(items, titles, strict=True)]
    is_plain = not all(titles) or len(set(values)) < len(values) or len(items) > MOST_ROWS
    if is_plain or any(len(value) > ROW_ID for value in values):
        return text_of("\n".join([text, *(f"{at}. {title}" for at, title in enumerate(titles, 1))]).strip())
    if len(items) <= MOST_BUTTONS and len(text) <= BUTTONS_BODY and _fits(titles):
        return _interactive("button", text or CHOOSE, {"buttons": _replies(zip(values, titles, strict=True))})
    rows = [_row(value, title) for value, title in zip(values, titles, strict=True)]
    return _interactive("list", text or CHOOSE, {"button": CHOOSE, "sections": [{"rows": rows}]})


def _fits(titles: Sequence[str]) -> bool:
    return all(len(title) <= BUTTON_TITLE for title in titles) and len(set(titles)) == len(titles)


def _row(value: str, title: str) -> dict[str, str]:
    """A title that is cut stands whole below it."""
    if len(title) <= ROW_TITLE:
        return {"id": value, "title": title}
    return {"id": value, "title": cut(title, ROW_TITLE), "description": cut(title, ROW_DESCRIPTION)}


def card(item: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a message of one card: buttons that answer, or one that leads somewhere; further links as text."""
    actions = [mapped(each) for each in listed(item.get("actions"))]
    answers = [each for each in actions if each.get("type") == "postback" and worded(each.get("payload"))]
    links = [each for each in actions if each.get("type") == "link" and worded(each.get("uri")).startswith("http")]
    titles = [worded(each.get("text")) for each in answers]
    if answers and len(answers) <= MOST_BUTTONS and len({cut(title, BUTTON_TITLE) for title in titles}) == len(titles):
        buttons = _replies((worded(each["payload"])[:BUTTON_ID], worded(each.get("text"))) for each in answers)
        return _interactive("button", _words(item, links), {"buttons": buttons}, _picture(item))
    if answers or not links:
        lines = [f"• {title}" for title in titles]
        return text_of("\n".join([_words(item, links), *lines, worded(item.get("media_url"))]).strip())
    first, *others = links
    parameters = {"display_text": cut(worded(first.get("text")), BUTTON_TITLE), "url": worded(first["uri"])}
    return _interactive("cta_url", _words(item, others), {"name": "cta_url", "parameters": parameters}, _picture(item))


def articles(text: str, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One article has a button that opens it; several stand as text."""
    if len(items) == 1 and len(text) + len(_words(items[0], ())) < BUTTONS_BODY:
        parameters = {"display_text": "Read", "url": worded(items[0].get("link"))}
        words = "\n\n".join(filter(None, [text, _words(items[0], ())]))
        return _interactive("cta_url", words, {"name": "cta_url", "parameters": parameters})
    told = [f"{_words(item, ())}\n{worded(item.get('link'))}" for item in items]
    return text_of("\n\n".join(filter(None, [text, *told])))


def text_of(words: str) -> dict[str, Any]:
    return {"type": "text", "text": {"preview_url": True, "body": words[:LONGEST_TEXT]}}


def cut(words: str, limit: int) -> str:
    words = " ".join(words.split())
    return words if len(words) <= limit else f"{words[: limit - 1].rstrip()}…"


def _words(item: Mapping[str, Any], links: Sequence[Mapping[str, Any]]) -> str:
    title, told = worded(item.get("title")).strip(), worded(item.get("description")).strip()
    bold = f"*{title}*" if title and "*" not in title else title
    lines = [f"{worded(each.get('text'))}: {worded(each.get('uri'))}" for each in links]
    return "\n".join(filter(None, [bold, told, *lines]))[:BUTTONS_BODY] or CHOOSE


def _picture(item: Mapping[str, Any]) -> dict[str, Any]:
    url = worded(item.get("media_url"))
    return {"header": {"type": "image", "image": {"link": url}}} if url.startswith("http") else {}


def _replies(pairs: Any) -> list[dict[str, Any]]:
    return [{"type": "reply", "reply": {"id": value, "title": cut(title, BUTTON_TITLE)}} for value, title in pairs]


def _interactive(
    kind: str, words: str, action: Mapping[str, Any], header: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    interactive = {"type": kind, **(header or {}), "body": {"text": words}, "action": dict(action)}
    return {"type": "interactive", "interactive": interactive}
