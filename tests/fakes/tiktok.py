"""TikTok's Business API on the loopback: its tokens, its rules for messages and pictures, and its words of refusal."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import time
from typing import Any
from urllib.parse import urlencode

from tests.fakes.provider import Asked, ProviderStandIn, Told

ROOT = "/open_api/v1.3"
APP_ID, APP_SECRET = "7412345678901234567", "tiktok-app-secret"
OPEN_ID = "open-id-of-fernway"
DAY, YEAR = 86_400, 31_536_000
SCOPES = "user.info.basic,user.info.username,user.info.profile,message.list.read,message.list.send,message.list.manage"
PICTURE_BYTES = 3 * 1024 * 1024
SEND = f"{ROOT}/business/message/send/"


def signed(body: bytes, *, secret: str = APP_SECRET, at: float | None = None) -> dict[str, str]:
    """The headers TikTok posts `body` with."""
    moment = int(time.time() if at is None else at)
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Tiktok-Signature": f"t={moment},s={mac}", "Content-Type": "application/json"}


def delivery(event: str, content: dict[str, Any], *, to: str = OPEN_ID) -> bytes:
    """A body of its webhook: what it tells is JSON in JSON."""
    told = {
        "client_key": APP_ID,
        "event": event,
        "create_time": 1_793_000_000,
        "user_openid": to,
        "content": json.dumps(content),
    }
    return json.dumps(told).encode()


class TikTokStandIn(ProviderStandIn):
    """`sent` are the bodies of the messages it took; `media` what can be fetched, by id."""

    name = "tiktok"

    def __init__(self) -> None:
        super().__init__()
        self.access = {"act.first": time.time() + DAY}
        self.refresh = {"rft.first"}
        self.codes: dict[str, str] = {}
        self.scope = SCOPES
        self.webhook = ""
        self.sent: list[dict[str, Any]] = []
        self.uploaded: dict[str, bytes] = {}
        self.media: dict[str, tuple[str, bytes]] = {}
        self.participants: list[dict[str, Any]] = []

    def is_send(self, asked: Asked) -> bool:
        return asked.path == SEND

    def ended(self) -> None:
        """Its access tokens are over; they can be renewed."""
        self.access.clear()

    def revoked(self) -> None:
        self.access.clear()
        self.refresh.clear()

    def consented(self, redirect_uri: str) -> str:
        """The code that an owner comes back with."""
        code = secrets.token_urlsafe(8)
        self.codes[code] = redirect_uri
        return code

    def answer(self, asked: Asked) -> Told:
        if asked.path.startswith("/media/"):
            return self._file(asked)
        path = asked.path.removeprefix(ROOT)
        if path.startswith("/tt_user/oauth2/"):
            return self._tokens(path, asked.json)
        if path.startswith("/business/webhook/"):
            return self._webhook(path, asked)
        if self.access.get(asked.headers.get("access-token", ""), 0) < time.time():
            return no(40105, "Access token is incorrect or has been revoked.")
        calls = {
            "/business/get/": self._account,
            "/business/message/send/": self._send,
            "/business/message/media/upload/": self._upload,
            "/business/message/media/download/": self._download,
            "/business/message/content/list/": self._people,
        }
        return calls[path](asked) if path in calls else no(40006, f"{path} is unknown.")

    def _tokens(self, path: str, body: dict[str, Any]) -> Told:
        if (body.get("client_id"), body.get("client_secret")) != (APP_ID, APP_SECRET):
            return no(40001, "The client_id or client_secret is wrong.")
        if path.endswith("/refresh_token/"):
            known = body.get("grant_type") == "refresh_token" and body.get("refresh_token") in self.refresh
        else:
            uri = self.codes.pop(str(body.get("auth_code")), None)
            known = body.get("grant_type") == "authorization_code" and uri == body.get("redirect_uri")
        if not known:
            return no(40110, "The authorization is invalid or has expired.")
        access, refresh = f"act.{secrets.token_hex(8)}", f"rft.{secrets.token_hex(8)}"
        self.access[access] = time.time() + DAY
        self.refresh = {refresh}
        return yes(
            {
                "access_token": access,
                "refresh_token": refresh,
                "expires_in": DAY,
                "refresh_token_expires_in": YEAR,
                "open_id": OPEN_ID,
                "scope": self.scope,
                "token_type": "Bearer",
            }
        )

    def _webhook(self, path: str, asked: Asked) -> Told:
        given = asked.query if asked.method == "GET" else asked.json
        if (given.get("app_id"), given.get("secret")) != (APP_ID, APP_SECRET):
            return no(40001, "The app_id or secret is wrong.")
        if given.get("event_type") != "DIRECT_MESSAGE":
            return no(40002, "event_type: Not a valid choice.")
        if path.endswith("/update/"):
            self.webhook = given["callback_url"]
        return yes({"app_id": APP_ID, "event_type": "DIRECT_MESSAGE", "callback_url": self.webhook})

    def _account(self, asked: Asked) -> Told:
        if asked.query.get("business_id") != OPEN_ID:
            return no(40002, "business_id: Invalid.")
        assert set(json.loads(asked.query["fields"])) <= {"username", "display_name", "profile_image"}
        return yes({"username": "fernway", "display_name": "Fernway Cycles", "profile_image": f"{self.url}/media/logo"})

    def _send(self, asked: Asked) -> Told:
        body = asked.json
        if (
            body.get("business_id") != OPEN_ID
            or body.get("recipient_type") != "CONVERSATION"
            or not body.get("recipient")
        ):
            return no(40002, "recipient: Missing data for required field.")
        if wrong := self._wrong(body):
            return no(40002, wrong)
        self.sent.append(body)
        return yes({"message": {"message_id": f"out-{len(self.sent)}"}})

    def _wrong(self, body: dict[str, Any]) -> str:
        kind = body.get("message_type")
        if "referenced_message_info" in body and kind != "TEXT":
            return "referenced_message_info: Only text replies are supported."
        if kind == "TEXT":
            return "" if 0 < len(body["text"]["body"]) <= 6000 else "text.body: Length must be between 1 and 6000."
        if kind == "IMAGE":
            return "" if body["image"]["media_id"] in self.uploaded else "image.media_id: Invalid."
        if kind == "TEMPLATE":
            card, room = body["template"], {"QA_BUTTON_CARD": 20, "QA_LINK_CARD": 40}
            fits = (
                0 < len(card["title"]) <= 40
                and 1 <= len(card["buttons"]) <= 3
                and all(
                    each["type"] == "REPLY" and 0 < len(each["title"]) <= room[card["type"]] and len(each["id"]) <= 40
                    for each in card["buttons"]
                )
            )
            return "" if fits else "template: Invalid."
        return "message_type: Not a valid choice."

    def _upload(self, asked: Asked) -> Told:
        boundary = asked.headers["content-type"].partition("boundary=")[2].encode()
        parts = asked.body.split(b"--" + boundary)[1:-1]
        fields: dict[str, tuple[str, bytes]] = {}
        for part in parts:
            head, _, content = part.partition(b"\r\n\r\n")
            name = re.search(rb'name="([^"]*)"', head)
            kind = re.search(rb"Content-Type: (\S+)", head, re.I)
            fields[name[1].decode() if name else ""] = (kind[1].decode() if kind else "", content[:-2])
        if fields["business_id"][1].decode() != OPEN_ID or fields["media_type"][1] != b"IMAGE":
            return no(40002, "media_type: Not a valid choice.")
        kind_of, content = fields["file"]
        if kind_of not in ("image/jpeg", "image/png"):
            return no(40908, "Unsupported file type.")
        if len(content) > PICTURE_BYTES:
            return no(40002, "file: The file is larger than 3MB.")
        media_id = f"media-{len(self.uploaded)}"
        self.uploaded[media_id] = content
        return yes({"media_id": media_id})

    def _download(self, asked: Asked) -> Told:
        body = asked.json
        if body.get("business_id") != OPEN_ID or not body.get("conversation_id") or not body.get("message_id"):
            return no(40002, "conversation_id: Missing data for required field.")
        if body.get("media_id") not in self.media or body.get("media_type") not in ("IMAGE", "VIDEO"):
            return no(40007, "The media does not exist.")
        return yes({"download_url": f"{self.url}/media/{body['media_id']}"})

    def _file(self, asked: Asked) -> Told:
        media_id = asked.path.removeprefix("/media/")
        if asked.headers.get("x-user") not in self.access and not media_id.startswith("public-"):
            return Told(403, b"forbidden")
        if media_id not in self.media:
            return Told(404, b"gone")
        kind, content = self.media[media_id]
        return Told(200, content, {"content-type": kind})

    def _people(self, asked: Asked) -> Told:
        return yes({"messages": [], "participants": self.participants})


class TikTokLogin(ProviderStandIn):
    """The page where owners consent, which asks nobody."""

    name = "tiktok_login"

    def __init__(self, tiktok: TikTokStandIn) -> None:
        super().__init__()
        self.tiktok = tiktok

    def is_send(self, asked: Asked) -> bool:
        return False

    def answer(self, asked: Asked) -> Told:
        given = asked.query
        is_right = given.get("client_key") == APP_ID and given.get("response_type") == "code" and given.get("state")
        if (
            asked.path != "/v2/auth/authorize/"
            or not is_right
            or set(given.get("scope", "").split(",")) - set(SCOPES.split(","))
        ):
            return Told(400, b"Something went wrong: client_key or scope.")
        code = self.tiktok.consented(given["redirect_uri"])
        back = urlencode({"code": code, "scopes": self.tiktok.scope, "state": given["state"]})
        return Told(302, b"", {"location": f"{given['redirect_uri']}?{back}"})


def yes(data: dict[str, Any]) -> Told:
    return Told(200, {"code": 0, "message": "OK", "request_id": "20261122", "data": data})


def no(code: int, message: str) -> Told:
    """TikTok refuses with 200, too."""
    return Told(200, {"code": code, "message": message, "request_id": "20261122", "data": {}})
