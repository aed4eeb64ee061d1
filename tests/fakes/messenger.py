"""graph.facebook.com as pages are connected by it: tokens and their proofs, subscriptions, profiles, the Send API."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.fakes.meta_rules import Refused, Rules, conversations, refusal
from tests.fakes.provider import Asked, ProviderStandIn, Told

VERSION = "/v22.0"
APP_ID, APP_SECRET = "1517776481860111", "5b1d2f0c9a"
PAGE_ID, PAGE_TOKEN = "106540352242922", "EAAG-page-token"
USER_TOKEN = "EAAG-user-token"
DANA = "7281493721345012"
INSTAGRAM_ID = "17841400008460056"
SCOPES = ["pages_show_list", "pages_messaging", "pages_manage_metadata", "instagram_basic", "instagram_manage_messages"]
SUBSCRIBABLE = {
    "messages",
    "messaging_postbacks",
    "messaging_referrals",
    "message_deliveries",
    "message_reads",
    "message_echoes",
    "message_reactions",
    "message_edits",
    "messaging_handovers",
    "standby",
}
MESSENGER = Rules(2000)
INSTAGRAM = Rules(1000, in_bytes=True, takes_uploads=False)


class Graph(ProviderStandIn):
    name = "graph"

    def __init__(self) -> None:
        super().__init__()
        self.rules = MESSENGER
        self.token_is_valid = True
        self.scopes = list(SCOPES)
        self.subscribable = set(SUBSCRIBABLE)
        self.subscribed: list[str] = []
        self.callbacks: dict[str, str] = {}
        self.posted: set[str] = set()
        self.verify_token = ""
        self.sent: list[dict[str, Any]] = []
        self.uploads: list[tuple[str, str, bytes]] = []
        self.people: dict[str, dict[str, Any]] = {
            DANA: {"first_name": "Dana", "last_name": "Reyes", "profile_pic": f"{self.url}/cdn/dana.png"}
        }
        self.media: dict[str, tuple[str, bytes]] = {}
        self.kept: dict[str, list[str]] = {}
        """Addresses of the files of a message, as they are by now."""
        self.late: set[str] = set()
        """To whom answers are too late, but a person's own."""
        self.is_controlled_by_us = True
        self.has_instagram = True

    def is_send(self, asked: Asked) -> bool:
        return asked.method == "POST" and asked.path.endswith("/messages")

    def answer(self, asked: Asked) -> Told:
        if asked.path.startswith("/cdn/"):
            return self._media(asked.path.removeprefix("/cdn/"))
        path = asked.path.removeprefix(VERSION).rstrip("/")
        if not asked.path.startswith(VERSION):
            return refusal(f"Unknown path components: {asked.path}", code=2500)
        try:
            public = {"/dialog/oauth": self._dialog, "/oauth/access_token": self._exchange}.get(path)
            return public(asked) if public else self._private(asked, path)
        except Refused as refused:
            return refused.told

    def _private(self, asked: Asked, path: str) -> Told:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ") or asked.query.get("access_token", "")
        self._admit(token, asked)
        way: Callable[[Asked], Told] | None = {
            ("GET", "/app"): lambda _: Told(body={"id": APP_ID}),
            ("GET", "/me"): self._page if token == PAGE_TOKEN else self._person_of_token,
            ("GET", f"/{PAGE_ID}"): self._page,
            ("GET", "/me/accounts"): self._accounts,
            ("GET", "/debug_token"): self._debug,
            ("GET", f"/{APP_ID}/subscriptions"): self._callbacks,
            ("POST", f"/{APP_ID}/subscriptions"): self._register,
            ("GET", f"/{PAGE_ID}/subscribed_apps"): self._subscriptions,
            ("POST", f"/{PAGE_ID}/subscribed_apps"): self._subscribe,
            ("DELETE", f"/{PAGE_ID}/subscribed_apps"): self._unsubscribe,
            ("POST", f"/{PAGE_ID}/messages"): self._send,
            ("GET", f"/{PAGE_ID}/conversations"): lambda asked: conversations(asked, PAGE_ID, self.sent),
            ("POST", f"/{PAGE_ID}/take_thread_control"): self._take_control,
        }.get((asked.method, path))
        if way is not None:
            return way(asked)
        if asked.method == "GET" and path.count("/") == 1:
            return self._profile(asked, path[1:])
        raise Refused(f"Unsupported {asked.method.lower()} request.", subcode=33)

    def _admit(self, token: str, asked: Asked) -> None:
        known = {PAGE_TOKEN, USER_TOKEN, f"{APP_ID}|{APP_SECRET}"}
        if token not in known or (token == PAGE_TOKEN and not self.token_is_valid):
            raise Refused("Invalid OAuth access token - Cannot parse access token", code=190)
        proof = asked.query.get("appsecret_proof")
        if proof is not None and proof != hmac.new(APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest():
            raise Refused("Invalid appsecret_proof provided in the API argument")

    def _dialog(self, asked: Asked) -> Told:
        back = urlencode({"code": "a-code", "state": asked.query["state"]})
        return Told(302, headers={"location": f"{asked.query['redirect_uri']}?{back}"})

    def _exchange(self, asked: Asked) -> Told:
        if (asked.query.get("client_id"), asked.query.get("client_secret")) != (APP_ID, APP_SECRET):
            return refusal("Error validating client secret.", code=1)
        if asked.query.get("code") == "a-code" and asked.query.get("redirect_uri"):
            return Told(body={"access_token": "EAAG-short", "token_type": "bearer", "expires_in": 5183})
        is_long = asked.query.get("grant_type") == "fb_exchange_token"
        if is_long and asked.query.get("fb_exchange_token") == "EAAG-short":
            return Told(body={"access_token": USER_TOKEN, "token_type": "bearer", "expires_in": 5183944})
        return refusal("This authorization code has been used.", code=100)

    def _accounts(self, asked: Asked) -> Told:
        return Told(body={"data": [self._about(asked)], "paging": {"cursors": {"before": "a", "after": "b"}}})

    def _page(self, asked: Asked) -> Told:
        return Told(body=self._about(asked))

    def _about(self, asked: Asked) -> dict[str, Any]:
        about: dict[str, Any] = {"id": PAGE_ID, "name": "Fernway Cycles", "access_token": PAGE_TOKEN}
        if self.has_instagram:
            about["instagram_business_account"] = {"id": INSTAGRAM_ID, "username": "fernway.cycles"}
        wanted = {each.partition("{")[0] for each in asked.query.get("fields", "id,name").split(",")}
        return {name: value for name, value in about.items() if name in wanted | {"id"}}

    def _person_of_token(self, asked: Asked) -> Told:
        raise Refused("Tried accessing nonexisting field (access_token) on node type (User)")

    def _debug(self, asked: Asked) -> Told:
        if not self.token_is_valid:
            error = {"code": 190, "message": "The session has been invalidated.", "subcode": 460}
            return Told(body={"data": {"error": error, "is_valid": False, "scopes": []}})
        about = {"app_id": APP_ID, "application": "Fernway desk", "is_valid": True, "expires_at": 0, "type": "PAGE"}
        return Told(body={"data": about | {"scopes": self.scopes, "data_access_expires_at": 1795651200}})

    def _callbacks(self, asked: Asked) -> Told:
        fields = [{"name": name, "version": "v22.0"} for name in sorted(self.posted)]
        each = [
            {"object": kind, "callback_url": url, "active": True, "fields": fields}
            for kind, url in self.callbacks.items()
        ]
        return Told(body={"data": each})

    def _register(self, asked: Asked) -> Told:
        """Meta looks at once whether somebody answers there; here only where somebody can."""
        url, token = asked.form["callback_url"], asked.form["verify_token"]
        if url.startswith(("http://127.0.0.1:", "http://localhost:")):
            asks = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": token}
            if httpx.get(url, params=asks, timeout=5).text != "1158201444":
                raise Refused("Callback verification failed: the challenge was not answered", code=2200)
        fields = set(asked.form["fields"].split(","))
        if fields - self.subscribable:
            raise Refused("Param fields must be among those there are.")
        self.callbacks[asked.form["object"]], self.verify_token, self.posted = url, token, fields
        return Told(body={"success": True})

    def _subscriptions(self, asked: Asked) -> Told:
        apps = [{"id": APP_ID, "name": "Fernway desk", "subscribed_fields": self.subscribed}]
        return Told(body={"data": apps if self.subscribed else []})

    def _subscribe(self, asked: Asked) -> Told:
        fields = asked.query["subscribed_fields"].split(",")
        if odd := set(fields) - self.subscribable:
            raise Refused(f"Param subscribed_fields[{fields.index(odd.pop())}] must be one of {{messages, ...}}")
        self.subscribed = fields
        return Told(body={"success": True})

    def _unsubscribe(self, asked: Asked) -> Told:
        self.subscribed = []
        return Told(body={"success": True})

    def _profile(self, asked: Asked, source_id: str) -> Told:
        if source_id in self.kept and asked.query.get("fields") == "attachments":
            files = [{"id": "1", "mime_type": "image/jpeg", "image_data": {"url": url}} for url in self.kept[source_id]]
            return Told(body={"attachments": {"data": files}, "id": source_id})
        person = self.people.get(source_id)
        if person is None:
            raise Refused("No profile available for this user.", subcode=2018218)
        wanted = asked.query.get("fields", "").split(",")
        return Told(body={name: value for name, value in person.items() if name in wanted} | {"id": source_id})

    def _send(self, asked: Asked) -> Told:
        said, upload = self.rules.read(asked)
        to = (said.get("recipient") or {}).get("id")
        if to not in self.people and to not in ("dana", *self.late):
            raise Refused("No matching user found", subcode=2018001)
        if not self.is_controlled_by_us:
            raise Refused("Message not sent: another app is controlling this thread now.", code=10, subcode=2018300)
        if to in self.late and said.get("tag") != "HUMAN_AGENT":
            raise Refused("This message is sent outside of allowed window.", code=10, subcode=2018278)
        self.rules.check(said, upload)
        if (said.get("reply_to") or {}).get("mid", "").startswith("m_gone"):
            raise Refused("Invalid parameter", subcode=2534001)
        if upload:
            self.uploads.append(upload)
        self.sent.append(said)
        return Told(body={"recipient_id": to, "message_id": f"m_out_{len(self.sent)}"})

    def _take_control(self, asked: Asked) -> Told:
        self.is_controlled_by_us = True
        return Told(body={"success": True})

    def _media(self, name: str) -> Told:
        if name not in self.media:
            return Told(403, b"URL signature expired")
        content_type, content = self.media[name]
        return Told(body=content, headers={"content-type": content_type})
