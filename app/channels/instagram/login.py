"""Instagram's own login: codes become tokens, tokens of an hour become tokens of 60 days, and those are renewed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from app.channels.meta import INSTAGRAM_GRAPH, GraphError, error_of
from app.channels.meta_messaging.events import mapping, mappings, text, word
from app.channels.meta_messaging.graph_access import Access
from app.channels.provider import Provider
from app.channels.standing import Line, NotConnected, Unreachable
from app.config import settings
from app.lib import clock
from app.lib.http import HttpFailed

TOKENS = Provider("instagram_login", "https://api.instagram.com")
DIALOG = Provider(TOKENS.name, "https://www.instagram.com")
SCOPES = ("instagram_business_basic", "instagram_business_manage_messages")
LIFE = timedelta(days=60)
# A token can be renewed once it is a day old; we do it when it ends within ten days.
YOUNG = timedelta(hours=24)
RENEWED_BEFORE = timedelta(days=10)
LONGEST_CODE = 4000
# What is called id is another one for each app; deliveries name the account by user_id.
ABOUT = ("user_id", "username", "name")


@dataclass(frozen=True)
class InstagramLogin:
    label: str = "Instagram"
    needs: str = "INSTAGRAM_APP_ID and INSTAGRAM_APP_SECRET"

    @property
    def is_set_up(self) -> bool:
        return bool(settings().instagram_app_id and settings().instagram_app_secret)

    def url(self, *, redirect_uri: str, state: str, verifier: str) -> str:
        asked = {
            "client_id": settings().instagram_app_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": ",".join(SCOPES),
            "state": state,
            "force_reauth": "true",
        }
        return f"{DIALOG.url}/oauth/authorize?{urlencode(asked)}"

    def lines(self, query: Mapping[str, str], *, redirect_uri: str, verifier: str) -> Sequence[Line]:
        # Instagram writes #_ behind it, which some browsers send along.
        code = query.get("code", "").removesuffix("#_")[:LONGEST_CODE]
        if not code:
            words = query.get("error_description") or query.get("error_reason") or query.get("error")
            raise NotConnected({"consent": words or "Instagram did not let us in."})
        try:
            credentials = _of_code(code, redirect_uri)
            about = Access(credentials["access_token"], home=INSTAGRAM_GRAPH).read("/me", ABOUT)
        except (HttpFailed, GraphError) as failed:
            words = words_of(failed) if isinstance(failed, HttpFailed) else failed.reason
            if not failed.permanent:
                raise Unreachable(words) from None
            raise NotConnected({"consent": words}) from None
        username = text(about.get("username"))
        # The token is of Parley's own app, whichever was used before.
        known = {**credentials, "app_secret": "", "page": "", "app_id": ""}
        return [Line(word(about.get("user_id")), name=text(about.get("name")) or username, credentials=known)]


def _of_code(code: str, redirect_uri: str) -> dict[str, Any]:
    whose = {"client_id": settings().instagram_app_id, "client_secret": settings().instagram_app_secret}
    asked = {**whose, "grant_type": "authorization_code", "redirect_uri": redirect_uri, "code": code}
    answer = mapping(TOKENS.post("/oauth/access_token", data=asked).json())
    # By its documentation the answer is a list of one; by others' experience it is that one.
    short = text((mappings(answer.get("data")) or [answer])[0].get("access_token"))
    wanted = {"grant_type": "ig_exchange_token", "client_secret": settings().instagram_app_secret}
    long = mapping(INSTAGRAM_GRAPH.get("/access_token", params={**wanted, "access_token": short}).json())
    if not text(long.get("access_token")):
        raise NotConnected({"consent": "Instagram gave no token."})
    return _dated(long)


def renewed(token: str) -> dict[str, Any]:
    """A token for another 60 days. Raises HttpFailed."""
    asked = {"grant_type": "ig_refresh_token", "access_token": token}
    answer = mapping(INSTAGRAM_GRAPH.get("/refresh_access_token", params=asked).json())
    return _dated(answer) if text(answer.get("access_token")) else {}


def of_unknown_age(token: str) -> dict[str, Any]:
    """When a token that somebody typed ends: known when it can be renewed; else it is younger than a day."""
    try:
        return renewed(token) or _dated({"access_token": token})
    except HttpFailed:
        return _dated({"access_token": token})


def is_due(issued_at: str, expires_at: str) -> bool:
    issued, expires, now = at(issued_at), at(expires_at), clock.now()
    if expires is None:
        return True
    return expires - now <= RENEWED_BEFORE and (issued is None or now - issued >= YOUNG)


def at(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def words_of(failed: HttpFailed) -> str:
    """The login's errors have a shape of their own: error_type, code, error_message."""
    told = error_of(failed)
    if told.code:
        return told.reason
    try:
        return text(mapping(json.loads(failed.body)).get("error_message")) or failed.reason
    except (ValueError, RecursionError):
        return failed.reason


def _dated(answer: Mapping[str, Any]) -> dict[str, Any]:
    seconds = answer.get("expires_in")
    now, life = clock.now(), LIFE
    if isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds < 10**9:
        life = timedelta(seconds=seconds)
    return {
        "access_token": text(answer.get("access_token")),
        "issued_at": now.isoformat(),
        "expires_at": (now + life).isoformat(),
    }
