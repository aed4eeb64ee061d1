"""What Telegram refuses: HTML it cannot read, words that are too long, keyboards beyond its limits."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

from tests.fakes.provider import Told

TAGS = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "a", "code", "pre", "blockquote", "tg-spoiler"}


class Refused(Exception):
    def __init__(self, description: str, code: int = 400, **parameters: int) -> None:
        self.told = told(description, code, **parameters)


def told(description: str, code: int = 400, **parameters: int) -> Told:
    """A refusal, as Telegram writes it."""
    body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    return Told(code, body | ({"parameters": parameters} if parameters else {}))


class _Html(HTMLParser):
    """As Telegram reads it: few tags, closed in their order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []
        self.said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise Refused(f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}" at byte offset 0')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Refused("Bad Request: can't parse entities: Unmatched end tag at byte offset 0")

    def handle_data(self, data: str) -> None:
        if "<" in data:
            raise Refused("Bad Request: can't parse entities: Unsupported start tag at byte offset 0")
        self.said += data

    def handle_entityref(self, name: str) -> None:
        self.said += unescape(f"&{name};") if name in ("lt", "gt", "amp", "quot") else f"&{name};"

    def handle_charref(self, name: str) -> None:
        self.said += unescape(f"&#{name};")


def marked(words: Any, mode: str | None, most: int, empty: str, long: str) -> str:
    said = words if isinstance(words, str) else str(words)
    if mode == "HTML":
        html = _Html()
        html.feed(said)
        html.close()
        if html.open:
            raise Refused("Bad Request: can't parse entities: Can't find end tag corresponding to start tag")
        said = html.said
    said = said.replace("\0", "").strip()
    if empty and not said:
        raise Refused(f"Bad Request: {empty}")
    if len(said.encode("utf-16-le")) // 2 > most:
        raise Refused(f"Bad Request: {long}")
    return said


def check_keyboard(markup: Any) -> None:
    if not markup:
        return
    buttons = [button for row in markup["inline_keyboard"] for button in row]
    if not buttons or len(buttons) > 100:
        raise Refused("Bad Request: reply markup is too long")
    for button in buttons:
        if not button.get("text"):
            raise Refused(
                "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
            )
        if len(button.keys() - {"text"}) != 1:
            raise Refused("Bad Request: can't parse inline keyboard button: exactly one optional field must be used")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            raise Refused("Bad Request: BUTTON_DATA_INVALID")
        if "url" in button and not re.match(r"(https?|tg)://[^/]*\.", button["url"]):
            raise Refused(f"Bad Request: inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
