"""Meta's Graph API as WhatsApp's Cloud API needs it: one account with one number, under Meta's own rules."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from email import message_from_bytes
from email.policy import HTTP
from typing import Any

from tests.fakes.provider import Asked, ProviderStandIn, Told

APP_ID, APP_SECRET = "670843887433847", "0123456789abcdef0123456789abcdef"
PHONE, ACCOUNT, TOKEN = "106540352242922", "102290129340398", "EAAJB-a-token"
NUMBER = "+1 555-078-3881"
# As error 100 of the media endpoint lists them.
MEDIA_TYPES = {
    *("audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg", "audio/opus", "application/pdf"),
    *("application/vnd.ms-powerpoint", "application/msword", "application/vnd.ms-excel", "text/plain"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    *("image/jpeg", "image/png", "image/webp", "video/mp4", "video/3gpp"),
}
LARGEST = {"image": 5, "audio": 16, "video": 16, "application": 100, "text": 100}
PIN = re.compile(r"\d{6}")


def refusal(code: int, message: str, *, status: int = 400, details: str = "", **more: Any) -> Told:
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "AbC123"} | more
    if details:
        error["error_data"] = {"messaging_product": "whatsapp", "details": details}
    return Told(status, {"error": error})


class WhatsAppGraph(ProviderStandIn):
    """`sent` is what was taken, in order; `media` are the files there are, by id; `templates` is what is listed."""

    name = "graph"

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self.media: dict[str, tuple[str, bytes]] = {}
        self.templates: list[dict[str, Any]] = []
        self.page = 100
        self.phone: dict[str, Any] = {
            "id": PHONE,
            "display_phone_number": NUMBER,
            "verified_name": "Fernway Bicycles",
            "quality_rating": "GREEN",
            "name_status": "APPROVED",
            "status": "CONNECTED",
            "platform_type": "CLOUD_API",
            "account_mode": "LIVE",
            "throughput": {"level": "STANDARD"},
            "messaging_limit_tier": "TIER_1K",
        }
        self.webhooks = {"application": "https://elsewhere.example/hook"}
        self.subscribed: set[str] = set()
        self.knows_limits = True
        self.expires_at = 0
        self.window_open = True
        self.media_at = ""
        self.media_size = 0
        self.registered_with = ""

    def is_send(self, asked: Asked) -> bool:
        return asked.method == "POST" and asked.path.endswith(f"/{PHONE}/messages")

    def keep_media(self, content: bytes, content_type: str) -> str:
        media_id = str(900_000 + len(self.media))
        self.media[media_id] = (content_type, content)
        return media_id

    @staticmethod
    def signed(body: dict[str, Any], *, secret: str = APP_SECRET) -> dict[str, Any]:
        """A delivery of Meta's, for the client of the tests."""
        data = json.dumps(body).encode()
        signature = hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()
        return {
            "data": data,
            "content_type": "application/json",
            "headers": {"X-Hub-Signature-256": f"sha256={signature}"},
        }

    def answer(self, asked: Asked) -> Told:
        path = re.sub(r"^/v\d+\.\d+", "", asked.path)
        if path == "/oauth/access_token":
            return self._token(asked)
        if path.startswith("/lookaside/"):
            return self._bytes(asked, path.rsplit("/", 1)[1])
        bearer = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if path == "/debug_token":
            return self._debug(bearer, asked.query.get("input_token", ""))
        if path == f"/{APP_ID}/subscriptions":
            return self._subscriptions(asked, bearer)
        if bearer != TOKEN:
            return refusal(190, "Invalid OAuth access token - Cannot parse access token", status=401)
        proof = asked.query.get("appsecret_proof")
        if proof and proof != hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest():
            return refusal(100, "Invalid appsecret_proof provided in the API argument")
        return self._asked(asked, path)

    def _asked(self, asked: Asked, path: str) -> Told:
        match (asked.method, path.strip("/").split("/")):
            case ("POST", [number, "messages"]) if number == PHONE:
                return self._message(asked.json)
            case ("POST", [number, "media"]) if number == PHONE:
                return self._upload(asked)
            case ("POST", [number, "register"]) if number == PHONE:
                return self._register(asked.json)
            case ("GET", [number]) if number == PHONE:
                return self._phone(asked)
            case ("POST", [number]) if number == PHONE:
                return self._override(asked.json)
            case ("GET", [account, "phone_numbers"]) if account == ACCOUNT:
                return Told(body={"data": [self.phone]})
            case ("GET", [account, "message_templates"]) if account == ACCOUNT:
                return self._templates(asked)
            case ("GET", [account, "subscribed_apps"]) if account == ACCOUNT:
                apps = [{"whatsapp_business_api_data": {"id": each, "name": "Parley"}} for each in self.subscribed]
                return Told(body={"data": apps})
            case ("POST", [account, "subscribed_apps"]) if account == ACCOUNT:
                self.subscribed.add(APP_ID)
                return Told(body={"success": True})
            case ("GET", [media_id]) if media_id in self.media:
                content_type, content = self.media[media_id]
                told = {
                    "messaging_product": "whatsapp",
                    "url": self.media_at or f"{self.url}/lookaside/{media_id}",
                    "mime_type": content_type,
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "file_size": self.media_size or len(content),
                    "id": media_id,
                }
                return Told(body=told)
        words = f"Unsupported {asked.method.lower()} request. Object with ID '{path.strip('/')}' does not exist"
        return refusal(100, words, error_subcode=33)

    def _phone(self, asked: Asked) -> Told:
        fields = asked.query.get("fields", "").split(",")
        if not self.knows_limits and "whatsapp_business_manager_messaging_limit" in fields:
            return refusal(100, "(#100) Tried accessing nonexisting field (whatsapp_business_manager_messaging_limit)")
        found = {name: value for name, value in self.phone.items() if name in fields}
        return Told(
            body=found | ({"webhook_configuration": self.webhooks} if "webhook_configuration" in fields else {})
        )

    def _override(self, body: dict[str, Any]) -> Told:
        told = body["webhook_configuration"]
        if told["override_callback_uri"] and not told.get("verify_token"):
            return refusal(100, "(#100) param verify_token must be non-empty")
        if told["override_callback_uri"]:
            self.webhooks["phone_number"] = told["override_callback_uri"]
        else:
            self.webhooks.pop("phone_number", None)
        return Told(body={"success": True})

    def _register(self, body: dict[str, Any]) -> Told:
        if not PIN.fullmatch(body.get("pin", "")):
            return refusal(100, "(#100) Param pin must be a string of 6 digits")
        if self.registered_with and self.registered_with != body["pin"]:
            return refusal(133005, "(#133005) Two-step verification PIN mismatch", details="PIN mismatch")
        self.registered_with = body["pin"]
        self.phone |= {"status": "CONNECTED", "platform_type": "CLOUD_API"}
        return Told(body={"success": True})

    def _token(self, asked: Asked) -> Told:
        if asked.query.get("client_secret") != APP_SECRET or asked.query.get("client_id") != APP_ID:
            return refusal(1, "Error validating client secret.")
        if asked.query.get("code") != "a-code":
            return refusal(100, "This authorization code has expired.", error_subcode=36007)
        return Told(body={"access_token": TOKEN, "token_type": "bearer"})

    def _debug(self, bearer: str, token: str) -> Told:
        if bearer not in (TOKEN, f"{APP_ID}|{APP_SECRET}"):
            return refusal(190, "Invalid OAuth access token", status=401)
        scopes = [
            {"scope": "whatsapp_business_management", "target_ids": [ACCOUNT]},
            {"scope": "whatsapp_business_messaging", "target_ids": [ACCOUNT]},
        ]
        data = {"app_id": APP_ID, "is_valid": token == TOKEN, "expires_at": self.expires_at, "granular_scopes": scopes}
        return Told(body={"data": data})

    def _subscriptions(self, asked: Asked, bearer: str) -> Told:
        if bearer != f"{APP_ID}|{APP_SECRET}":
            return refusal(15, "(#15) This method must be called with an app access_token.")
        if asked.method == "POST":
            if not asked.form.get("verify_token") or "messages" not in asked.form.get("fields", ""):
                return refusal(100, "(#100) param fields must be non-empty")
            self.webhooks["application"] = asked.form["callback_url"]
            return Told(body={"success": True})
        place = self.webhooks.get("application")
        told: dict[str, Any] = {
            "object": "whatsapp_business_account",
            "callback_url": place,
            "active": True,
            "fields": [],
        }
        return Told(body={"data": [told] if place else []})

    def _bytes(self, asked: Asked, media_id: str) -> Told:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Told(401, b"")
        if media_id not in self.media:
            return Told(404, b"")
        content_type, content = self.media[media_id]
        return Told(body=content, headers={"content-type": content_type})

    def _upload(self, asked: Asked) -> Told:
        head = f"content-type: {asked.headers['content-type']}\r\n\r\n".encode()
        parts = {}
        for part in message_from_bytes(head + asked.body, policy=HTTP).iter_parts():
            parts[part.get_param("name", header="content-disposition")] = part
        if str(parts["messaging_product"].get_content()).strip() != "whatsapp" or "file" not in parts:
            return refusal(100, "(#100) The parameter messaging_product is required.")
        file = parts["file"]
        payload, kind = file.get_payload(decode=True), file.get_content_type()
        content = payload if isinstance(payload, bytes) else b""
        if kind not in MEDIA_TYPES:
            return refusal(
                100,
                f"(#100) Param file must be a file with one of the following types: …. Received file of type '{kind}'.",
            )
        if len(content) > LARGEST[kind.split("/")[0]] * 1024 * 1024:
            return refusal(131053, "(#131053) Media upload error", details="The file is too large.")
        return Told(body={"id": self.keep_media(content, kind)})

    def _templates(self, asked: Asked) -> Told:
        start = int(asked.query.get("after", "0"))
        size = min(int(asked.query.get("limit", "25")), self.page)
        end = start + size
        body: dict[str, Any] = {"data": self.templates[start:end], "paging": {"cursors": {"after": str(end)}}}
        if end < len(self.templates):
            body["paging"]["next"] = f"{self.url}/next"
        return Told(body=body)

    def _message(self, body: dict[str, Any]) -> Told:
        wrong = self._wrong(body)
        if wrong is not None:
            return wrong
        self.sent.append(body)
        whom = body.get("to") or body.get("recipient")
        named = [{"id": f"wamid.OUT{len(self.sent)}"}]
        return Told(
            body={"messaging_product": "whatsapp", "contacts": [{"input": whom, "wa_id": whom}], "messages": named}
        )

    def _wrong(self, body: dict[str, Any]) -> Told | None:
        if body.get("messaging_product") != "whatsapp":
            return refusal(100, "(#100) The parameter messaging_product is required.")
        if not (str(body.get("to", "")).isdigit() or body.get("recipient")) and body.get("recipient_type") != "group":
            return refusal(100, "(#100) The parameter to is required.")
        kind = body.get("type", "text")
        if kind not in body:
            return refusal(100, f"(#100) The parameter {kind} is required.")
        if kind != "template" and not self.window_open:
            details = "Message failed to send because more than 24 hours have passed since the customer last replied to this number."
            return refusal(131047, "(#131047) Re-engagement message", details=details)
        check = {"text": self._text, "interactive": self._interactive, "template": self._template}.get(kind, self._file)
        words = check(body[kind])
        if not words:
            return None
        if words.startswith("template name"):
            return refusal(
                132001, "(#132001) Template name does not exist in the translation", status=404, details=words
            )
        if kind == "template":
            return refusal(
                132000, "(#132000) Number of parameters does not match the expected number of params", details=words
            )
        return refusal(131009, "(#131009) Parameter value is not valid", details=words)

    def _text(self, text: dict[str, Any]) -> str:
        return "" if 0 < len(text.get("body", "")) <= 4096 else "text.body must be 1 to 4096 characters"

    def _file(self, file: dict[str, Any]) -> str:
        if len(file.get("caption", "")) > 1024:
            return "caption is too long"
        return "" if file.get("id") in self.media or str(file.get("link", "")).startswith("http") else "no such media"

    def _interactive(self, told: dict[str, Any]) -> str:
        words, action = told.get("body", {}).get("text", ""), told.get("action", {})
        if not words or len(words) > (4096 if told["type"] == "list" else 1024):
            return "body.text does not fit"
        if told["type"] == "button":
            replies = [each["reply"] for each in action["buttons"]]
            titles = {each["title"] for each in replies}
            fits = (
                1 <= len(replies) <= 3 and len(titles) == len(replies) and all(0 < len(each) <= 20 for each in titles)
            )
            return "" if fits and all(0 < len(each["id"]) <= 256 for each in replies) else "buttons do not fit"
        if told["type"] == "list":
            rows = [row for section in action["sections"] for row in section["rows"]]
            fits = (
                0 < len(action["button"]) <= 20
                and 1 <= len(rows) <= 10
                and len({row["id"] for row in rows}) == len(rows)
            )
            fits = fits and all(0 < len(row["title"]) <= 24 and len(row.get("description", "")) <= 72 for row in rows)
            return "" if fits else "rows do not fit"
        parameters = action.get("parameters", {})
        fits = action.get("name") == "cta_url" and 0 < len(parameters.get("display_text", "")) <= 20
        return "" if fits and parameters.get("url", "").startswith("http") else "the button does not fit"

    def _template(self, told: dict[str, Any]) -> str:
        language = told.get("language", {}).get("code")
        known = [each for each in self.templates if (each["name"], each["language"]) == (told.get("name"), language)]
        if not known or known[0]["status"] != "APPROVED":
            return "template name does not exist in the translation"
        parts = {part["type"]: part for part in known[0]["components"]}
        given = {part["type"]: part["parameters"] for part in told.get("components", []) if part["type"] != "button"}
        for kind in ("BODY", "HEADER"):
            blanks = re.findall(r"\{\{(\w+)\}\}", parts.get(kind, {}).get("text", ""))
            filled = given.get(kind.lower(), [])
            if parts.get(kind, {}).get("format", "TEXT") != "TEXT":
                blanks = ["media"]
            if len(set(blanks)) != len(filled):
                return f"{kind.lower()}: number of localizable_params ({len(filled)}) does not match the expected number of params ({len(set(blanks))})"
            named = [each.get("parameter_name") for each in filled if "parameter_name" in each]
            if known[0].get("parameter_format") == "NAMED" and blanks != ["media"] and set(named) != set(blanks):
                return f"{kind.lower()}: parameter name does not match"
            if any(each["type"] == "text" and not each["text"] for each in filled):
                return f"{kind.lower()}: text must be non-empty"
        return ""
