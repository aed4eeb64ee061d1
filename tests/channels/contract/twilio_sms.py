"""Twilio's messages: the door is signed by its own library, the provider stands in on the loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.channels.base import Envelope, File, Line, Outbound
from app.channels.twilio_sms.channel import TwilioSms
from app.lib.database import db
from app.models import Inbox
from tests.channels.contract.adapter import Adapter, Call, StandIn
from tests.fakes.provider import Told
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, NUMBER, posted, refusal
from tests.fakes.twilio_services import Served, twilio_serving

PAYLOADS = Path(__file__).parents[2] / "payloads" / "twilio_sms"
CREDENTIALS = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "api_key_sid": "", "api_key_secret": ""}
DANA = "+15557654321"


class TwilioThere(StandIn):
    def __init__(self, served: Served) -> None:
        self.served = served
        self.line = a_line()

    @property
    def taken(self) -> int:
        return len(self.served.messages.sent)

    def ask_patience(self, seconds: int) -> None:
        told = refusal(429, 20429, "Too Many Requests")
        self.served.twilio.instead.append(Told(429, told.body, {"retry-after": str(seconds)}))

    def refuse(self) -> None:
        self.served.twilio.instead.append(refusal(400, 21610, "Not here: attempt to send to unsubscribed recipient"))


class TwilioSmsAdapter(Adapter):
    kind = "twilio_sms"

    def open_inbox(self, account_id: int) -> Inbox:
        return open_inbox(account_id)

    def says(self, client: Any, inbox: Inbox, words: str) -> Call:
        return call(inbox, a_form(words, f"SM{words.encode().hex():0<32}"[:34]))

    def unproven(self, client: Any, inbox: Inbox) -> Sequence[Call]:
        form, path = a_form("forged"), f"/webhooks/{self.kind}/{inbox.token}"
        proven = posted(inbox.webhook_url, form)
        changed = {**proven, "data": proven["data"].replace("forged", "changed")}
        return [
            Call(path, {"data": form}),
            Call(path, posted(inbox.webhook_url, form, "another token")),
            Call(path, posted("https://elsewhere.example/webhooks/twilio_sms/x", form)),
            Call(path, changed),
            Call(path, {**proven, "headers": {"X-Twilio-Signature": ""}}),
            Call(f"/webhooks/{self.kind}/nobody", proven),
            call(inbox, {**form, "To": "+15559998888"}),
            call(inbox, {**form, "AccountSid": "AC" + "0" * 32}),
        ]

    def recorded(self) -> Sequence[Envelope]:
        return [
            envelope
            for path in sorted(PAYLOADS.glob("*.json"))
            for envelope in [Envelope("token", "dana", path.stem, json.loads(path.read_text()))]
        ]

    @contextmanager
    def stand_in(self) -> Iterator[StandIn]:
        with twilio_serving() as served:
            yield TwilioThere(served)

    def nobody(self) -> Line:
        return a_line()

    def outbound(self, text: str, files: Sequence[File] = ()) -> Outbound:
        return replace(super().outbound(text, files), to=DANA)


def open_inbox(account_id: int, **settings: Any) -> Inbox:
    """In a frame: of a number, a service or a WhatsApp sender."""
    line = a_line(**settings)
    inbox = Inbox(account_id=account_id, name="Fernway", channel="twilio_sms", address=line.address)
    inbox.credentials, inbox.channel_settings = dict(line.credentials), dict(line.settings)
    db.session.add(inbox)
    db.session.flush()
    return inbox


def a_line(**settings: Any) -> Line:
    held = TwilioSms.Settings(**({"phone_number": NUMBER} | settings))
    return Line(held.address, "token", "Fernway", CREDENTIALS, held.model_dump())


def a_form(words: str, sid: str = "SM" + "1" * 32, **more: str) -> dict[str, str]:
    return {
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsStatus": "received",
        "AccountSid": ACCOUNT_SID,
        "From": DANA,
        "To": NUMBER,
        "Body": words,
        "NumMedia": "0",
        **more,
    }


def call(inbox: Inbox, form: dict[str, str]) -> Call:
    return Call(f"/webhooks/twilio_sms/{inbox.token}", posted(inbox.webhook_url, form))


ADAPTER = TwilioSmsAdapter()
