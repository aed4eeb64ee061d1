"""Questions with choices, in WhatsApp: buttons or a list, for which Twilio wants a content resource each."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from app.channels.outgoing import Outbound
from app.channels.spelled import items_of, text_of
from app.channels.twilio import CONTENT, Account, TwilioError

# https://www.twilio.com/docs/content/twilio-quick-reply and …/twilio-list-picker; within 24 hours they need no approval.
MOST_BUTTONS, LONGEST_BUTTON = 3, 20
MOST_ROWS, LONGEST_ROW, LONGEST_BELOW = 10, 24, 72
LONGEST_BODY, LONGEST_ID = 1024, 200
CHOOSE = "Choose"
OWN_NAME = "parley-question-"
"""How those of ours are called among the templates of the account."""
MOST_REMEMBERED = 2000

_made: dict[str, str] = {}


def types_of(outbound: Outbound) -> dict[str, Any] | None:
    """The question as Twilio's content; None for what is none, or does not fit."""
    items = items_of(outbound)
    pairs = [(text_of(item, "title"), text_of(item, "value") or text_of(item, "title")) for item in items]
    words = outbound.text.strip() or CHOOSE
    if outbound.content_type != "input_select" or not 0 < len(pairs) <= MOST_ROWS:
        return None
    are_apart = len({title for title, _ in pairs}) == len({value for _, value in pairs}) == len(pairs)
    if not are_apart or not all(title and len(value) <= LONGEST_ID for title, value in pairs):
        return None
    # Two braces would be a blank.
    if len(words) > LONGEST_BODY or "{{" in words or any("{{" in title + value for title, value in pairs):
        return None
    if len(pairs) <= MOST_BUTTONS and all(len(title) <= LONGEST_BUTTON for title, _ in pairs):
        actions = [{"type": "QUICK_REPLY", "title": title, "id": value} for title, value in pairs]
        return {"twilio/quick-reply": {"body": words, "actions": actions}}
    rows = [_row(title, value) for title, value in pairs]
    return {"twilio/list-picker": {"body": words, "button": CHOOSE, "items": rows}}


def content_of(account: Account, types: dict[str, Any]) -> str:
    """The SID of such a content: made now, or before; empty where Twilio makes none. Raises TwilioError when it may later."""
    name = OWN_NAME + hashlib.sha256(json.dumps([account.sid, CONTENT.url, types]).encode()).hexdigest()[:24]
    if name not in _made:
        asked = {"friendly_name": name, "language": "en", "variables": {}, "types": types}
        try:
            told = account.call(CONTENT, "POST", "/v1/Content", json=asked)
        except TwilioError as refused:
            if not refused.permanent:
                raise
            return ""
        if len(_made) > MOST_REMEMBERED:
            _made.clear()
        _made[name] = str(told.get("sid") or "")
    return _made[name]


def _row(title: str, value: str) -> dict[str, str]:
    """A title that is cut stands whole below it."""
    if len(title) <= LONGEST_ROW:
        return {"item": title, "id": value}
    return {"item": f"{title[: LONGEST_ROW - 1].rstrip()}…", "id": value, "description": title[:LONGEST_BELOW]}
