"""What Meta takes for a message, and how it refuses one: the rules of the Send API's documentation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import httpx
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from app.lib import clock
from tests.fakes.provider import Asked, Told

SEND_KEYS = {"recipient", "messaging_type", "tag", "message", "reply_to", "notification_type"}
MESSAGE_KEYS = {"text", "attachment", "quick_replies", "metadata"}
TYPES = {"image", "video", "audio", "file", "template"}
MOST_BYTES = 25 * 1024 * 1024


class Refused(Exception):
    """Graph's error, as it stands in the answer."""

    def __init__(self, message: str, *, code: int = 100, subcode: int = 0, status: int = 400) -> None:
        self.told = refusal(message, code=code, subcode=subcode, status=status)
        super().__init__(message)


def refusal(message: str, *, code: int, subcode: int = 0, status: int = 400) -> Told:
    error: dict[str, Any] = {
        "message": message if code == 190 else f"(#{code}) {message}",
        "type": "OAuthException",
        "code": code,
        "fbtrace_id": "AbCdEfGhIjK",
    }
    return Told(status, {"error": error | ({"error_subcode": subcode} if subcode else {})})


@dataclass(frozen=True)
class Rules:
    """`files` are the types of content by kind that are taken; none: all."""

    longest_text: int
    in_bytes: bool = False
    takes_uploads: bool = True
    files: Mapping[str, frozenset[str]] | None = None

    def read(self, asked: Asked) -> tuple[dict[str, Any], tuple[str, str, bytes] | None]:
        """The send, and the file that came along: its name, type and bytes."""
        mimetype, options = parse_options_header(asked.headers.get("content-type", ""))
        if mimetype != "multipart/form-data":
            said = asked.json
            return (said if isinstance(said, dict) else {}), None
        _, form, files = FormDataParser().parse(BytesIO(asked.body), mimetype, len(asked.body), options)
        said = {name: _parsed(value) for name, value in form.items()}
        given = files.get("filedata")
        upload = (given.filename or "", given.content_type or "", bytes(given.read())) if given else None
        return said, upload

    def check(self, said: Mapping[str, Any], upload: tuple[str, str, bytes] | None) -> None:
        """Raises Refused."""
        _only(said, SEND_KEYS, "param")
        kind = said.get("messaging_type")
        if kind not in ("RESPONSE", "UPDATE", "MESSAGE_TAG"):
            raise Refused("Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG}")
        if (kind == "MESSAGE_TAG") != ("tag" in said):
            raise Refused("Param tag goes with messaging_type MESSAGE_TAG", subcode=2018199)
        message = said.get("message")
        if not isinstance(message, dict) or ("text" in message) == ("attachment" in message):
            raise Refused("Param message must be non-empty.")
        _only(message, MESSAGE_KEYS, "message")
        if "text" in message:
            self._text(message["text"])
        else:
            self._attachment(message["attachment"], upload)
        _quick_replies(message.get("quick_replies", []))

    def _text(self, text: Any) -> None:
        if not isinstance(text, str) or not text.strip():
            raise Refused("Param message[text] must be a non-empty UTF-8 encoded string")
        if (len(text.encode()) if self.in_bytes else len(text)) > self.longest_text:
            raise Refused(f"Length of param message[text] must be less than or equal to {self.longest_text}")

    def _attachment(self, attachment: Any, upload: tuple[str, str, bytes] | None) -> None:
        if not isinstance(attachment, dict) or attachment.get("type") not in TYPES:
            raise Refused("Param message[attachment][type] must be one of {audio, video, image, file, template}")
        payload = attachment.get("payload")
        if not isinstance(payload, dict):
            raise Refused("Param message[attachment][payload] is required")
        if attachment["type"] == "template":
            _template(payload)
            return
        if upload is None and not _is_there(str(payload.get("url", "")), attachment["type"]):
            raise Refused("Upload attachment failure.", subcode=2018007)
        if upload is not None:
            self._upload(attachment["type"], upload)

    def _upload(self, kind: str, upload: tuple[str, str, bytes]) -> None:
        _, content_type, content = upload
        if not self.takes_uploads:
            raise Refused("Upload attachment failure.", subcode=2018007)
        if not content or len(content) > MOST_BYTES:
            raise Refused("Attachment size exceeds allowable limit", code=4, subcode=2018065)
        if kind != "file" and not content_type.startswith(f"{kind}/"):
            raise Refused("The type of file you're trying to attach isn't allowed.", code=546)


