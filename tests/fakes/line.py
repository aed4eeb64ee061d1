"""LINE's Messaging API on the loopback, with its rules: tokens, retry keys, objects and their limits, quota, content, webhooks."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from hmac import new as keyed
from typing import Any
from uuid import UUID

from tests.fakes.line_rules import wrong_with
from tests.fakes.provider import Asked, ProviderStandIn, Told

BOT = {
    "userId": "U" + "b" * 32,
    "basicId": "@fernway",
    "displayName": "Fernway Cycles",
    "chatMode": "bot",
    "markAsReadMode": "auto",
}
DANA = "U" + "d" * 32
CHANNEL_ID, SECRET, TOKEN = "1234567890", "0123456789abcdef0123456789abcdef", "token-" + "x" * 160
UNAUTHORIZED = (
    "Authentication failed due to the following reason: invalid token. "
    "Confirm that the access token in the authorization header is valid."
)
MONTHLY_LIMIT = Told(429, {"message": "You have reached your monthly limit."})
TOO_MANY = Told(429, {"message": "The API rate limit has been exceeded. Try again later."})


def refused(message: str, status: int = 400, *details: tuple[str, str]) -> Told:
    """As LINE writes it; `details` are properties and what is wrong with each."""
    body: dict[str, Any] = {"message": message}
    if details:
        body["details"] = [{"property": name, "message": words} for name, words in details]
    return Told(status, body)


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """The headers of its deliveries."""
    signature = b64encode(keyed(secret.encode(), body, sha256).digest()).decode()
    return {"X-Line-Signature": signature, "Content-Type": "application/json; charset=utf-8"}


class Line(ProviderStandIn):
    """`pushes` are what it has taken: the body of each, once for its retry key."""

    name = "line"

    def __init__(self) -> None:
        super().__init__()
        self.pushes: list[dict[str, Any]] = []
        self.keys: dict[str, list[dict[str, str]]] = {}
        self.people: dict[str, dict[str, Any]] = {
            DANA: {"userId": DANA, "displayName": "Dana", "language": "ja", "statusMessage": "On two wheels"}
        }
        self.quota: dict[str, Any] = {"type": "limited", "value": 200}
        self.used = 17
        self.endpoint, self.is_active = "", True
        self.trial: dict[str, Any] = {"success": True, "statusCode": 200, "reason": "OK", "detail": "200"}
        self.token, self.owner, self.seconds = TOKEN, CHANNEL_ID, 2_591_659
        self.takes_http = False
        self.quote_tokens: set[str] = set()

    @property
    def sent(self) -> list[dict[str, Any]]:
        """All objects, in order."""
        return [each for push in self.pushes for each in push["messages"]]

    def is_send(self, asked: Asked) -> bool:
        return asked.path == "/v2/bot/message/push"

    def answer(self, asked: Asked) -> Told:
        if asked.path == "/oauth2/v3/token":
            return self._issue(asked)
        if asked.path == "/v2/oauth/verify":
            return self._verify(asked)
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            return refused(UNAUTHORIZED, 401)
        if asked.headers.get("x-line-retry-key") and not self.is_send(asked):
            return refused("The retry key is not supported by this API")
        match (asked.method, asked.path):
            case ("POST", "/v2/bot/message/push"):
                return self._push(asked)
            case ("GET", "/v2/bot/info"):
                return Told(200, BOT)
            case ("GET", "/v2/bot/message/quota"):
                return Told(200, self.quota)
            case ("GET", "/v2/bot/message/quota/consumption"):
                return Told(200, {"totalUsage": self.used})
            case ("GET" | "PUT", "/v2/bot/channel/webhook/endpoint"):
                return self._webhook(asked)
            case ("POST", "/v2/bot/channel/webhook/test"):
                return Told(200, {**self.trial, "timestamp": "2026-11-22T22:00:00.000Z"})
        if asked.method == "GET" and (found := re.fullmatch(r"/v2/bot/profile/([^/]+)", asked.path)):
            who = self.people.get(found[1])
            return Told(200, who) if who else refused("Not found", 404)
        return refused("Not found", 404)

    def _issue(self, asked: Asked) -> Told:
        form = asked.form
        if form.get("grant_type") != "client_credentials":
            return Told(400, {"error": "unsupported_grant_type", "error_description": "unsupported grant type"})
        if form.get("client_id") != CHANNEL_ID or form.get("client_secret") != SECRET:
            return Told(400, {"error": "invalid_client", "error_description": "invalid client_secret"})
        return Told(200, {"token_type": "Bearer", "access_token": "stateless", "expires_in": 900})

    def _verify(self, asked: Asked) -> Told:
        if asked.form.get("access_token") != self.token:
            return Told(400, {"error": "invalid_request", "error_description": "access token expired"})
        return Told(200, {"client_id": self.owner, "expires_in": self.seconds, "scope": "P CM"})

    def _webhook(self, asked: Asked) -> Told:
        if asked.method == "GET":
            if not self.endpoint:
                return refused("Webhook endpoint not found", 404)
            return Told(200, {"endpoint": self.endpoint, "active": self.is_active})
        url = asked.json.get("endpoint", "")
        if len(url) > 500 or not (url.startswith("https://") or self.takes_http):
            return refused("Invalid webhook endpoint URL", 400, ("endpoint", "must be a valid HTTPS URL"))
        self.endpoint = url
        return Told(200, {})

    def _push(self, asked: Asked) -> Told:
        key, body = asked.headers.get("x-line-retry-key", ""), asked.json
        try:
            UUID(key)
        except ValueError:
            return refused("Invalid retry key format")
        if key in self.keys:
            headers = {"x-line-accepted-request-id": "accepted"}
            return Told(409, {"message": "The retry key is already accepted", "sentMessages": self.keys[key]}, headers)
        if wrong := wrong_with(body, self.quote_tokens):
            return refused(f"The request body has {len(wrong)} error(s)", 400, *wrong)
        if not re.fullmatch(r"[UCR][0-9a-f]{32}", body["to"]):
            return refused("The property, 'to', in the request body is invalid (line: -, column: -)")
        if body["to"] not in self.people:
            return refused("Failed to send messages")
        self.pushes.append(body)
        sent = [
            {"id": f"{len(self.pushes):09}{at:09}", "quoteToken": f"quote-{len(self.pushes)}-{at}"}
            for at, _ in enumerate(body["messages"])
        ]
        self.keys[key] = sent
        return Told(200, {"sentMessages": sent})


class LineData(ProviderStandIn):
    """What people sent, by the id of its message; `processing` are those that are still made ready."""

    name = "line_data"

    def __init__(self) -> None:
        super().__init__()
        self.contents: dict[str, tuple[str, bytes]] = {}
        self.states: dict[str, str] = {}

    def is_send(self, asked: Asked) -> bool:
        return asked.path.endswith("/content")

    def answer(self, asked: Asked) -> Told:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return refused(UNAUTHORIZED, 401)
        found = re.fullmatch(r"/v2/bot/message/([^/]+)/content(/transcoding)?", asked.path)
        if not found or found[1] not in self.contents:
            return refused("Not found", 404)
        state = self.states.get(found[1], "succeeded")
        if found[2]:
            return Told(200, {"status": state})
        if state != "succeeded":
            return Told(202, b"")
        kind, content = self.contents[found[1]]
        return Told(200, content, {"content-type": kind})


class LineStickers(ProviderStandIn):
    name = "line_stickers"

    def is_send(self, asked: Asked) -> bool:
        return False

    def answer(self, asked: Asked) -> Told:
        found = re.fullmatch(r"/stickershop/v1/sticker/(\d+)/android/sticker.png", asked.path)
        return Told(200, b"png", {"content-type": "image/png"}) if found else Told(404)
