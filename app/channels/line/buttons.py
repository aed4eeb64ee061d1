"""What can be pressed in LINE: templates and quick replies, within its limits; and what a press says.

https://developers.line.biz/en/reference/messaging-api/#template-messages: labels have 20 characters, a confirm template 2
buttons, a buttons template 4, a column of a carousel 3, and all columns as many as each other; quick replies are 13.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

LABEL, TITLE, DATA, ADDRESS, ALT_TEXT, WORDS_SHOWN = 20, 40, 300, 1000, 400, 300
CONFIRM_TEXT, BUTTONS_TEXT, CARD_TEXT, PLAIN_CARD_TEXT = 240, 160, 60, 120
MOST_QUICK, MOST_BUTTONS, MOST_ON_COLUMN, MOST_COLUMNS = 13, 4, 3, 10

Object = dict[str, Any]


def asking(words: str, items: Sequence[Mapping[str, Any]]) -> list[Object]:
    """A question with its choices: as buttons where they are few, else as quick replies; nothing where they are too many."""
    actions = [_postback(_text(item, "title"), _text(item, "value"), at) for at, item in enumerate(items)]
    if not 1 <= len(actions) <= MOST_QUICK:
        return []
    said = words.strip() or "…"
    if len(actions) == 2 and len(said) <= CONFIRM_TEXT:
        return [_template(said, {"type": "confirm", "text": said, "actions": actions})]
    if len(actions) <= MOST_BUTTONS and len(said) <= BUTTONS_TEXT:
        return [_template(said, {"type": "buttons", "text": said, "actions": actions})]
    quick = {"items": [{"type": "action", "action": action} for action in actions]}
    return [{"type": "text", "text": said, "quickReply": quick}]


def numbered(words: str, items: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(filter(None, (words, *(f"{at}. {_text(item, 'title')}" for at, item in enumerate(items, 1)))))


def cards(items: Sequence[Mapping[str, Any]]) -> list[Object]:
    """A carousel where all cards are alike, as LINE wants them; else each by itself."""
    columns = [_column(item) for item in items]
    shapes = {(len(column["actions"]), "thumbnailImageUrl" in column, "title" in column) for column in columns}
    fits = len(shapes) == 1 and 1 <= next(iter(shapes))[0] <= MOST_ON_COLUMN
    if len(columns) > 1 and fits:
        groups = [columns[at : at + MOST_COLUMNS] for at in range(0, len(columns), MOST_COLUMNS)]
        return [_template(_titles(group), {"type": "carousel", "columns": group}) for group in groups]
    return [
        _template(_titles([column]), {"type": "buttons", **column})
        if column["actions"]
        else {"type": "text", "text": "\n".join(filter(None, (column.get("title", ""), column["text"])))}
        for column in columns
    ]


def _column(card: Mapping[str, Any]) -> Object:
    given = card.get("actions")
    actions: list[Object] = []
    left: list[str] = []
    for at, action in enumerate(given if isinstance(given, list) else []):
        shown = _action(action, at)
        if shown and len(actions) < MOST_BUTTONS:
            actions.append(shown)
        elif isinstance(action, Mapping):
            left.append(f"{_text(action, 'text')}: {_text(action, 'uri') or _text(action, 'payload')}")
    picture = _text(card, "media_url")
    has_picture = picture.startswith("https://") and len(picture) <= ADDRESS
    words = "\n".join(filter(None, (_text(card, "description"), *left))) or _text(card, "title") or "…"
    return {
        **({"thumbnailImageUrl": picture} if has_picture else {}),
        **({"title": cut(_text(card, "title"), TITLE)} if _text(card, "title") else {}),
        "text": cut(words, CARD_TEXT if has_picture or _text(card, "title") else PLAIN_CARD_TEXT),
        "actions": actions,
    }


def _action(action: Any, at: int) -> Object | None:
    if not isinstance(action, Mapping):
        return None
    if action.get("type") == "postback":
        return _postback(_text(action, "text"), _text(action, "payload"), at)
    address = _text(action, "uri")
    if not address.lower().startswith(("https://", "http://", "tel:")) or len(address) > ADDRESS:
        return None
    return {"type": "uri", "label": cut(_text(action, "text"), LABEL), "uri": address}


def _postback(title: str, payload: str, at: int) -> Object:
    """What comes back says both what was pressed and what it means; LINE itself tells only the data."""
    for value in (payload, f"#{at + 1}"):
        for words in (title, cut(title, LABEL)):
            data = json.dumps([words, value], ensure_ascii=False, separators=(",", ":"))
            if len(data) <= DATA:
                return {
                    "type": "postback",
                    "label": cut(title or value, LABEL),
                    "data": data,
                    "displayText": cut(title or value, WORDS_SHOWN),
                }
    raise AssertionError("a short word and a number always fit")


def pressed(data: str) -> tuple[str, str]:
    """The words and the payload of a button, ours or one that was made in LINE's own console."""
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        told = None
    if isinstance(told, list) and len(told) == 2 and all(isinstance(each, str) and each for each in told):
        return told[0], told[1]
    return data, data


def cut(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"


def _template(alt: str, template: Object) -> Object:
    return {"type": "template", "altText": cut(alt, ALT_TEXT), "template": template}


def _titles(columns: Sequence[Object]) -> str:
    return ", ".join(column.get("title", "") or column["text"] for column in columns)


def _text(item: Any, name: str) -> str:
    value = item.get(name) if isinstance(item, Mapping) else None
    return value if isinstance(value, str) else ""
