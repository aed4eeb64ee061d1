"""Bandwidth: the door knows the application's user name and password, the provider stands in on the loopback."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.channels.base import Envelope, File, Line, Outbound
from app.channels.sms.application import USER, password
from app.channels.sms.channel import Sms
from app.lib.database import db
from app.models import Inbox
from tests.channels.contract.adapter import Adapter, Call, StandIn
from tests.fakes.bandwidth import (
    ACCOUNT,
    APPLICATION,
    CLIENT_ID,
    CLIENT_SECRET,
    NUMBER,
    Served,
    bandwidth_serving,
    refusal,
)
from tests.fakes.provider import Told

PAYLOADS = Path(__file__).parents[2] / "payloads" / "sms"
CREDENTIALS = {"account_id": ACCOUNT, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
SETTINGS = {"phone_number": NUMBER, "application_id": APPLICATION}
DANA = "+15557654321"


class BandwidthThere(StandIn):
    def __init__(self, served: Served) -> None:
        self.served = served
        self.line = a_line()

    @property
    def taken(self) -> int:
        return len(self.served.messaging.sent)

    def ask_patience(self, seconds: int) -> None:
        told = refusal(429, "too-many-requests", "Request rate is too high")
        self.served.messaging.instead.append(Told(429, told.body, {"retry-after": str(seconds)}))

    def refuse(self) -> None:
        self.served.messaging.instead.append(refusal(400, "request-validation", "Not here"))


class SmsAdapter(Adapter):
    kind = "sms"

    def open_inbox(self, account_id: int) -> Inbox:
        return open_inbox(account_id)

    def says(self, client: Any, inbox: Inbox, words: str) -> Call:
        return call(inbox, [an_event(words, id_=words.encode().hex())])

    def unproven(self, client: Any, inbox: Inbox) -> Sequence[Call]:
        path, events = f"/webhooks/sms/{inbox.token}", [an_event("forged")]
        return [
            Call(path, {"json": events}),
            Call(path, {"json": events, "headers": basic("parley", "wrong")}),
            Call(path, {"json": events, "headers": basic("dana", password(inbox.token))}),
            Call(path, {"json": events, "headers": basic(USER, password("another"))}),
            Call(path, {"json": events, "headers": {"Authorization": "Basic ???"}}),
            Call(path, {"json": events, "headers": {"Authorization": f"Bearer {password(inbox.token)}"}}),
            Call("/webhooks/sms/nobody", {"json": events, "headers": basic(USER, password(inbox.token))}),
            call(inbox, [an_event("mine"), an_event("theirs", owner="+19195559999")]),
        ]

    def recorded(self) -> Sequence[Envelope]:
        return [
            Envelope("token", "dana", f"{path.stem} {number}", event)
            for path in sorted(PAYLOADS.glob("*.json"))
            for number, event in enumerate(json.loads(path.read_text()))
        ]

    @contextmanager
    def stand_in(self) -> Iterator[StandIn]:
        with bandwidth_serving() as served:
            yield BandwidthThere(served)

    def nobody(self) -> Line:
        line = a_line()
        return replace(line, credentials={**line.credentials, "client_id": "CLI-nobody"})

    def outbound(self, text: str, files: Sequence[File] = ()) -> Outbound:
        return replace(super().outbound(text, files), to=DANA)


def open_inbox(account_id: int) -> Inbox:
    inbox = Inbox(account_id=account_id, name="Fernway", channel="sms", address=NUMBER)
    inbox.credentials, inbox.channel_settings = dict(CREDENTIALS), dict(SETTINGS)
    db.session.add(inbox)
    db.session.flush()
    return inbox


def a_line(**settings: Any) -> Line:
    held = Sms.Settings(**(SETTINGS | settings))
    return Line(held.phone_number, "token", "Fernway", CREDENTIALS, held.model_dump())


def an_event(words: str, id_: str = "1700000000001abc", owner: str = NUMBER) -> dict[str, Any]:
    message = {
        "id": id_,
        "time": "2026-11-22T18:20:16Z",
        "to": [owner],
        "from": DANA,
        "text": words,
        "applicationId": APPLICATION,
        "owner": owner,
        "direction": "in",
        "segmentCount": 1,
    }
    return {
        "type": "message-received",
        "time": "2026-11-22T18:20:16Z",
        "description": "Incoming message received",
        "to": owner,
        "message": message,
    }


def call(inbox: Inbox, events: Sequence[Mapping[str, Any]]) -> Call:
    return Call(f"/webhooks/sms/{inbox.token}", {"json": list(events), "headers": basic(USER, password(inbox.token))})


def basic(user: str, secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{user}:{secret}'.encode()).decode()}"}


ADAPTER = SmsAdapter()
