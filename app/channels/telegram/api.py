"""Calls of Telegram's Bot API. A bot's token stands in their addresses, so that no address may get into words or logs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO
from urllib.parse import quote

from app.channels.outgoing import DeliveryFailed
from app.channels.provider import Provider
from app.lib.http import HttpFailed

API = Provider("telegram", "https://api.telegram.org")
# A picture may be brought by Telegram itself before it answers.
SECONDS = 30.0
UPLOAD_SECONDS = 120.0
_MOST_SECONDS_TO_WAIT = 24 * 3600


class TelegramError(DeliveryFailed):
    """What Telegram refused; `code` is its error code (0 where nobody answered), `description` its own words."""

    def __init__(self, failed: HttpFailed, token: str) -> None:
        told = _told(failed.body)
        given = told.get("parameters")
        parameters: dict[str, Any] = given if isinstance(given, dict) else {}
        self.code = failed.status
        self.description = _without(token, str(told.get("description") or failed.reason))
        wait = parameters.get("retry_after")
        moved = parameters.get("migrate_to_chat_id")
        super().__init__(
            f"{self.description} (it is {moved} now)" if moved else self.description,
            permanent=failed.permanent and self.code not in (409, 420, 429),
            retry_after=min(wait, _MOST_SECONDS_TO_WAIT) if isinstance(wait, int) else failed.retry_after,
            is_unsure=failed.is_unsure,
        )

    @property
    def is_about_the_token(self) -> bool:
        """Telegram knows no bot of this token (any more)."""
        return self.code == 401 or (self.code == 404 and self.description == "Not Found")


def call(
    token: str,
    method: str,
    values: Mapping[str, Any] | None = None,
    *,
    files: Mapping[str, tuple[str, BinaryIO, str]] | None = None,
    seconds: float = SECONDS,
) -> Any:
    """What `method` results in. `files` go along under the names that `values` calls them by. Raises TelegramError."""
    given = {name: value for name, value in (values or {}).items() if value is not None}
    path = f"/bot{quote(token, safe=':')}/{method}"
    try:
        if files:
            fields = {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}
            answer = API.post(path, data=fields, files=files, timeout=max(seconds, UPLOAD_SECONDS)).json()
        else:
            answer = API.post(path, json=given, timeout=seconds).json()
    except HttpFailed as failed:
        raise TelegramError(failed, token) from None
    if not isinstance(answer, dict) or answer.get("ok") is not True:
        raise TelegramError(HttpFailed("Telegram gave no answer that fits.", permanent=False, is_unsure=True), token)
    return answer.get("result")


def bring(token: str, path: str, into: BinaryIO, limit_bytes: int) -> str:
    """Write the file at a path that `getFile` told; returns the type it claims. Raises DeliveryFailed."""
    try:
        return API.bring(f"{API.url}/file/bot{quote(token, safe=':')}/{quote(path)}", into, limit_bytes)
    except DeliveryFailed as failed:
        raise DeliveryFailed(
            _without(token, failed.reason), permanent=failed.permanent, retry_after=failed.retry_after
        ) from None


def _told(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _without(token: str, words: str) -> str:
    for spelling in {token, quote(token, safe=":"), quote(token)}:
        words = words.replace(spelling, "…") if spelling else words
    return words
