"""Brings the files of customers from Twilio, which asks for the account's credentials, or does not."""

from __future__ import annotations

from typing import BinaryIO
from urllib.parse import urlsplit

from app.channels.outgoing import DeliveryFailed
from app.channels.provider import MEDIA_SECONDS
from app.channels.twilio import API, Account
from app.config import settings
from app.lib import http
from app.lib.http import HttpFailed


def bring(account: Account, url: str, into: BinaryIO, limit_bytes: int) -> str:
    """Write it into a file; returns the type it claims. Raises DeliveryFailed.

    The credentials go to Twilio's own hosts alone; where it does not want them, as with media that need none, it is asked
    without.
    """
    try:
        return _brought(url, into, limit_bytes, account.authorization if _is_twilios(url) else {})
    except HttpFailed as failed:
        if failed.status not in (401, 403) or not _is_twilios(url):
            raise DeliveryFailed.by_http(failed) from None
    try:
        into.seek(0)
        into.truncate()
        return _brought(url, into, limit_bytes, {})
    except HttpFailed as failed:
        raise DeliveryFailed.by_http(failed) from None


def _brought(url: str, into: BinaryIO, limit_bytes: int, headers: dict[str, str]) -> str:
    answer = http.get(
        url,
        into=into,
        max_bytes=limit_bytes,
        headers=headers,
        timeout=MEDIA_SECONDS,
        # Only Twilio itself, where the settings say it is, may be in a private network.
        allow_private=API.name in settings().provider_urls and url.startswith(f"{API.url}/"),
    )
    return answer.headers.get("content-type", "")


def _is_twilios(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return url.startswith(f"{API.url}/") or (
        parts.scheme == "https" and (parts.hostname or "").endswith(".twilio.com") and "@" not in parts.netloc
    )
