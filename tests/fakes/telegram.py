"""Telegram's Bot API on the loopback, with its rules: tokens, lengths, its HTML, keyboards, albums, webhooks, polling, files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from werkzeug.formparser import FormDataParser

from tests.fakes.provider import Asked, ProviderStandIn, Told
from tests.fakes.telegram_rules import Refused, check_keyboard, marked, told

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
BOT = {"id": 110201543, "is_bot": True, "first_name": "Fernway Cycles", "username": "fernway_bot"}
DANA = {"id": 4711, "type": "private", "first_name": "Dana", "last_name": "Okafor", "username": "dana_rides"}

COMMON = {
    *("chat_id", "business_connection_id", "message_thread_id", "disable_notification", "protect_content"),
    *("message_effect_id", "reply_parameters", "reply_markup", "allow_paid_broadcast"),
}
CAPTIONED = {"caption", "parse_mode", "caption_entities", "show_caption_above_media", "has_spoiler"}
TAKES = {
    "sendMessage": COMMON | {"text", "parse_mode", "entities", "link_preview_options"},
    "sendPhoto": COMMON | CAPTIONED | {"photo"},
    "sendVideo": COMMON | CAPTIONED | {"video", "duration", "width", "height", "thumbnail", "supports_streaming"},
    "sendAnimation": COMMON | CAPTIONED | {"animation", "duration", "width", "height", "thumbnail"},
    "sendAudio": COMMON | CAPTIONED | {"audio", "duration", "performer", "title", "thumbnail"},
    "sendVoice": COMMON | CAPTIONED | {"voice", "duration"},
    "sendDocument": COMMON | CAPTIONED | {"document", "thumbnail", "disable_content_type_detection"},
    "sendMediaGroup": COMMON | {"media"},
    "setWebhook": {
        *("url", "certificate", "ip_address", "max_connections", "allowed_updates", "drop_pending_updates"),
        "secret_token",
    },
    "deleteWebhook": {"drop_pending_updates"},
    "getWebhookInfo": set(),
    "getMe": set(),
    "getUpdates": {"offset", "limit", "timeout", "allowed_updates"},
    "getFile": {"file_id"},
    "getUserProfilePhotos": {"user_id", "offset", "limit"},
    "answerCallbackQuery": {"callback_query_id", "text", "show_alert", "url", "cache_time"},
}
LARGEST_UPLOAD, LARGEST_PHOTO, LARGEST_DOWNLOAD = 50_000_000, 10_000_000, 20_000_000


def too_soon(seconds: int) -> Told:
    return told(f"Too Many Requests: retry after {seconds}", 429, retry_after=seconds)


BLOCKED = told("Forbidden: bot was blocked by the user", 403)


class Telegram(ProviderStandIn):
    """`sent` are the messages it has taken, as their updates would show them; `uploads` the files by message id."""

    name = "telegram"

    def __init__(self) -> None:
        super().__init__()
        self.bots: dict[str, dict[str, Any]] = {TOKEN: BOT}
        self.chats: dict[int, dict[str, Any]] = {DANA["id"]: DANA}  # type: ignore[dict-item]
        self.business: set[str] = set()
        self.sent: list[dict[str, Any]] = []
        self.uploads: dict[int, tuple[str, bytes]] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.large_files: set[str] = set()
        self.photos: dict[int, list[str]] = {}
        self.pictures_on_the_web: set[str] = set()
        self.not_pictures: set[bytes] = set()
        self.webhook: dict[str, Any] = {"url": ""}
        self.takes_http = False
        self.waiting: list[dict[str, Any]] = []
        self.pressed: set[str] = set()
        self.answered: list[str] = []
        self.next_id = 100

    def is_send(self, asked: Asked) -> bool:
        return "/send" in asked.path

    def proof(self) -> dict[str, str]:
        """The headers of its deliveries."""
        return {"X-Telegram-Bot-Api-Secret-Token": str(self.webhook.get("secret_token", ""))}

    def answer(self, asked: Asked) -> Told:
        if asked.path.startswith("/file/"):
            return self._download(asked)
        found = re.fullmatch(r"/bot([^/]+)/(\w+)", asked.path)
        if not found or not re.fullmatch(r"\d+:[\w-]{30,}", token := unquote(found[1])):
            return told("Not Found", 404)
        if token not in self.bots:
            return told("Unauthorized", 401)
        method = found[2]
        if method not in TAKES:
            return told("Not Found: method not found", 404)
        try:
            values, files = _read(asked)
            if odd := values.keys() - TAKES[method]:
                raise AssertionError(f"{method} takes no {sorted(odd)}")
            doing: Callable[[dict[str, Any], dict[str, tuple[str, bytes]]], Any]
            doing = getattr(self, f"_{method}", None) or (lambda values, files: self._send(method, values, files))
            return Told(200, {"ok": True, "result": doing(values, files)})
        except Refused as refused:
            return refused.told

    def _getMe(self, values: dict[str, Any], files: Any) -> Any:  # noqa: N802  # as the method is called
        return {**BOT, "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}

    def _setWebhook(self, values: dict[str, Any], files: Any) -> Any:  # noqa: N802
        url = values.get("url", "")
        if not url.startswith("https://") and not self.takes_http:
            raise Refused("Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", values.get("secret_token", "x")):
            raise Refused("Bad Request: secret token contains unallowed characters")
        self.webhook = dict(values)
        return True

    def _deleteWebhook(self, values: dict[str, Any], files: Any) -> Any:  # noqa: N802
        self.webhook = {"url": ""}
        return True

    def _getWebhookInfo(self, values: dict[str, Any], files: Any) -> Any:  # noqa: N802
        shown = {name: value for name, value in self.webhook.items() if name not in ("secret_token",)}
        shown.pop("drop_pending_updates", None)
        return {"has_custom_certificate": False, "pending_update_count": len(self.waiting), **shown}

    def _getUpdates(self, values: dict[str, Any], files: Any) -> Any:  # noqa: N802
        if self.webhook["url"]:
            raise Refused(
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
                409,
            )
        offset = values.get("offset", 0)
        self.waiting = [each for each in self.waiting if each["update_id"] >= offset]
        return self.waiting[: values.get("limit", 100)]

    def _answerCallbackQuery(self, values: dict[str, Any], files: Any) -> Any:  # noqa: N802
        which = values.get("callback_query_id", "")
        if which not in self.pressed:
            raise Refused("Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.answered.append(which)
        return True

    def _getFile(self, values: dict[str, Any], files: Any) -> Any:  # noqa: N802
        which = values.get("file_id", "")
        if which in self.large_files:
            raise Refused("Bad Request: file is too big")
        if which not in self.files:
            raise Refused("Bad Request: wrong file_id or the file is temporarily unavailable")
        path, content = self.files[which]
        return {"file_id": which, "file_unique_id": f"u{which}", "file_size": len(content), "file_path": path}

    def _getUserProfilePhotos(self, values: dict[str, Any], files: Any) -> Any:  # noqa: N802
        ids = self.photos.get(values.get("user_id", 0), [])
        sizes = [
            {"file_id": each, "file_unique_id": f"u{each}", "width": n, "height": n} for n, each in enumerate(ids, 160)
        ]
        return {"total_count": 1 if sizes else 0, "photos": [sizes] if sizes else []}

    def _download(self, asked: Asked) -> Told:
        found = re.fullmatch(r"/file/bot([^/]+)/(.+)", unquote(asked.path))
        if not found or found[1] not in self.bots:
            return told("Unauthorized", 401)
        for path, content in self.files.values():
            if path == found[2]:
                return Told(200, content, {"content-type": "application/octet-stream"})
        return told("Not Found", 404)

    def _send(self, method: str, values: dict[str, Any], files: dict[str, tuple[str, bytes]]) -> Any:
        chat = self._chat(values)
        self._replied(values, chat)
        if method == "sendMediaGroup":
            return [self._kept(chat, values, each, *found) for each, *found in self._album(values, files)]
        if method == "sendMessage":
            text = marked(
                values.get("text", ""), values.get("parse_mode"), 4096, "message text is empty", "message is too long"
            )
            check_keyboard(values.get("reply_markup"))
            return self._kept(chat, values, {"text": text}, None)
        kind = method.removeprefix("send").lower()
        caption = marked(values.get("caption", ""), values.get("parse_mode"), 1024, "", "message caption is too long")
        check_keyboard(values.get("reply_markup"))
        return self._kept(chat, values, {"caption": caption, kind: True}, self._file(kind, values.get(kind), files))

    def _chat(self, values: dict[str, Any]) -> dict[str, Any]:
        if "chat_id" not in values:
            raise Refused("Bad Request: chat_id is empty")
        account = values.get("business_connection_id")
        if account is not None and account not in self.business:
            raise Refused("Bad Request: BUSINESS_CONNECTION_INVALID")
        chat = self.chats.get(int(values["chat_id"]))
        if chat is None:
            raise Refused("Bad Request: chat not found")
        return chat

    def _replied(self, values: dict[str, Any], chat: dict[str, Any]) -> None:
        reply = values.get("reply_parameters") or {}
        known = {each["message_id"] for each in self.sent if each["chat"] == chat}
        if reply and reply["message_id"] not in known and not reply.get("allow_sending_without_reply"):
            raise Refused("Bad Request: message to be replied not found")

    def _file(self, kind: str, given: Any, files: dict[str, tuple[str, bytes]]) -> tuple[str, bytes]:
        """What was uploaded, or is brought from the web."""
        if isinstance(given, str) and given:
            if given.startswith("attach://"):
                given = given.removeprefix("attach://")
                if given not in files:
                    raise Refused(f"Bad Request: file not found in the request: {given}")
                found = files[given]
            elif given.startswith(("http://", "https://")):
                if given not in self.pictures_on_the_web:
                    raise Refused("Bad Request: wrong file identifier/HTTP URL specified")
                return given, b""
            else:
                raise Refused("Bad Request: wrong remote file identifier specified: Wrong string length")
        elif kind in files:
            found = files[kind]
        else:
            raise Refused(f"Bad Request: there is no {kind} in the request")
        if len(found[1]) > LARGEST_UPLOAD:
            raise Refused("Request Entity Too Large", 413)
        if not found[1]:
            raise Refused("Bad Request: file must be non-empty")
        if kind == "photo" and (len(found[1]) > LARGEST_PHOTO or found[1] in self.not_pictures):
            raise Refused("Bad Request: PHOTO_INVALID_DIMENSIONS")
        return found

    def _album(self, values: dict[str, Any], files: dict[str, tuple[str, bytes]]) -> list[Any]:
        media = values.get("media") or []
        if not 2 <= len(media) <= 10:
            raise Refused("Bad Request: wrong number of media in the album: must be 2-10")
        if values.get("reply_markup"):
            raise AssertionError("an album has no keyboard")
        kinds = {each["type"] for each in media}
        if not (kinds <= {"photo", "video"} or kinds in ({"document"}, {"audio"})):
            raise Refused("Bad Request: document can't be mixed with other media types")
        return [
            (
                {
                    "caption": marked(
                        each.get("caption", ""), each.get("parse_mode"), 1024, "", "message caption is too long"
                    ),
                    each["type"]: True,
                },
                self._file(each["type"], each["media"], files),
            )
            for each in media
        ]

    def _kept(self, chat: dict[str, Any], values: dict[str, Any], what: dict[str, Any], file: Any) -> dict[str, Any]:
        self.next_id += 1
        message: dict[str, Any] = {"message_id": self.next_id, "from": BOT, "chat": chat, "date": 1_700_000_000, **what}
        for name in ("business_connection_id", "reply_markup", "reply_parameters"):
            if values.get(name):
                message[name] = values[name]
        if file:
            self.uploads[self.next_id] = file
            kind = next(name for name, value in what.items() if value is True)
            message[kind] = _shown(kind, f"sent{self.next_id}")
        self.sent.append(message)
        return {name: value for name, value in message.items() if name != "reply_parameters"}


def _shown(kind: str, file_id: str) -> Any:
    """A file as its message tells of it."""
    shown: dict[str, Any] = {"file_id": file_id, "file_unique_id": f"u{file_id}"}
    if kind in ("photo", "video", "animation"):
        shown |= {"width": 640, "height": 400}
    if kind in ("video", "animation", "audio", "voice"):
        shown["duration"] = 3
    return [shown] if kind == "photo" else shown


def _read(asked: Asked) -> tuple[dict[str, Any], dict[str, tuple[str, bytes]]]:
    kind = asked.headers.get("content-type", "")
    if kind.startswith("application/x-www-form-urlencoded"):
        return {name: _parsed(value) for name, value in asked.form.items()}, {}
    if not kind.startswith("multipart/"):
        return (asked.json or {}) if asked.body else dict(asked.query), {}
    options = {"boundary": kind.partition("boundary=")[2].strip('"')}
    _, fields, files = FormDataParser().parse(BytesIO(asked.body), "multipart/form-data", len(asked.body), options)
    values = {name: _parsed(value) for name, value in fields.items()}
    return values, {name: (file.filename or "", file.read()) for name, file in files.items()}


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
