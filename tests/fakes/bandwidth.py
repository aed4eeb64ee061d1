"""Bandwidth on the loopback: its messages, their media, and the application that says where events go."""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.fakes.provider import Asked, ProviderStandIn, Told, serving

ACCOUNT = "9900000"
CLIENT_ID, CLIENT_SECRET = "CLI-parley", "the secret of the tests"
OLD_USER, OLD_PASSWORD = "api-user", "of old"
APPLICATION = "93de2206-9669-4e07-948d-329f4b722ee2"
NUMBER = "+19195551234"
MOST_MMS_BYTES = 3_750_000

_counter = itertools.count(1)


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def new_id() -> str:
    return f"{1700000000000 + next(_counter)}abcdefghijklmn"


def refusal(status: int, kind: str, description: str, **fields: str) -> Told:
    errors = [{"fieldName": name, "description": words} for name, words in fields.items()]
    return Told(status, {"type": kind, "description": description, **({"fieldErrors": errors} if errors else {})})


class Bandwidth(ProviderStandIn):
    """messaging.bandwidth.com/api/v2. `rows` are messages as its list has them; texts are not kept."""

    name = "bandwidth"

    def __init__(self) -> None:
        super().__init__()
        self.tokens: set[str] = set()
        self.sent: list[dict[str, Any]] = []
        self.rows: list[dict[str, Any]] = []
        self.files: dict[str, tuple[str, bytes]] = {}
        self.lists_late = False

    def is_send(self, asked: Asked) -> bool:
        return asked.method == "POST" and asked.path.endswith("/messages")

    def is_known(self, asked: Asked) -> bool:
        scheme, _, given = asked.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer":
            return given in self.tokens
        return scheme == "Basic" and base64.b64decode(given).decode() == f"{OLD_USER}:{OLD_PASSWORD}"

    def answer(self, asked: Asked) -> Told:
        if not self.is_known(asked):
            return refusal(401, "unauthorized", "Authentication Failed")
        if not asked.path.startswith(f"/users/{ACCOUNT}/"):
            return refusal(403, "forbidden", "Access Denied")
        if asked.path in self.files:
            content_type, content = self.files[asked.path]
            return Told(200, content, {"content-type": content_type})
        if asked.path != f"/users/{ACCOUNT}/messages":
            return Told(404, {"status": 404, "error": "Not Found", "message": "Not Found", "path": asked.path})
        return self._create(asked) if asked.method == "POST" else self._list(asked)

    def _create(self, asked: Asked) -> Told:
        if asked.headers.get("content-type") != "application/json":
            return refusal(415, "unsupported-content-type", "Content-Type must be application/json")
        said = asked.json
        if wrong := _wrong(said):
            return refusal(400, "request-validation", "Your request could not be accepted.", **wrong)
        media = said.get("media", [])
        message = {
            "id": new_id(),
            "owner": said["from"],
            "applicationId": said["applicationId"],
            "time": now(),
            "segmentCount": 1,
            "direction": "out",
            "to": said["to"],
            "from": said["from"],
            "media": media,
            "text": said.get("text", ""),
            "tag": said.get("tag", ""),
        }
        self.sent.append(message)
        self._note(message["id"], "OUTBOUND", said["from"], said["to"][0], said.get("text", ""), len(media))
        return Told(202, message)

    def _list(self, asked: Asked) -> Told:
        query = asked.query
        rows = [
            row
            for row in self.rows
            if query.get("sourceTn") in (None, row["sourceTn"])
            and query.get("destinationTn") in (None, row["destinationTn"])
            and query.get("messageDirection") in (None, row["messageDirection"])
            and query.get("fromDateTime", "") <= row["receiveTime"]
            and not self.lists_late
        ]
        begin, limit = int(query.get("pageToken", 0)), min(int(query.get("limit", 50)), 100)
        more = len(rows) > begin + limit
        info = {"nextPage": "https://…", "nextPageToken": str(begin + limit)} if more else {}
        return Told(body={"totalCount": len(rows), "pageInfo": info, "messages": rows[begin : begin + limit]})

    def _note(self, id_: str, direction: str, source: str, destination: str, text: str, media: int) -> None:
        self.rows.append(
            {
                "messageId": id_,
                "accountId": ACCOUNT,
                "sourceTn": source,
                "destinationTn": destination,
                "messageStatus": "RECEIVED" if direction == "INBOUND" else "SENDING",
                "messageDirection": direction,
                "messageType": "mms" if media else "sms",
                "segmentCount": 1,
                "errorCode": 0,
                "receiveTime": now(),
                "carrierName": "other",
                "messageLength": len(text),
                "attachmentCount": media,
            }
        )

    def customer_writes(
        self, sender: str, text: str = "", *files: tuple[str, str, bytes], **more: Any
    ) -> dict[str, Any]:
        """The event of what Bandwidth received; files as name, type, bytes."""
        id_ = new_id()
        self._note(id_, "INBOUND", sender, NUMBER, text, len(files))
        media = []
        for number, (name, content_type, content) in enumerate(files):
            path = f"/users/{ACCOUNT}/media/{id_}/{number}/{name}"
            self.files[path] = (content_type, content)
            media.append(f"{self.url}{path}")
        message = {
            "id": id_,
            "time": now(),
            "to": [NUMBER],
            "from": sender,
            "text": text,
            "applicationId": APPLICATION,
            "owner": NUMBER,
            "direction": "in",
            "segmentCount": 1,
            **({"media": media} if media else {}),
            **more,
        }
        return {
            "type": "message-received",
            "time": now(),
            "description": "Incoming message received",
            "to": NUMBER,
            "message": message,
        }

    def tells(self, message: dict[str, Any], kind: str, code: int = 0, words: str = "ok") -> dict[str, Any]:
        """The event that one of ours has come so far; the text is not told again."""
        told = {name: value for name, value in message.items() if name != "text"}
        event = {
            "type": kind,
            "time": now(),
            "description": words,
            "to": message["to"][0],
            "message": {**told, "text": ""},
        }
        return {**event, **({"errorCode": code} if code else {})}


