"""What LINE finds wrong with the objects of a push: https://developers.line.biz/en/reference/messaging-api/#message-objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

COMMON = {"type", "quickReply", "sender"}
OBJECTS = {
    "text": {"text", "emojis", "quoteToken"},
    "image": {"originalContentUrl", "previewImageUrl"},
    "video": {"originalContentUrl", "previewImageUrl", "trackingId"},
    "audio": {"originalContentUrl", "duration"},
    "template": {"altText", "template"},
}
COLUMN = {"thumbnailImageUrl", "imageBackgroundColor", "title", "text", "defaultAction", "actions"}
TEMPLATES = {
    "confirm": {"type", "text", "actions"},
    "buttons": COLUMN | {"type", "imageAspectRatio", "imageSize"},
    "carousel": {"type", "columns", "imageAspectRatio", "imageSize"},
}
ACTIONS = {
    "postback": {"type", "label", "data", "displayText", "inputOption", "fillInText"},
    "message": {"type", "label", "text"},
    "uri": {"type", "label", "uri", "altUri"},
}
SCHEMES = ("http://", "https://", "line://", "tel:")

Wrong = Iterator[tuple[str, str]]


def wrong_with(body: Any, quote_tokens: set[str]) -> list[tuple[str, str]]:
    messages = body.get("messages")
    if not isinstance(messages, list) or not 1 <= len(messages) <= 5:
        return [("messages", "Size must be between 1 and 5")]
    return [wrong for at, each in enumerate(messages) for wrong in _object(each, f"messages[{at}]", quote_tokens)]


def _object(each: dict[str, Any], at: str, quote_tokens: set[str]) -> Wrong:
    kind = each.get("type", "")
    if kind not in OBJECTS:
        yield f"{at}.type", "must be one of the following values: [text, image, video, audio, template]"
        return
    if odd := each.keys() - COMMON - OBJECTS[kind]:
        raise AssertionError(f"a {kind} has no {sorted(odd)}")
    if kind == "text":
        yield from _length(each.get("text", ""), 5000, f"{at}.text")
        if "quoteToken" in each and each["quoteToken"] not in quote_tokens:
            yield f"{at}.quoteToken", "Invalid quote token"
    for name in ("originalContentUrl", "previewImageUrl"):
        if name in OBJECTS[kind]:
            yield from _address(each.get(name, ""), 2000, f"{at}.{name}")
    if kind == "audio" and not (isinstance(each.get("duration"), int) and each["duration"] > 0):
        yield f"{at}.duration", "must be greater than 0"
    if kind == "template":
        yield from _length(each.get("altText", ""), 400, f"{at}.altText")
        yield from _template(each.get("template", {}), f"{at}.template")
    if "quickReply" in each:
        yield from _quick(each["quickReply"], f"{at}.quickReply")


def _template(template: dict[str, Any], at: str) -> Wrong:
    kind = template.get("type", "")
    if kind not in TEMPLATES:
        yield f"{at}.type", "must be one of the following values: [buttons, confirm, carousel]"
        return
    if odd := template.keys() - TEMPLATES[kind]:
        raise AssertionError(f"a {kind} template has no {sorted(odd)}")
    if kind == "confirm":
        yield from _length(template.get("text", ""), 240, f"{at}.text")
        yield from _actions(template.get("actions", []), 2, 2, f"{at}.actions")
    if kind == "buttons":
        yield from _column(template, 160, 4, at)
    if kind == "carousel":
        columns = template.get("columns", [])
        if not 1 <= len(columns) <= 10:
            yield f"{at}.columns", "Size must be between 1 and 10"
        for number, column in enumerate(columns):
            yield from _column(column, 120, 3, f"{at}.columns[{number}]")
        if len({len(column["actions"]) for column in columns}) > 1:
            yield f"{at}.columns", "All columns must have the same number of actions"
        if len({"thumbnailImageUrl" in column for column in columns}) > 1:
            yield f"{at}.columns", "Image must be specified for all or none of the columns"


def _column(column: dict[str, Any], plain: int, most: int, at: str) -> Wrong:
    if odd := column.keys() - COLUMN - {"type"}:
        raise AssertionError(f"a column has no {sorted(odd)}")
    if "thumbnailImageUrl" in column:
        yield from _address(column["thumbnailImageUrl"], 1000, f"{at}.thumbnailImageUrl")
    if "title" in column:
        yield from _length(column["title"], 40, f"{at}.title")
    is_short = "title" in column or "thumbnailImageUrl" in column
    yield from _length(column.get("text", ""), 60 if is_short else plain, f"{at}.text")
    yield from _actions(column.get("actions", []), 1, most, f"{at}.actions")


def _actions(actions: list[dict[str, Any]], least: int, most: int, at: str) -> Wrong:
    if not least <= len(actions) <= most:
        yield at, f"Size must be between {least} and {most}"
    for number, action in enumerate(actions):
        yield from _action(action, f"{at}[{number}]")


def _action(action: dict[str, Any], at: str) -> Wrong:
    kind = action.get("type", "")
    if kind not in ACTIONS:
        yield f"{at}.type", "must be one of the following values: [postback, message, uri]"
        return
    if odd := action.keys() - ACTIONS[kind]:
        raise AssertionError(f"a {kind} action has no {sorted(odd)}")
    yield from _length(action.get("label", ""), 20, f"{at}.label")
    if kind == "postback":
        yield from _length(action.get("data", ""), 300, f"{at}.data")
        yield from _length(action.get("displayText", "x"), 300, f"{at}.displayText")
    if kind == "uri" and not (action.get("uri", "").startswith(SCHEMES) and len(action["uri"]) <= 1000):
        yield f"{at}.uri", "invalid uri scheme"


def _quick(quick: dict[str, Any], at: str) -> Wrong:
    items = quick.get("items", [])
    if not 1 <= len(items) <= 13:
        yield f"{at}.items", "Size must be between 1 and 13"
    for number, item in enumerate(items):
        assert item["type"] == "action"
        yield from _action(item["action"], f"{at}.items[{number}].action")


def _length(words: str, most: int, at: str) -> Wrong:
    if not words.strip():
        yield at, "May not be empty"
    elif len(words.encode("utf-16-le")) // 2 > most:
        yield at, f"Length must be between 0 and {most}"


def _address(url: str, most: int, at: str) -> Wrong:
    if not url.startswith("https://") or len(url) > most:
        yield at, "must be a valid HTTPS URL"
