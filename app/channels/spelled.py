"""What a channel cannot draw, in words: choices as a numbered list, cards and articles with their links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.channels.outgoing import Outbound

MOST = 50


def items_of(outbound: Outbound) -> list[Mapping[str, Any]]:
    given = outbound.content_attributes.get("items")
    return [each for each in given if isinstance(each, Mapping)][:MOST] if isinstance(given, list) else []


def spelled(outbound: Outbound) -> str:
    """Its text, with what its items say below."""
    items = items_of(outbound)
    if outbound.content_type == "input_select":
        lines = [f"{at}. {title}" for at, item in enumerate(items, 1) if (title := text_of(item, "title"))]
        return "\n".join(filter(None, [outbound.text, *lines]))
    if outbound.content_type in ("cards", "article"):
        return "\n\n".join(filter(None, [outbound.text, *map(_card, items)]))
    return outbound.text


def text_of(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return " ".join(value.split()) if isinstance(value, str) else ""


def _card(item: Mapping[str, Any]) -> str:
    given = item.get("actions")
    actions = [each for each in given if isinstance(each, Mapping)] if isinstance(given, list) else []
    links = [f"{text_of(each, 'text')}: {text_of(each, 'uri')}" for each in actions if text_of(each, "uri")]
    answers = [f"• {text_of(each, 'text')}" for each in actions if text_of(each, "text") and not text_of(each, "uri")]
    told = [text_of(item, name) for name in ("title", "description", "media_url", "link")]
    return "\n".join(filter(None, [*told, *links, *answers]))
