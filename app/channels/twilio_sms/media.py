"""Brings the files of customers from Twilio, which asks for the account's credentials, or does not."""

from __future__ import annotations

from typing import BinaryIO
from urllib.parse import urlsplit

from app.channels.outgoing import DeliveryFailed
from app.channels.provider import MEDIA_SECONDS
from app.channels.twilio import API, Account, segment
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


def address_of(account: Account, message: str, number: int) -> str:
    """Where a file of a message is: of one whose delivery never came. Raises TwilioError, DeliveryFailed."""
    rows = account.get(f"/Messages/{segment(message)}/Media.json").get("media_list")
    found = rows[number] if isinstance(rows, list) and 0 <= number < len(rows) else None
    uri = found.get("uri") if isinstance(found, dict) else None
    if not isinstance(uri, str) or not uri.startswith("/"):
        raise DeliveryFailed("Twilio has this file no more.", permanent=True)
    return f"{API.url}{uri.removesuffix('.json')}"


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
