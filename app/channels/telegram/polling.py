"""Asks Telegram for its updates, where it cannot bring them: one long call, and what it tells as letters."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from app.channels.standing import Polled
from app.channels.telegram.api import TelegramError, call
from app.channels.telegram.reading import number, text, thing, things
from app.channels.telegram.updates import KINDS, letter_of
from app.lib import clock

MOST = 100
# How long Telegram waits for something to tell; a poll must be over within its lease.
WAIT_SECONDS = 25
# After a week without news Telegram counts from anywhere, also from below.
FORGOTTEN_SECONDS = 6 * 24 * 3600


def poll(token: str, address: str, bot: str, cursor: Mapping[str, Any], *, wait: int = WAIT_SECONDS) -> Polled:
    """What has come since; it is asked for again at once while people write. Raises TelegramError."""
    offset = _offset(cursor, bot)
    updates = things(_updates(token, offset, wait))
    letters = [letter for update in updates if (letter := letter_of(address, update))]
    for update in updates:
        if pressed := text(thing(update, "callback_query").get("id")):
            # Its button looks busy until it is told; too late for that is no harm.
            with suppress(TelegramError):
                call(token, "answerCallbackQuery", {"callback_query_id": pressed})
    seen = max((number(update.get("update_id")) for update in updates), default=0)
    if not seen:
        return Polled((), cursor)
    after = {"bot": bot, "offset": seen + 1, "at": int(clock.now().timestamp())}
    return Polled(letters, after, more=True)


def _updates(token: str, offset: int | None, wait: int) -> Any:
    values = {"offset": offset, "limit": MOST, "timeout": wait, "allowed_updates": list(KINDS)}
    try:
        return call(token, "getUpdates", values, seconds=wait + 15.0)
    except TelegramError as refused:
        if refused.code != 409 or "webhook" not in refused.description:
            raise
    # A webhook from before keeps everything to itself.
    call(token, "deleteWebhook", {"drop_pending_updates": False})
    return call(token, "getUpdates", values, seconds=wait + 15.0)


def _offset(cursor: Mapping[str, Any], bot: str) -> int | None:
    """Of another bot, or from long ago, it says nothing; what is told twice is kept once."""
    is_old = clock.now().timestamp() - number(cursor.get("at")) > FORGOTTEN_SECONDS
    return None if is_old or cursor.get("bot") != bot else number(cursor.get("offset")) or None
