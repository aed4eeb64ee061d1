"""Calls a provider's API: at its own address, or where the settings say it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Unpack

from app.channels.outgoing import DeliveryFailed
from app.config import settings
from app.lib import http
from app.lib.http import Answer, HttpFailed, Options

MEDIA_SECONDS = 60.0


@dataclass(frozen=True)
class Provider:
    """`name` is how PROVIDER_URLS calls it, `home` its own address without a slash at the end."""

    name: str
    home: str

    @property
    def url(self) -> str:
        return settings().provider_urls.get(self.name, self.home)

    def request(self, method: str, path: str, **options: Unpack[Options]) -> Answer:
        """As `http.request`, with a path that begins with a slash. Raises HttpFailed, also for every status from 400."""
        # Only an address that the settings name may lead into a private network.
        options.setdefault("allow_private", self.name in settings().provider_urls)
        return http.request(method, f"{self.url}{path}", **options)

    def get(self, path: str, **options: Unpack[Options]) -> Answer:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Unpack[Options]) -> Answer:
        return self.request("POST", path, **options)

    def bring(self, url: str, into: BinaryIO, limit_bytes: int, *, headers: Mapping[str, str] | None = None) -> str:
        """Write what is at `url` into a file; returns the type it claims. Raises DeliveryFailed, as `Channel.fetch` does.

        Only an address at the provider itself, where the settings say it is, may lead into a private network.
        """
        is_ours = self.name in settings().provider_urls and url.startswith(f"{self.url}/")
        try:
            answer = http.get(
                url,
                into=into,
                max_bytes=limit_bytes,
                allow_private=is_ours,
                headers=headers or {},
                timeout=MEDIA_SECONDS,
            )
        except HttpFailed as failed:
            raise DeliveryFailed.by_http(failed) from None
        return answer.headers.get("content-type", "")