def conversations(asked: Asked, whose: str, sent: Sequence[Mapping[str, Any]]) -> Told:
    """The conversation with one person, as far as we have written it, newest first; all of it was said just now."""
    to = asked.query.get("user_id")
    if not to or asked.query.get("platform") not in ("messenger", "instagram"):
        raise Refused("Param user_id and platform are needed here.")
    said = [(f"m_out_{number}", each) for number, each in enumerate(sent, 1) if each["recipient"]["id"] == to]
    rows = [
        {
            "id": mid,
            "created_time": f"{clock.now():%Y-%m-%dT%H:%M:%S+0000}",
            "from": {"id": whose},
            "message": each["message"].get("text", ""),
        }
        for mid, each in reversed(said)
    ]
    theirs = {"id": "m_in", "created_time": "2026-01-01T00:00:00+0000", "from": {"id": to}, "message": "Is it back?"}
    return Told(body={"data": [{"id": "t_1", "messages": {"data": [*rows, theirs]}}]})


def _is_there(url: str, kind: str) -> bool:
    """Meta fetches it; here only what is on this machine is fetched."""
    if not url.startswith(("http://127.0.0.1", "http://localhost")):
        return url.startswith("https://")
    answer = httpx.get(url, timeout=5)
    return answer.status_code == 200 and (kind == "file" or answer.headers["content-type"].startswith(f"{kind}/"))


def _quick_replies(given: Any) -> None:
    if not isinstance(given, list) or len(given) > 13:
        raise Refused("Param message[quick_replies] has too many elements.")
    for each in given:
        if each.get("content_type") == "text":
            _length(each.get("title"), 20, "quick reply title")
            _length(each.get("payload"), 1000, "quick reply payload")
        elif each.get("content_type") not in ("user_email", "user_phone_number"):
            raise Refused("Param content_type is not one of those there are.")


def _template(payload: Mapping[str, Any]) -> None:
    kind = payload.get("template_type")
    if kind == "button":
        _length(payload.get("text"), 640, "text")
        _buttons(payload.get("buttons"), least=1)
    elif kind == "generic":
        elements = payload.get("elements")
        if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
            raise Refused("Param elements must have 1 to 10 elements.")
        for element in elements:
            _only(element, {"title", "subtitle", "image_url", "default_action", "buttons"}, "element")
            _length(element.get("title"), 80, "title")
            if len(element) < 2:
                raise Refused("Element requires at least one property besides title.", subcode=2018174)
            if "subtitle" in element:
                _length(element["subtitle"], 80, "subtitle")
            _buttons(element.get("buttons", []), least=0)
    else:
        raise Refused("Invalid template_type.")


def _buttons(given: Any, *, least: int) -> None:
    if not isinstance(given, list) or not least <= len(given) <= 3:
        raise Refused("Param buttons must have 1 to 3 elements.")
    for button in given:
        _length(button.get("title"), 20, "button title")
        if button.get("type") == "web_url":
            if not str(button.get("url", "")).startswith(("https://", "http://")):
                raise Refused("Invalid URL for button.")
        elif button.get("type") == "postback":
            _length(button.get("payload"), 1000, "payload")
        else:
            raise Refused("Invalid button type.")


def _length(value: Any, most: int, name: str) -> None:
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise Refused(f"Param {name} must have 1 to {most} characters.")


def _only(given: Mapping[str, Any], names: set[str], what: str) -> None:
    if odd := set(given) - names:
        raise Refused(f"Invalid keys {sorted(odd)} were found in {what}.")


def _parsed(value: str) -> Any:
    return json.loads(value) if value[:1] in "{[" else value
