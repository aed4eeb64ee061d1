"""The API channel: customers write through our client API, and answers go to a webhook, signed."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.channels.base import Abilities, Channel, DeliveryFailed, Health, Line, NotConnected, Outbound, Problem, Sent
from app.lib import crypto, guard, http
from app.lib.http import HttpFailed

# Standard Webhooks asks for 15 to 30 seconds; an answer is read to its status, its words are for people.
TIMEOUT_SECONDS = 15
LONGEST_ANSWER = 64 * 1024
PREFIX = "whsec_"
LONGEST_WINDOW_HOURS = 24 * 366
SECRET: JsonDict = {"secret": True}
PLACES = {"http": 80, "https": 443}
# What an address answers that takes no messages there; others may only not know what a ping is.
REFUSALS = (401, 403, 404, 410)


def _web_address(value: str) -> str:
    if not value:
        return value
    try:
        parts = urlsplit(value)
        is_good = parts.scheme in PLACES and bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        is_good = False
    if not is_good or any(sign.isspace() or not sign.isprintable() for sign in value):
        raise ValueError("Give an address of the web, as in https://shop.example/parley.")
    return value


def new_secret() -> str:
    """A signing secret as Standard Webhooks writes it: 32 bytes in base64."""
    return PREFIX + b64encode(hashlib.sha256(crypto.token().encode()).digest()).decode()


class ApiSettings(BaseModel):
    """What `inboxes.channel_settings` holds for an API inbox."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    webhook_url: Annotated[str, AfterValidator(_web_address)] = Field(
        "",
        max_length=2048,
        title="Webhook address",
        description="Answers are posted here, signed. Left empty, your program fetches them from the client API.",
        examples=["https://shop.example/parley"],
    )
    hmac_mandatory: bool = Field(
        False,
        title="Named customers must be proven",
        description="Whoever names a customer must sign the name with the secret of this inbox.",
    )
    agent_reply_time_window: float | None = Field(
        None,
        gt=0,
        le=LONGEST_WINDOW_HOURS,
        title="Answers are taken for (hours)",
        description="Counted from the customer’s last message; after it, only private notes. Left empty: always.",
        examples=["24"],
    )


class ApiCredentials(BaseModel):
    """`hmac_secret` proves customers to us, `webhook_secret` proves us to the webhook."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    hmac_secret: str = Field(
        default_factory=crypto.token,
        title="Secret for customers",
        description="Your server signs a customer’s identifier with it. It must never stand in an app or on a page.",
        json_schema_extra=SECRET,
    )
    webhook_secret: str = Field(
        default_factory=new_secret,
        title="Secret of the webhook",
        description="We sign what we post with it (Standard Webhooks), so that your server knows it is from us.",
        json_schema_extra=SECRET,
    )


class Api(Channel):
    kind = "api"
    name = "API"
    summary = "Your own app or program writes for your customers, and hears our answers."
    has_own_page = True
    abilities = Abilities(
        has_one_thread=True,
        is_whole=True,
        # The event holds the whole message, so that nothing is ever sent in parts.
        max_length=150_000,
        rich=frozenset({"input_select", "cards", "form", "article", "input_text", "input_textarea", "input_email"}),
        most_choices=50,
        longest_choice=255,
        most_cards=50,
        most_buttons=10,
        has_receipts=True,
        has_typing=True,
        has_replies=True,
        is_idempotent=True,
    )
    Credentials = ApiCredentials
    Settings = ApiSettings

    @property
    def place(self) -> str:
        return re.sub("^https?://", "", str(self.line.settings.get("webhook_url", ""))) or "Answers are fetched"

    def send(self, outbound: Outbound) -> Sent:
        """Post the message to the webhook; without one it waits to be fetched, which is all it needs."""
        if self.settings.webhook_url:
            self._post(outbound.key, outbound.event)
        return Sent()

    def connect(self, webhook_url: str) -> Line:
        """The webhook must be a place on the web where somebody answers; what they answer is shown, not judged: they
        cannot know the secret yet.
        """
        try:
            self.ping()
        except DeliveryFailed as failed:
            if not isinstance(failed, Refusal) or failed.status < 400:
                raise NotConnected({"webhook_url": failed.reason}) from None
        return self.line

    def probe(self, webhook_url: str) -> Health:
        try:
            self.ping()
        except DeliveryFailed as failed:
            status = failed.status if isinstance(failed, Refusal) else 0
            if status < 400 or status >= 500 or status in REFUSALS:
                return Health([Problem("webhook_unreachable", f"The webhook fails: {failed.reason}", "settings")])
        return Health()

    def ping(self) -> None:
        """Post a signed test to the webhook, if there is one. Raises DeliveryFailed."""
        if self.settings.webhook_url:
            self._post(f"ping_{crypto.token(12)}", {"event": "ping", "inbox": {"name": self.line.name}})

    def check_address(self) -> None:
        """Whether the webhook may be called at all, without calling it. Raises NotConnected for a private network."""
        if not self.settings.webhook_url:
            return
        parts = urlsplit(self.settings.webhook_url)
        try:
            guard.addresses(parts.hostname or "", parts.port or PLACES[parts.scheme])
        except guard.Refused as refused:
            raise NotConnected({"webhook_url": str(refused)}) from None
        except OSError:
            # A name may be registered later; each call looks again.
            return

    def _post(self, key: str, event: Mapping[str, Any]) -> None:
        """Standard Webhooks 1.0: 2xx alone is success, a redirect is none, 4xx is final but where patience is asked for."""
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        headers = {"content-type": "application/json", **signed(self.credentials.webhook_secret, key, body)}
        try:
            answer = http.post(
                self.settings.webhook_url,
                content=body,
                headers=headers,
                timeout=TIMEOUT_SECONDS,
                max_bytes=LONGEST_ANSWER,
            )
        except HttpFailed as failed:
            if 200 <= failed.status < 300:
                # It was taken; only the words after that were too many.
                return
            raise Refusal(failed) from None
        if answer.status >= 300:
            raise Refusal(HttpFailed(f"It answered {answer.status}.", permanent=True, status=answer.status))


class Refusal(DeliveryFailed):
    """As DeliveryFailed; `status` is what was answered, 0 when nobody did."""

    def __init__(self, failed: HttpFailed) -> None:
        self.status = failed.status
        super().__init__(
            failed.reason,
            permanent=failed.permanent and failed.status < 500,
            retry_after=failed.retry_after,
            is_unsure=failed.is_unsure,
        )


def signed(secret: str, key: str, body: bytes, *, at: int | None = None) -> dict[str, str]:
    """The headers that prove a call: as Standard Webhooks has them, and as programs written for Chatwoot look for them."""
    moment = str(int(time.time()) if at is None else at)
    by_standard = hmac.new(_key(secret), f"{key}.{moment}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": key,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{b64encode(by_standard).decode()}",
        "x-chatwoot-delivery": key,
        "x-chatwoot-timestamp": moment,
        "x-chatwoot-signature": f"sha256={crypto.hmac_hex(secret, f'{moment}.'.encode() + body)}",
    }


def _key(secret: str) -> bytes:
    return b64decode(secret.removeprefix(PREFIX))
