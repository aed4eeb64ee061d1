"""X's API: its calls, by a profile or by the app, and the words of its refusals."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Unpack

from app.channels.outgoing import DeliveryFailed
from app.channels.provider import Provider
from app.channels.standing import NotConnected, Unreachable
from app.lib.http import HttpFailed, Options
from app.lib.loose import a_dict, a_list, a_text

X = Provider("x", "https://api.x.com")
LOGIN = Provider("x_login", "https://x.com")
SECONDS = 20.0
LONGEST_WAIT = 24 * 3600

Auth = Callable[[str, str, Mapping[str, str]], str]
"""The Authorization header for a method, an address and its parameters."""

# What X says, and what it means for whoever reads it here.
MEANINGS = {
    "do not have permission to dm": "They take direct messages only from people they follow, or have blocked this profile.",
    "duplicate content": "X takes the same words only once: change them a little.",
    "not allowed to reply": "Whoever wrote the post lets only some people answer it.",
    "not been mentioned": "X lets programs answer only where this profile was mentioned.",
    "creditsdepleted": "The X app has no credits left: buy some in X’s developer console.",
    "deleted or not visible": "The post was deleted, or is shown to followers only.",
    "unsupported authentication": "The X app lacks a permission: Read, write and direct messages.",
}


class XError(DeliveryFailed):
    """What X refused, in its words. `status` is HTTP's, 0 without an answer; `told` are its words in lower case."""

    def __init__(self, failed: HttpFailed) -> None:
        body = _body(failed.body)
        self.status = failed.status
        words = _words(body) or failed.reason
        self.told = f"{words} {json.dumps(body)[:2000]}".lower()
        super().__init__(
            words[:1000],
            # An access that is over is renewed, and then it goes.
            permanent=failed.permanent and failed.status != 401,
            retry_after=_wait(failed),
            is_unsure=failed.is_unsure,
        )

    @property
    def wants_consent(self) -> bool:
        return self.status == 401


def call(method: str, path: str, auth: Auth, **options: Unpack[Options]) -> dict[str, Any]:
    """The answer to a call. Raises XError."""
    header = auth(method, f"{X.url}{path}", options.get("params", {}))
    options["headers"] = {**options.get("headers", {}), "authorization": header}
    options.setdefault("timeout", SECONDS)
    try:
        answer = X.request(method, path, **options)
        told = answer.json() if answer.body else {}
    except HttpFailed as failed:
        if 200 <= failed.status < 300:
            # It was taken; what became of it nobody can say.
            failed.is_unsure = True
        raise XError(failed) from None
    return told if isinstance(told, dict) else {}


def asked(method: str, path: str, field: str, auth: Auth, **options: Unpack[Options]) -> dict[str, Any]:
    """As `call`, for setting up: raises NotConnected with words for `field`, and Unreachable."""
    try:
        return call(method, path, auth, **options)
    except XError as error:
        if error.permanent or error.wants_consent:
            raise NotConnected({field: f"X says: {error.reason}"}) from error
        raise Unreachable(f"X: {error.reason}") from error


def explain(reason: str) -> str:
    said = reason.lower()
    return next((meaning for words, meaning in MEANINGS.items() if words in said), "")


def _body(raw: bytes) -> Mapping[str, Any]:
    try:
        return a_dict(json.loads(raw))
    except (ValueError, RecursionError):
        return {}


def _words(body: Mapping[str, Any]) -> str:
    """RFC 7807 `detail`; of several errors the first that says something (older ones have a message and a code)."""
    errors = [a_dict(each) for each in a_list(body.get("errors"))]
    for each in (*errors, body):
        said = a_text(each.get("detail")) or a_text(each.get("message")) or a_text(each.get("error_description"))
        if said and said != a_text(each.get("title")):
            return said
    return a_text(body.get("detail")) or a_text(body.get("title")) or a_text(body.get("error"))


def _wait(failed: HttpFailed) -> float | None:
    """Until the limit that is reached is lifted, by X's own clock: `x-rate-limit-reset` is seconds since 1970."""
    if failed.status != 429:
        return failed.retry_after
    names = ["x-rate-limit"]
    for day in ("x-user-limit-24hour", "x-app-limit-24hour"):
        if failed.headers.get(f"{day}-remaining") == "0":
            names.append(day)
    resets = [failed.headers.get(f"{name}-reset", "") for name in names]
    known = [int(each) for each in resets if each.isascii() and each.isdecimal() and len(each) < 12]
    if not known:
        return failed.retry_after
    return float(min(max(math.ceil(max(known) - _now_there(failed)), 1), LONGEST_WAIT))


def _now_there(failed: HttpFailed) -> float:
    try:
        return parsedate_to_datetime(failed.headers.get("date", "")).timestamp()
    except (ValueError, TypeError):
        return time.time()
