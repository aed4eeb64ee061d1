"""Facebook's login: an administrator lets us in to pages, and each page becomes a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from app.channels.meta import GRAPH, VERSION, GraphError, error_of
from app.channels.meta_messaging.events import mapping, mappings, text
from app.channels.meta_messaging.graph_access import Access
from app.channels.provider import Provider
from app.channels.standing import Line, NotConnected, Unreachable
from app.config import settings
from app.lib.http import HttpFailed

DIALOG = Provider(GRAPH.name, "https://www.facebook.com")
MOST_PAGES = 500


@dataclass(frozen=True)
class FacebookLogin:
    """`line_of` makes a line of what Graph tells of a page, where it is one of use; `fields` is what it needs to know."""

    label: str
    scopes: Sequence[str]
    fields: Sequence[str]
    line_of: Callable[[Mapping[str, Any]], Line | None]
    none_found: str
    needs: str = "META_APP_ID and META_APP_SECRET"

    @property
    def is_set_up(self) -> bool:
        return bool(settings().meta_app_id and settings().meta_app_secret)

    def url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        asked = {
            "client_id": settings().meta_app_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "response_type": "code",
            "scope": ",".join(self.scopes),
            # Whoever said no to a permission before is asked again.
            "auth_type": "rerequest",
        }
        return f"{DIALOG.url}/{VERSION}/dialog/oauth?{urlencode(asked)}"

    def lines(self, query: Mapping[str, str], *, redirect_uri: str, verifier: str) -> Sequence[Line]:
        code = query.get("code", "")
        if not code:
            words = query.get("error_description") or query.get("error_message") or query.get("error")
            raise NotConnected({"consent": words or "Facebook did not let us in."})
        try:
            access = Access(self._token(code, redirect_uri), settings().meta_app_secret)
            lines = [line for page in self._pages(access) if (line := self.line_of(page))]
        except GraphError as refused:
            if not refused.permanent:
                raise Unreachable(refused.reason) from None
            raise NotConnected({"consent": refused.reason}) from None
        if not lines:
            raise NotConnected({"consent": self.none_found})
        return lines

    def _token(self, code: str, redirect_uri: str) -> str:
        """One that lives for 60 days: tokens of pages that are got with it do not end."""
        short = self._exchanged({"redirect_uri": redirect_uri, "code": code})
        return self._exchanged({"grant_type": "fb_exchange_token", "fb_exchange_token": short})

    def _exchanged(self, asked: Mapping[str, str]) -> str:
        whose = {"client_id": settings().meta_app_id, "client_secret": settings().meta_app_secret}
        try:
            answer = GRAPH.get(f"/{VERSION}/oauth/access_token", params={**whose, **asked}).json()
        except HttpFailed as failed:
            raise error_of(failed) from None
        if token := text(mapping(answer).get("access_token")):
            return token
        raise NotConnected({"consent": "Facebook gave no token."})

    def _pages(self, access: Access) -> Sequence[Mapping[str, Any]]:
        pages: list[Mapping[str, Any]] = []
        after = ""
        while len(pages) < MOST_PAGES:
            asked = {"fields": ",".join(self.fields), "limit": "100", **({"after": after} if after else {})}
            answer = access.ask("GET", "/me/accounts", params=asked)
            found = mappings(answer.get("data"))
            pages += found
            paging = mapping(answer.get("paging"))
            after = text(mapping(paging.get("cursors")).get("after")) if paging.get("next") else ""
            if not after or not found:
                break
        return pages