@dataclass
class Accounts(ProviderStandIn):
    """api.bandwidth.com: tokens, and the one application."""

    messaging: Bandwidth
    may_configure: bool = True
    document: str = ""
    name: str = "bandwidth_api"

    def __post_init__(self) -> None:
        super().__init__()
        self.document = self.document or application("https://elsewhere.example/in")

    def is_send(self, asked: Asked) -> bool:
        return False

    def answer(self, asked: Asked) -> Told:
        if asked.path == "/api/v1/oauth2/token":
            given = base64.b64decode(asked.headers["authorization"].partition(" ")[2]).decode()
            if given != f"{CLIENT_ID}:{CLIENT_SECRET}" or asked.form != {"grant_type": "client_credentials"}:
                return Told(401, {"error": "invalid_client", "error_description": "Client authentication failed"})
            token = f"token-{next(_counter)}"
            self.messaging.tokens.add(token)
            return Told(body={"access_token": token, "token_type": "Bearer", "expires_in": 3600})
        if not self.messaging.is_known(asked) or not self.may_configure:
            return Told(403, b"<ErrorResponse/>", {"content-type": "application/xml"})
        if asked.path != f"/api/accounts/{ACCOUNT}/applications/{APPLICATION}":
            words = (
                b"<ApplicationProvisioningResponse><ErrorList><Error/></ErrorList></ApplicationProvisioningResponse>"
            )
            return Told(404, words, {"content-type": "application/xml"})
        if asked.method == "PUT":
            self.document = asked.body.decode()
        body = f"<ApplicationProvisioningResponse>{self.document}</ApplicationProvisioningResponse>".encode()
        return Told(200, body, {"content-type": "application/xml"})


@dataclass
class Served:
    messaging: Bandwidth
    accounts: Accounts

    def told(self, name: str) -> str:
        """What the application has under that name."""
        found = re.search(rf"<{name}>([^<]*)</{name}>", self.accounts.document)
        return found[1] if found else ""


@contextmanager
def bandwidth_serving() -> Iterator[Served]:
    messaging = Bandwidth()
    with serving(messaging), serving(Accounts(messaging)) as accounts:
        yield Served(messaging, accounts)


def application(url: str) -> str:
    return (
        f"<Application><ApplicationId>{APPLICATION}</ApplicationId><ServiceType>Messaging-V2</ServiceType>"
        f"<AppName>Fernway &amp; Sons</AppName><InboundCallbackUrl>{url}</InboundCallbackUrl>"
        f"<OutboundCallbackUrl>{url}</OutboundCallbackUrl></Application>"
    )


def _wrong(said: dict[str, Any]) -> dict[str, str]:
    to, media = said.get("to"), said.get("media", [])
    rules = (
        ("to", not isinstance(to, list) or not to, "'to' must not be empty"),
        (
            "to",
            not all(re.fullmatch(r"\+[1-9]\d{6,14}|\d{5,6}", str(each)) for each in to or []),
            f"'{to}' must be replaced with a valid E164 formatted telephone number",
        ),
        ("from", said.get("from") != NUMBER, f"'{said.get('from')}' is not associated with the application"),
        ("applicationId", said.get("applicationId") != APPLICATION, "is not a valid application"),
        ("text", len(said.get("text", "")) > 2048, "must be 2048 characters or less"),
        ("text", not said.get("text") and not media, "text or media is required"),
        ("tag", len(said.get("tag", "")) > 1024, "must be 1024 characters or less"),
        ("media", any(len(url) > 4096 for url in media), "must be 4096 characters or less"),
        ("media", bool(media) and not str((to or [""])[0]).startswith("+1"), "MMS is not supported to this country"),
    )
    return next(({name: words} for name, is_broken, words in rules if is_broken), {})
