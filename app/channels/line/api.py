"""Calls of LINE's Messaging API, and its refusals in its own words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, BinaryIO, Unpack
from urllib.parse import quote

from app.channels.outgoing import DeliveryFailed
from app.channels.provider import Provider
from app.lib.http import HttpFailed, Options

API = Provider("line", "https://api.line.me")
DATA = Provider("line_data", "https://api-data.line.me")
STICKERS = Provider("line_stickers", "https://stickershop.line-scdn.net")

MONTHLY_LIMIT = "monthly limit"
# What ends later is as good as endless: ten years.
LONGEST_LIFE = 10 * 365 * 24 * 3600


class LineError(DeliveryFailed):
    """What LINE refused; `status` is 0 where nobody answered, `told` what its answer said."""

    def __init__(self, failed: HttpFailed) -> None:
        self.status = failed.status
        self.told = _told(failed.body)
        words = str(self.told.get("message") or self.told.get("error_description") or failed.reason)
        details = self.told.get("details")
        named = [
            f"{each.get('property', '')}: {each.get('message', '')}".strip(": ")
            for each in (details if isinstance(details, list) else [])
            if isinstance(each, dict)
        ]
        super().__init__(
            f"{words.rstrip('.')}: {'; '.join(named)}" if named else words,
            # The month has to end first.
            permanent=failed.permanent or MONTHLY_LIMIT in words,
            retry_after=failed.retry_after,
            is_unsure=failed.is_unsure,
        )


def call(token: str, method: str, path: str, *, provider: Provider = API, **options: Unpack[Options]) -> dict[str, Any]:
    """The answer as an object; empty where it is none. Raises LineError."""
    options["headers"] = {**options.get("headers", {}), "authorization": f"Bearer {token}"}
    try:
        answer = provider.request(method, path, **options)
        # Bodies of well-known answers may be empty.
        told = answer.json() if answer.body.strip() else {}
    except HttpFailed as failed:
        raise LineError(failed) from None
    return told if isinstance(told, dict) else {}


def check_secret(channel_id: str, secret: str) -> None:
    """A token is had for them, which is good for a quarter of an hour and not used. Raises LineError where they do not fit."""
    form = {"grant_type": "client_credentials", "client_id": channel_id, "client_secret": secret}
    try:
        API.post("/oauth2/v3/token", data=form)
    except HttpFailed as failed:
        raise LineError(failed) from None


@dataclass(frozen=True)
class Issued:
    """What a token is good for: `seconds` until it ends, 0 where LINE does not say."""

    channel_id: str = ""
    seconds: int = 0


def issued(token: str) -> Issued:
    """Nothing where LINE does not tell: it has several kinds of tokens. Raises LineError where it cannot be asked."""
    try:
        told = API.post("/v2/oauth/verify", data={"access_token": token}).json()
    except HttpFailed as failed:
        if failed.permanent:
            return Issued()
        raise LineError(failed) from None
    if not isinstance(told, dict):
        return Issued()
    seconds = told.get("expires_in")
    if not isinstance(seconds, int) or not 0 < seconds < LONGEST_LIFE:
        seconds = 0
    return Issued(str(told.get("client_id") or ""), seconds)


def bring(token: str, message_id: str, into: BinaryIO, limit_bytes: int) -> str:
    """Write what a message carries into a file; returns the type it claims. Raises DeliveryFailed."""
    path = f"/v2/bot/message/{quote(message_id, safe='')}/content"
    try:
        return DATA.bring(f"{DATA.url}{path}", into, limit_bytes, headers={"authorization": f"Bearer {token}"})
    except DeliveryFailed as failed:
        # https://developers.line.biz/en/reference/messaging-api/#get-content: content goes after a while.
        if "404" in failed.reason or "410" in failed.reason:
            raise DeliveryFailed("LINE does not have this any more.", permanent=True) from None
        raise


def is_ready(token: str, message_id: str) -> bool:
    """Films and sounds are made ready first. Raises LineError, and DeliveryFailed when that has failed."""
    path = f"/v2/bot/message/{quote(message_id, safe='')}/content/transcoding"
    status = call(token, "GET", path, provider=DATA).get("status")
    if status == "failed":
        raise DeliveryFailed("LINE could not make this film or sound ready.", permanent=True)
    return status != "processing"


def _told(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
