"""X's API on the loopback: who may call what, posts and direct messages within its limits, media in pieces, webhooks it tries."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from email.utils import formatdate
from typing import Any
from urllib.parse import quote, unquote, urlencode

import httpx

from app.channels.x.weighted import weight
from tests.fakes.provider import Asked, ProviderStandIn, Told

CONSUMER = ("api-key", "api-key-secret")
CLIENT = ("client-id", "client-secret")
TOKEN = ("930524282358325248-token", "token-secret")
APP_BEARER = "AAAA-app-only"
PROFILE, USERNAME = "930524282358325248", "fernway"
SCOPES = "dm.read dm.write tweet.read tweet.write users.read media.write offline.access"
SEND = re.compile(r"/2/tweets|/2/dm_conversations/with/\d+/messages")
MEDIA_MOST = {"image": 5 * 1024 * 1024, "gif": 15 * 1024 * 1024, "video": 512 * 1024 * 1024}


def signature(body: bytes, secret: str = CONSUMER[1]) -> str:
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def signed(body: bytes, secret: str = CONSUMER[1], *, header: str = "X-Twitter-Webhooks-Signature") -> dict[str, str]:
    return {header: signature(body, secret), "Content-Type": "application/json"}


def problem(status: int, title: str, detail: str, **more: Any) -> Told:
    body = {"title": title, "detail": detail, "status": status, "type": "about:blank", **more}
    return Told(status, body, {"content-type": "application/problem+json"})


def patience(seconds: int) -> Told:
    """It comes too soon: the limit is lifted `seconds` from now, by the clock in the same answer."""
    now = int(time.time())
    told = problem(429, "Too Many Requests", "Too Many Requests")
    return Told(429, told.body, {"x-rate-limit-reset": str(now + seconds), "date": formatdate(now, usegmt=True)})


class XStandIn(ProviderStandIn):
    """`posts` and `messages` are what it took; `answers` are the posts there are to answer; `files` its media by path."""

    name = "x"

    def __init__(self) -> None:
        super().__init__()
        self.bearers = {"bearer.first"}
        self.refresh = {"refresh.first"}
        self.codes: dict[str, tuple[str, str]] = {}
        self.scope = SCOPES
        self.keys_are_good = True
        self.webhooks: dict[str, dict[str, Any]] = {}
        self.subscribed: set[tuple[str, str]] = set()
        self.activity: list[dict[str, Any]] = []
        self.has_account_activity = True
        self.tries_webhooks = False
        """Whether a webhook is challenged when it is registered, as X does."""
        self.posts: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        self.answers: set[str] = set()
        self.media: dict[str, dict[str, Any]] = {}
        self.working: dict[str, list[dict[str, Any]]] = {}
        """What it says of a film by its category, one time after another."""
        self.files: dict[str, tuple[str, bytes]] = {}

    def is_send(self, asked: Asked) -> bool:
        return asked.method == "POST" and bool(SEND.fullmatch(asked.path))

    def consented(self, redirect_uri: str, challenge: str) -> str:
        code = secrets.token_urlsafe(8)
        self.codes[code] = (redirect_uri, challenge)
        return code

    def answer(self, asked: Asked) -> Told:
        if asked.path.startswith("/public/"):
            return self._file(asked)
        if asked.path in ("/oauth2/token", "/2/oauth2/token"):
            return self._app_token(asked) if asked.path == "/oauth2/token" else self._token(asked)
        if asked.path.startswith("/2/webhooks") or asked.path.endswith(f"/subscriptions/{PROFILE}/all"):
            if asked.headers.get("authorization") != f"Bearer {APP_BEARER}":
                return problem(
                    403, "Unsupported Authentication", "Supported authentication types are [OAuth 2.0 App-Only]."
                )
            return self._webhook(asked)
        if not self._is_the_profile(asked):
            return problem(401, "Unauthorized", "Unauthorized")
        if asked.path.startswith("/2/media/upload"):
            return self._upload(asked)
        if asked.path.startswith(("/2/account_activity/", "/2/activity/")):
            return self._subscribe(asked)
        if asked.path.startswith("/2/dm_conversations/media/"):
            return self._file(asked)
        if asked.path == "/2/users/me":
            return Told(200, {"data": {"id": PROFILE, "name": "Fernway Cycles", "username": USERNAME}})
        if asked.path == "/2/tweets" and asked.method == "POST":
            return self._post(asked.json)
        if SEND.fullmatch(asked.path) and asked.method == "POST":
            return self._write(asked.path.split("/")[4], asked.json)
        return problem(404, "Not Found Error", f"{asked.path} does not exist.")

    # Who calls.

    def _is_the_profile(self, asked: Asked) -> bool:
        given = asked.headers.get("authorization", "")
        if given.startswith("Bearer "):
            return given.removeprefix("Bearer ") in self.bearers
        return given.startswith("OAuth ") and self.keys_are_good and self._is_signed(asked, given)

    def _is_signed(self, asked: Asked, given: str) -> bool:
        """RFC 5849 §3.4, worked out anew."""
        pairs = re.findall(r'(\w+)="([^"]*)"', given)
        oauth = {name: unquote(value) for name, value in pairs}
        theirs = oauth.pop("oauth_signature", "")
        fresh = abs(time.time() - int(oauth.get("oauth_timestamp", "0"))) < 300
        params = sorted((quote(name, "~"), quote(value, "~")) for name, value in {**oauth, **asked.query}.items())
        text = "&".join(
            quote(each, "~")
            for each in (asked.method, f"{self.url}{asked.path}", "&".join(f"{name}={value}" for name, value in params))
        )
        key = f"{CONSUMER[1]}&{TOKEN[1]}".encode()
        ours = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha1).digest()).decode()
        names = (oauth.get("oauth_consumer_key"), oauth.get("oauth_token"))
        return fresh and names == (CONSUMER[0], TOKEN[0]) and hmac.compare_digest(ours, theirs)

    def _app_token(self, asked: Asked) -> Told:
        if asked.headers.get("authorization") != _basic(CONSUMER) or asked.form != {"grant_type": "client_credentials"}:
            told = {
                "errors": [
                    {"code": 99, "message": "Unable to verify your credentials", "label": "authenticity_token_error"}
                ]
            }
            return Told(403, told)
        return Told(200, {"token_type": "bearer", "access_token": APP_BEARER})

    def _token(self, asked: Asked) -> Told:
        form = asked.form
        if asked.headers.get("authorization") != _basic(CLIENT):
            return Told(
                401, {"error": "unauthorized_client", "error_description": "Missing valid authorization header"}
            )
        if form.get("grant_type") == "refresh_token":
            known = form.get("refresh_token") in self.refresh
            # Good for once.
            self.refresh.discard(form.get("refresh_token", ""))
        else:
            redirect_uri, challenge = self.codes.pop(form.get("code", ""), ("", ""))
            given = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            matches = base64.urlsafe_b64encode(given).rstrip(b"=").decode() == challenge
            known = matches and bool(redirect_uri) and form.get("redirect_uri") == redirect_uri
        if not known:
            words = "Value passed for the token was invalid."
            return Told(400, {"error": "invalid_request", "error_description": words})
        bearer, refresh = f"bearer.{secrets.token_hex(6)}", f"refresh.{secrets.token_hex(6)}"
        self.bearers.add(bearer)
        self.refresh.add(refresh)
        told = {"token_type": "bearer", "expires_in": 7200, "access_token": bearer, "refresh_token": refresh}
        return Told(200, {**told, "scope": self.scope})

    # What it tells us.

    def _webhook(self, asked: Asked) -> Told:
        webhook_id = asked.path.rpartition("/")[2]
        if asked.method == "GET":
            return Told(200, {"data": list(self.webhooks.values()), "meta": {"result_count": len(self.webhooks)}})
        if asked.method == "DELETE":
            self.subscribed.discard((asked.path.split("/")[4], PROFILE))
            return Told(200, {"data": {"subscribed": False}})
        if asked.method == "PUT":
            if webhook_id not in self.webhooks:
                return problem(400, "Invalid Request", "WebhookIdInvalid: [webhook_id] is not known.")
            self.webhooks[webhook_id]["valid"] = self._answers(self.webhooks[webhook_id]["url"])
            return Told(200, {"data": {"valid": self.webhooks[webhook_id]["valid"]}})
        url = asked.json["url"]
        if any(each["url"] == url for each in self.webhooks.values()):
            return problem(400, "Invalid Request", "DuplicateUrlFailed: the url is registered already.")
        if not self._answers(url):
            return problem(
                400, "Invalid Request", "CrcValidationFailed: High latency on CRC GET request or wrong token."
            )
        made = {
            "id": str(len(self.webhooks) + 100),
            "url": url,
            "valid": True,
            "created_at": "2026-11-22T12:00:00.000Z",
        }
        self.webhooks[made["id"]] = made
        return Told(200, {"data": made})

    def _answers(self, url: str) -> bool:
        if not self.tries_webhooks:
            return True
        token = secrets.token_urlsafe(16)
        try:
            told = httpx.get(url, params={"crc_token": token}, timeout=5).json()
        except (httpx.HTTPError, ValueError):
            return False
        return bool(told.get("response_token") == signature(token.encode()))

    def _subscribe(self, asked: Asked) -> Told:
        if asked.path == "/2/activity/subscriptions":
            self.activity.append(asked.json)
            return Told(200, {"data": {"subscription_id": str(len(self.activity)), **asked.json}})
        if not self.has_account_activity:
            return problem(403, "Client Forbidden", "This app is not enrolled for the Account Activity API.")
        pair = (asked.path.split("/")[4], PROFILE)
        if pair[0] not in self.webhooks:
            return problem(400, "Invalid Request", "WebhookIdInvalid: [webhook_id] is not known.")
        if asked.method == "GET":
            return Told(200, {"data": {"subscribed": pair in self.subscribed}})
        if pair in self.subscribed:
            return problem(400, "Invalid Request", "DuplicateSubscriptionFailed: a subscription exists already.")
        self.subscribed.add(pair)
        return Told(200, {"data": {"subscribed": True}})

    # What is said.

    def _post(self, body: dict[str, Any]) -> Told:
        text, ids = body.get("text"), body.get("media", {}).get("media_ids", [])
        if text is None or not (text or ids):
            return problem(400, "Invalid Request", "One or more parameters to your request was invalid.")
        if weight(text) > 280:
            return problem(
                400, "Invalid Request", "Your Tweet text is too long. For more information see twitter-text."
            )
        kinds = [self.media.get(each, {}).get("category", "") for each in ids]
        if not all(each.startswith("tweet_") for each in kinds) or len(kinds) > (
            4 if set(kinds) <= {"tweet_image"} else 1
        ):
            return problem(400, "Invalid Request", "Your media IDs are invalid.")
        answered = body.get("reply", {}).get("in_reply_to_tweet_id")
        if answered is not None and answered not in self.answers:
            return problem(
                400, "Invalid Request", "You attempted to reply to a Tweet that is deleted or not visible to you."
            )
        if text and any(each.get("text") == text for each in self.posts):
            return problem(403, "Forbidden", "You are not allowed to create a Tweet with duplicate content.")
        post_id = str(2_080_000_000_000_000_000 + len(self.posts))
        self.posts.append({**body, "id": post_id})
        self.answers.add(post_id)
        return Told(201, {"data": {"id": post_id, "text": text}})

    def _write(self, recipient: str, body: dict[str, Any]) -> Told:
        files = body.get("attachments", [])
        if not body.get("text") and not files:
            return problem(400, "Invalid Request", "One or more parameters to your request was invalid.")
        if len(body.get("text", "")) > 10_000 or len(files) > 1 or set(body) - {"text", "attachments"}:
            return problem(400, "Invalid Request", "$.attachments: the length must be 1.")
        if not all(self.media.get(each["media_id"], {}).get("category", "").startswith("dm_") for each in files):
            return problem(400, "Invalid Request", "Your media IDs are invalid.")
        self.messages.append({**body, "to": recipient})
        event_id = str(1_990_000_000_000_000_000 + len(self.messages))
        return Told(201, {"data": {"dm_conversation_id": f"{recipient}-{PROFILE}", "dm_event_id": event_id}})

    # Media.

    def _upload(self, asked: Asked) -> Told:
        if asked.method == "GET":
            return self._told(asked.query["media_id"])
        if asked.path.endswith("/initialize"):
            return self._begin(asked.json)
        media_id = asked.path.split("/")[4]
        media = self.media.get(media_id)
        if media is None:
            return problem(400, "Invalid Request", "The media id is not known.")
        if asked.path.endswith("/append"):
            parts = _parts(asked)
            if int(parts["segment_index"]) != media["pieces"] or len(parts["media"]) > 5 * 1024 * 1024:
                return problem(400, "Invalid Request", "$.segment_index or $.media is wrong.")
            media["pieces"] += 1
            media["content"] += parts["media"]
            return Told(200, {"data": {"expires_at": 1_900_000_000}})
        if len(media["content"]) != media["total"]:
            return problem(400, "Invalid Request", "The size of the media does not match total_bytes.")
        return self._told(media_id)

    def _begin(self, body: dict[str, Any]) -> Told:
        use, _, kind = body["media_category"].partition("_")
        if use not in ("tweet", "dm") or not 0 < body["total_bytes"] <= MEDIA_MOST.get(kind, 0):
            return problem(400, "Invalid Request", f"The {kind} is larger than X takes.")
        media_id = str(len(self.media) + 1)
        begun = {"category": body["media_category"], "total": body["total_bytes"], "pieces": 0, "content": b""}
        self.media[media_id] = begun
        return Told(200, {"data": {"id": media_id, "media_key": f"3_{media_id}", "expires_after_secs": 86_400}})

    def _told(self, media_id: str) -> Told:
        waiting = self.working.get(self.media[media_id]["category"], [])
        info = {"processing_info": waiting.pop(0)} if waiting else {}
        return Told(200, {"data": {"id": media_id, "media_key": f"3_{media_id}", **info}})

    def _file(self, asked: Asked) -> Told:
        found = self.files.get(asked.path)
        return Told(200, found[1], {"content-type": found[0]}) if found else Told(404, b"gone")


class XLogin(ProviderStandIn):
    """The page where people consent, which asks nobody."""

    name = "x_login"

    def __init__(self, x: XStandIn) -> None:
        super().__init__()
        self.x = x

    def is_send(self, asked: Asked) -> bool:
        return False

    def answer(self, asked: Asked) -> Told:
        given = asked.query
        is_right = (
            asked.path == "/i/oauth2/authorize"
            and given.get("client_id") == CLIENT[0]
            and given.get("code_challenge_method") == "S256"
            and set(given.get("scope", "").split()) == set(SCOPES.split())
        )
        if not is_right:
            return Told(400, b"Something went wrong. You weren't able to give access to the App.")
        code = self.x.consented(given["redirect_uri"], given["code_challenge"])
        return Told(
            302, b"", {"location": f"{given['redirect_uri']}?{urlencode({'state': given['state'], 'code': code})}"}
        )


def _basic(pair: tuple[str, str]) -> str:
    return "Basic " + base64.b64encode(":".join(pair).encode()).decode()


def _parts(asked: Asked) -> dict[str, bytes]:
    boundary = asked.headers["content-type"].partition("boundary=")[2].encode()
    found: dict[str, bytes] = {}
    for part in asked.body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        found[name[1].decode() if name else ""] = content[:-2]
    return found


def account_activity(name: str, event: dict[str, Any], users: dict[str, Any] | None = None, **more: Any) -> bytes:
    """A body as the Account Activity API has it."""
    return json.dumps({"for_user_id": PROFILE, name: [event], **({"users": users} if users else {}), **more}).encode()
