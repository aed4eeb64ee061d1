"""Asks Graph with one token, proven by the app secret where Graph knows that proof; tells what it said at connect time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Unpack

from app.channels import meta
from app.channels.meta import GRAPH, GraphError
from app.channels.meta_messaging.events import mapping, mappings, text, word
from app.channels.provider import Provider
from app.channels.standing import NotConnected, Unreachable
from app.lib import crypto
from app.lib.http import Options

INVALID_PARAMETER = 100
REGISTER_SECONDS = 20.0


@dataclass(frozen=True)
class Access:
    """`secret` is the app's, empty where it is not known."""

    token: str = field(repr=False)
    secret: str = field(default="", repr=False)
    home: Provider = GRAPH

    def ask(self, method: str, path: str, **options: Unpack[Options]) -> dict[str, Any]:
        """Raises GraphError."""
        options["params"] = {**self._proof, **options.get("params", {})}
        return meta.graph(self.home, method, path, token=self.token, **options)

    def read(self, path: str, fields: Sequence[str]) -> dict[str, Any]:
        return self.ask("GET", path, params={"fields": ",".join(fields)})

    @property
    def _proof(self) -> dict[str, str]:
        """https://developers.facebook.com/docs/graph-api/guides/secure-requests: graph.instagram.com does not know it."""
        if not self.secret or self.home is not GRAPH:
            return {}
        return {"appsecret_proof": crypto.hmac_hex(self.secret, self.token)}


@dataclass(frozen=True)
class Callback:
    """`fields` are the kinds of events that are posted; it is false where nothing is."""

    url: str
    fields: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.url)


@dataclass(frozen=True)
class App:
    """The Meta app that a token is of."""

    id: str
    secret: str = field(repr=False)

    @property
    def access(self) -> Access:
        return Access(f"{self.id}|{self.secret}")

    def debug(self, token: str) -> Mapping[str, Any]:
        """What Graph knows of a token of this app. Raises GraphError."""
        return mapping(self.access.ask("GET", "/debug_token", params={"input_token": token}).get("data"))

    def callback(self, kind: str) -> Callback:
        """Where Meta posts what happens to things of a kind. Raises GraphError."""
        for each in mappings(self.access.ask("GET", f"/{self.id}/subscriptions").get("data")):
            if each.get("object") == kind and each.get("active") is not False:
                names = frozenset(text(field.get("name")) for field in mappings(each.get("fields")))
                return Callback(text(each.get("callback_url")), names)
        return Callback("", frozenset())

    def register(self, kind: str, webhook_url: str, wanted: Sequence[str], least: Sequence[str] = ()) -> None:
        """Have it posted to us, if it is not yet; Meta looks at once whether we answer there. Raises GraphError.

        `least` is what every version of Graph can post.
        """
        there = self.callback(kind)
        if there.url == webhook_url and there.fields >= set(least):
            return
        try:
            self._register(kind, webhook_url, wanted)
        except GraphError as refused:
            if refused.code != INVALID_PARAMETER or not least:
                raise
            self._register(kind, webhook_url, least)

    def _register(self, kind: str, webhook_url: str, fields: Sequence[str]) -> None:
        said = {
            "object": kind,
            "callback_url": webhook_url,
            "verify_token": meta.verify_token(),
            "fields": ",".join(fields),
            "include_values": "true",
        }
        self.access.ask("POST", f"/{self.id}/subscriptions", data=said, timeout=REGISTER_SECONDS)


def app_of(access: Access) -> str:
    """The id of the app that a token is of. Raises GraphError."""
    return word(access.read("/app", ["id"]).get("id"))


def subscribe(access: Access, whose: str, wanted: Sequence[str], least: Sequence[str]) -> None:
    """Have what happens there told to the app: as much as this version of Graph can tell. Raises GraphError."""
    path = f"/{whose}/subscribed_apps"
    try:
        access.ask("POST", path, params={"subscribed_fields": ",".join(wanted)})
    except GraphError as refused:
        if refused.code != INVALID_PARAMETER or "subscribed_fields" not in refused.reason:
            raise
        access.ask("POST", path, params={"subscribed_fields": ",".join(least)})


def subscribed(access: Access, whose: str, app_id: str) -> set[str]:
    """Of what happens there, what is told to the app. Raises GraphError."""
    for each in mappings(access.ask("GET", f"/{whose}/subscribed_apps").get("data")):
        if not app_id or word(each.get("id")) in ("", app_id):
            given = each.get("subscribed_fields")
            return {text(name) for name in given} if isinstance(given, list) else set()
    return set()


@contextmanager
def told(field: str) -> Iterator[None]:
    """What Graph refuses stands at that field of the form; at the secret, where that is what is wrong.

    What may be well in a moment is Unreachable.
    """
    try:
        yield
    except GraphError as refused:
        if "appsecret_proof" in refused.reason:
            raise NotConnected({"app_secret": refused.reason}) from None
        if not refused.permanent:
            raise Unreachable(refused.reason) from None
        raise NotConnected({field: refused.reason}) from None


def expiry(value: Any) -> datetime | None:
    """When something ends, in seconds; None where it never does."""
    is_one = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**11
    return datetime.fromtimestamp(value, UTC) if is_one else None
