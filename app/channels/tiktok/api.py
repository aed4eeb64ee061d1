"""TikTok's Business API: its calls and the words of its refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Unpack

from app.channels.outgoing import DeliveryFailed
from app.channels.provider import Provider
from app.channels.standing import NotConnected, Unreachable
from app.lib.http import Answer, HttpFailed, Options

TIKTOK = Provider("tiktok", "https://business-api.tiktok.com")
LOGIN = Provider("tiktok_login", "https://www.tiktok.com")
ROOT = "/open_api/v1.3"
SECONDS = 20.0

# https://business-api.tiktok.com/portal/docs?id=1737172488964097 (return codes)
TOO_FAST = {40100}
TOKEN_ENDED = {40102, 40104, 40105}
BLOCKED = 40064
SYSTEM = range(50_000, 60_000)
MEANINGS = {
    40001: "The app or the account may not do this: its permissions, or the market it is registered in.",
    40007: "The conversation or the post is not there any more.",
    40064: "TikTok takes answers for 48 hours after the customer’s last message, and at most ten of them.",
    40908: "TikTok takes pictures as JPG and PNG, up to 3 MB.",
}


class TikTokError(DeliveryFailed):
    """What TikTok refused, in its words: "[code] message"; `code` is 0 where it gave none. Its HTTP status is 200 mostly."""

    def __init__(self, code: int, words: str, *, failed: HttpFailed | None = None) -> None:
        self.code = code
        # It says the same code of who writes too much at once and of whom it lets nobody write to.
        is_for_now = (
            code in TOO_FAST | TOKEN_ENDED or code in SYSTEM or (code == BLOCKED and "too fast" in words.lower())
        )
        super().__init__(
            f"[{code}] {words}" if code else words,
            permanent=not is_for_now and (failed is None or failed.permanent or bool(code)),
            retry_after=failed.retry_after if failed else None,
            is_unsure=bool(failed and failed.is_unsure),
        )

    @property
    def wants_consent(self) -> bool:
        """The access is over, or was taken back."""
        return self.code in TOKEN_ENDED


def call(method: str, path: str, *, token: str = "", **options: Unpack[Options]) -> dict[str, Any]:
    """What a call of `/open_api/v1.3{path}` gives as `data`. Raises TikTokError."""
    if token:
        options["headers"] = {**options.get("headers", {}), "access-token": token}
    options.setdefault("timeout", SECONDS)
    try:
        told = _envelope(TIKTOK.request(method, f"{ROOT}{path}", **options))
    except HttpFailed as failed:
        raise _refusal(failed) from None
    if told.get("code") != 0:
        raise TikTokError(_number(told.get("code")), str(told.get("message") or "TikTok gave no reason.")[:1000])
    data = told.get("data")
    return data if isinstance(data, dict) else {}


def asked(method: str, path: str, field: str, *, token: str = "", **options: Unpack[Options]) -> dict[str, Any]:
    """As `call`, for setting up: raises NotConnected with words for `field`, and Unreachable."""
    try:
        return call(method, path, token=token, **options)
    except TikTokError as error:
        if error.permanent or error.wants_consent:
            raise NotConnected({field: f"TikTok says: {error.reason}"}) from None
        raise Unreachable(f"TikTok: {error.reason}") from None


def _envelope(answer: Answer) -> dict[str, Any]:
    try:
        told = answer.json()
    except HttpFailed:
        told = None
    if not isinstance(told, dict) or "code" not in told:
        # It was taken by somebody; what became of it nobody can say.
        raise HttpFailed("TikTok’s answer makes no sense.", permanent=False, status=answer.status, is_unsure=True)
    return told


def _refusal(failed: HttpFailed) -> TikTokError:
    try:
        told = json.loads(failed.body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, Mapping):
        return TikTokError(0, failed.reason, failed=failed)
    return TikTokError(_number(told.get("code")), str(told.get("message") or failed.reason)[:1000], failed=failed)


def _number(value: Any) -> int:
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
