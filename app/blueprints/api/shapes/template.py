"""A message template as the contract has it: in Meta's form, whoever the provider is."""

from __future__ import annotations

from typing import Any

from app.models.message_template import MessageTemplate


def template(row: MessageTemplate) -> dict[str, Any]:
    """The provider's own form where it is that one already."""
    told = row.payload if isinstance(row.payload.get("components"), list) else {"components": _components(row)}
    return {
        "id": str(told.get("id") or row.key),
        "name": row.name,
        "language": row.language,
        "status": row.status.upper(),
        "category": row.category.upper(),
        "parameter_format": told.get("parameter_format", "POSITIONAL"),
        "components": told["components"],
    }


def _components(row: MessageTemplate) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if row.header_kind:
        words = {"text": row.header} if row.header_kind == "text" else {}
        found.append({"type": "HEADER", "format": row.header_kind.upper(), **words})
    found.append({"type": "BODY", "text": row.body})
    if row.footer:
        found.append({"type": "FOOTER", "text": row.footer})
    if row.buttons:
        found.append({"type": "BUTTONS", "buttons": [_button(each) for each in row.buttons]})
    return found


def _button(button: dict[str, Any]) -> dict[str, Any]:
    value = {"url": "url", "phone_number": "phone_number"}.get(button["kind"])
    return {"type": button["kind"].upper(), "text": button["text"], **({value: button["value"]} if value else {})}
