"""graph.instagram.com and Instagram's own login: codes, tokens of an hour and of 60 days, the account, the Send API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from tests.fakes.messenger import INSTAGRAM, INSTAGRAM_ID, VERSION, Graph
from tests.fakes.meta_rules import Refused, conversations, refusal
from tests.fakes.provider import Asked, ProviderStandIn, Told

APP_ID, APP_SECRET = "990602627938098", "a1b2c3d4e5"
TOKEN, YOUNG_TOKEN = "IGAA-long-lived", "IGAA-made-today"
GRETA = "1254477777772919"
TYPES = {"image": ("png", "jpg", "jpeg", "gif"), "audio": ("aac", "m4a", "wav", "mp4"), "file": ("pdf",)}
SUBSCRIBABLE = {
    "messages",
    "messaging_postbacks",
    "messaging_seen",
    "message_reactions",
    "messaging_referral",
    "message_edit",
    "standby",
}


class InstagramGraph(ProviderStandIn):
    name = "instagram_graph"

    def __init__(self) -> None:
        super().__init__()
        self.tokens = {TOKEN, YOUNG_TOKEN}
        self.subscribable = set(SUBSCRIBABLE)
        self.subscribed: list[str] = []
        self.sent: list[dict[str, Any]] = []
        self.people: dict[str, dict[str, Any]] = {
            GRETA: {
                "name": "Greta Lindqvist",
                "username": "greta.rides",
                "profile_pic": f"{self.url}/cdn/greta.png",
                "follower_count": 812,
                "is_verified_user": False,
                "is_user_follow_business": True,
                "is_business_follow_user": False,
            }
        }
        self.troubled: dict[str, Told] = {}
        """What is answered about people instead."""
        self.late: set[str] = set()
        self.renewals = 0

    def is_send(self, asked: Asked) -> bool:
        return asked.method == "POST" and asked.path.endswith("/messages")

    def answer(self, asked: Asked) -> Told:
        try:
            if asked.path in ("/access_token", "/refresh_access_token"):
                return self._token(asked)
            path = asked.path.removeprefix(VERSION)
            token = asked.headers.get("authorization", "").removeprefix("Bearer ")
            if token not in self.tokens:
                return refusal("Invalid OAuth access token - Cannot parse access token", code=190)
            return self._private(asked, path)
        except Refused as refused:
            return refused.told

    def _token(self, asked: Asked) -> Told:
        """A token is renewed once it is a day old."""
        given = asked.query.get("access_token", "")
        if asked.path == "/access_token":
            if (asked.query.get("client_secret"), given) != (APP_SECRET, "IGAA-short"):
                return refusal("Error validating client secret.", code=101)
            return Told(body={"access_token": TOKEN, "token_type": "bearer", "expires_in": 5183944})
        if given not in self.tokens:
            return refusal("Error validating access token: Session has expired", code=190, subcode=463)
        if given == YOUNG_TOKEN:
            return refusal("The access token must be at least 24 hours old.", code=10)
        self.renewals += 1
        return Told(body={"access_token": TOKEN, "token_type": "bearer", "expires_in": 5183944})

    def _private(self, asked: Asked, path: str) -> Told:
        way: Callable[[Asked], Told] | None = {
            ("GET", "/me"): self._me,
            ("GET", f"/{INSTAGRAM_ID}/subscribed_apps"): self._subscriptions,
            ("POST", f"/{INSTAGRAM_ID}/subscribed_apps"): self._subscribe,
            ("DELETE", f"/{INSTAGRAM_ID}/subscribed_apps"): self._unsubscribe,
            ("POST", f"/{INSTAGRAM_ID}/messages"): self._send,
            ("GET", f"/{INSTAGRAM_ID}/conversations"): lambda asked: conversations(asked, INSTAGRAM_ID, self.sent),
        }.get((asked.method, path))
        if way is not None:
            return way(asked)
        if asked.method == "GET" and path.count("/") == 1:
            return self._profile(asked, path[1:])
        raise Refused(f"Unsupported {asked.method.lower()} request.", subcode=33)

    def _me(self, asked: Asked) -> Told:
        about = {"user_id": INSTAGRAM_ID, "username": "fernway.cycles", "name": "Fernway Cycles", "id": "26001"}
        wanted = {*asked.query.get("fields", "").split(","), "id"}
        return Told(body={name: value for name, value in about.items() if name in wanted})

    def _subscriptions(self, asked: Asked) -> Told:
        return Told(body={"data": [{"subscribed_fields": self.subscribed}] if self.subscribed else []})

    def _subscribe(self, asked: Asked) -> Told:
        fields = asked.query["subscribed_fields"].split(",")
        if set(fields) - self.subscribable:
            raise Refused("Param subscribed_fields[5] must be one of {messages, ...}")
        self.subscribed = fields
        return Told(body={"success": True})

    def _unsubscribe(self, asked: Asked) -> Told:
        self.subscribed = []
        return Told(body={"success": True})

    def _profile(self, asked: Asked, source_id: str) -> Told:
        if source_id in self.troubled:
            return self.troubled[source_id]
        person = self.people.get(source_id)
        if person is None:
            raise Refused("Object with this ID does not exist", subcode=33)
        wanted = asked.query.get("fields", "").split(",")
        return Told(body={name: value for name, value in person.items() if name in wanted} | {"id": source_id})

    def _send(self, asked: Asked) -> Told:
        said, upload = INSTAGRAM.read(asked)
        to = (said.get("recipient") or {}).get("id")
        if to not in self.people and to not in self.late:
            raise Refused("The requested user cannot be found.", code=100, subcode=2534014)
        if to in self.late and said.get("tag") != "HUMAN_AGENT":
            raise Refused("This message is sent outside of allowed window.", code=10, subcode=2534022)
        INSTAGRAM.check(said, upload)
        self.sent.append(said)
        return Told(body={"recipient_id": to, "message_id": f"m_out_{len(self.sent)}"})


class InstagramLoginPage(ProviderStandIn):
    """api.instagram.com and the page on www.instagram.com where people consent, which here is always a yes."""

    name = "instagram_login"

    def is_send(self, asked: Asked) -> bool:
        return False

    def answer(self, asked: Asked) -> Told:
        if asked.path == "/oauth/authorize":
            back = urlencode({"code": "a-code#_", "state": asked.query["state"]})
            return Told(302, headers={"location": f"{asked.query['redirect_uri']}?{back}"})
        form = asked.form
        if (form.get("client_id"), form.get("client_secret")) != (APP_ID, APP_SECRET):
            return _login_error("Invalid platform app")
        if form.get("code") != "a-code" or form.get("grant_type") != "authorization_code":
            return _login_error("Matching code was not found or was already used")
        permissions = "instagram_business_basic,instagram_business_manage_messages"
        token = {"access_token": "IGAA-short", "user_id": "26001", "permissions": permissions}
        return Told(body={"data": [token]})


class PageGraph(Graph):
    """Graph as an account is written from by its page: the page's paths, Instagram's rules."""

    def __init__(self) -> None:
        super().__init__()
        self.rules = INSTAGRAM
        self.people = {GRETA: {"name": "Greta Lindqvist", "username": "greta.rides"}}


def _login_error(words: str) -> Told:
    return Told(400, {"error_type": "OAuthException", "code": 400, "error_message": words})
