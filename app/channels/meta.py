"""What WhatsApp, Messenger and Instagram share: Meta's signature, the challenge of its webhooks, and its Graph API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Unpack

from app.channels.incoming import Answer, Knock
from app.channels.outgoing import DeliveryFailed
from app.channels.provider import Provider
from app.config import settings
from app.errors import NotAllowed
from app.lib import crypto
from app.lib.http import HttpFailed, Options

GRAPH = Provider("graph", "https://graph.facebook.com")
INSTAGRAM_GRAPH = Provider("instagram_graph", "https://graph.instagram.com")
VERSION = "v22.0"

# https://developers.facebook.com/docs/graph-api/guides/error-handling: to be tried again, whatever the status says.
FOR_NOW = {1, 2, 4, 17, 32, 341, 368, 613, 80007, 130429, 131000, 131016, 131048, 131056, 131057, 133004, 1200}
SIGN_IN_AGAIN = {102, 190, 463, 467}
LONGEST_PATIENCE = 24 * 60


class GraphError(DeliveryFailed):
    """What Graph refused, in its words: "(#code) message"; `code` and `subcode` are 0 where it gave none."""

    def __init__(self, failed: HttpFailed, error: dict[str, Any]) -> None:
        self.code = _number(error.get("code"))
        self.subcode = _number(error.get("error_subcode"))
        self.status = failed.status
        details = error.get("error_data")
        words = str(error.get("error_user_msg") or error.get("message") or failed.reason)
        if isinstance(details, dict) and details.get("details"):
            words = f"{words.rstrip('.')}: {details['details']}"
        is_for_now = self.code in FOR_NOW or error.get("is_transient") is True or failed.status in (0, 429)
        super().__init__(
            words if not self.code or words.startswith("(#") else f"(#{self.code}) {words}",
            permanent=not is_for_now and (failed.permanent or bool(self.code)),
            retry_after=failed.retry_after or (_patience(failed.headers) if is_for_now else None),
            is_unsure=failed.is_unsure,
        )

    @property
    def wants_sign_in(self) -> bool:
        """The token is wrong, or not good any more."""
        return self.code in SIGN_IN_AGAIN or (self.status == 401 and not self.code)


def graph(provider: Provider, method: str, path: str, *, token: str, **options: Unpack[Options]) -> dict[str, Any]:
    """A call of `/{version}{path}`. Raises GraphError."""
    options["headers"] = {**options.get("headers", {}), "authorization": f"Bearer {token}"}
    try:
        answer = provider.request(method, f"/{VERSION}{path}", **options).json()
    except HttpFailed as failed:
        raise error_of(failed) from None
    return answer if isinstance(answer, dict) else {}


def error_of(failed: HttpFailed) -> GraphError:
    """Graph's own words out of an answer that failed."""
    try:
        told = json.loads(failed.body)
    except (ValueError, RecursionError):
        told = None
    error = told.get("error") if isinstance(told, dict) else None
    return GraphError(failed, error if isinstance(error, dict) else {})


def _patience(headers: Mapping[str, str]) -> int | None:
    """Seconds until there may be more calls: minutes of each kind of use, as the platform's rate limits have it."""
    try:
        told = json.loads(headers.get("x-business-use-case-usage", ""))
    except (ValueError, RecursionError):
        return None
    kinds = [each for one in told.values() if isinstance(one, list) for each in one] if isinstance(told, dict) else []
    minutes = [_number(each.get("estimated_time_to_regain_access")) for each in kinds if isinstance(each, dict)]
    return min(max(minutes, default=0), LONGEST_PATIENCE) * 60 or None


def verify_token() -> str:
    """What an administrator types as "Verify token" in Meta's console: one for this whole Parley."""
    return crypto.derived("the verify token of Meta's webhooks")[:40]


def challenge(knock: Knock) -> Answer | None:
    """The answer to Meta's GET that proves the webhook is ours. Raises NotAllowed for another token."""
    if knock.method != "GET":
        return None
    if knock.query.get("hub.mode") != "subscribe" or not crypto.equal(
        knock.query.get("hub.verify_token", ""), verify_token()
    ):
        raise NotAllowed("The verify token is not ours.")
    return Answer(knock.query.get("hub.challenge", "")[:1000])


def verify(knock: Knock, *secrets: str) -> None:
    """Raises NotAllowed unless one of the app secrets signed the body (X-Hub-Signature-256)."""
    given = knock.headers.get("x-hub-signature-256", "").removeprefix("sha256=")
    known = [each for each in secrets if each]
    if not known:
        raise NotAllowed("There is no app secret to check the signature with.")
    if not any(crypto.equal(given, crypto.hmac_hex(secret, knock.body)) for secret in known):
        raise NotAllowed("The signature does not fit.")


def app_secret() -> str:
    """Of the app in the settings; empty when there is none."""
    return settings().meta_app_secret


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
