"""Phone calls: what a customer says is what is written down of a voice message; what we send are calls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.channels.base import Colleague, Envelope, File, Line, Outbound, Standby
from app.lib.database import db
from app.models import Inbox
from tests.channels.contract.adapter import Adapter, Call, StandIn
from tests.fakes.provider import Told, serving
from tests.fakes.twilio import ACCOUNT_SID, LANDLINE, Twilio, posted, refusal
from tests.fakes.twilio_voice import Voice
from tests.voice import a_line

PAYLOADS = Path(__file__).parents[2] / "payloads" / "twilio_voice"
DANA = "+4915112345678"


class TwilioThere(StandIn):
    def __init__(self, twilio: Twilio) -> None:
        self.twilio, self.line = twilio, a_line()
        self.voice = Voice(twilio, lambda _url, _form: (200, "", b""))

    @property
    def taken(self) -> int:
        return len(self.voice.calls)

    def ask_patience(self, seconds: int) -> None:
        told = refusal(429, 20429, "Too Many Requests")
        self.twilio.instead.append(Told(429, told.body, {"retry-after": str(seconds)}))

    def refuse(self) -> None:
        self.twilio.instead.append(refusal(400, 21215, "Not here: account not authorized to call this number"))


class TwilioVoiceAdapter(Adapter):
    kind = "twilio_voice"

    def open_inbox(self, account_id: int) -> Inbox:
        line = a_line()
        inbox = Inbox(account_id=account_id, name="Fernway", channel=self.kind, address=line.address)
        inbox.credentials, inbox.channel_settings = dict(line.credentials), dict(line.settings)
        db.session.add(inbox)
        db.session.flush()
        return inbox

    def says(self, client: Any, inbox: Inbox, words: str) -> Call:
        sid = f"CA{words.encode().hex():0<32}"[:34]
        return call(inbox, "/transcript", a_form(sid, TranscriptionText=words, RecordingSid="RE" + sid[2:]))

    def unproven(self, client: Any, inbox: Inbox) -> Sequence[Call]:
        form, path = a_form("CA" + "7" * 32), f"/webhooks/{self.kind}/{inbox.token}"
        proven = posted(inbox.webhook_url, form)
        connect = f"{inbox.webhook_url}/connect?of=forged&to=%2B4930666"
        return [
            Call(path, {"data": form}),
            Call(path, posted(inbox.webhook_url, form, "another token")),
            Call(path, posted("https://elsewhere.example/webhooks/twilio_voice/x", form)),
            Call(path, {**proven, "data": proven["data"].replace("7777", "8888")}),
            Call(path, {**proven, "headers": {"X-Twilio-Signature": ""}}),
            Call(f"/webhooks/{self.kind}/nobody", proven),
            # Signed for another step, or for another number to be called.
            Call(f"{path}/status", proven),
            Call(f"{path}/connect?of=forged&to=%2B4930777", posted(connect, {**form, "Digits": "1"})),
            call(inbox, "", {**form, "To": "+15559998888"}),
            call(inbox, "", {**form, "AccountSid": "AC" + "0" * 32}),
        ]

    def recorded(self) -> Sequence[Envelope]:
        return [
            Envelope("token", "dana", path.stem, json.loads(path.read_text()))
            for path in sorted(PAYLOADS.glob("*.json"))
        ]

    @contextmanager
    def stand_in(self) -> Iterator[StandIn]:
        with serving(Twilio()) as twilio:
            yield TwilioThere(twilio)

    def nobody(self) -> Line:
        return a_line()

    def outbound(self, text: str, files: Sequence[File] = ()) -> Outbound:
        between = Standby([Colleague(1, "Bob", "+493055502")], text)
        return replace(super().outbound(text, files), to=DANA, content_type="voice_call", standby=between)


def a_form(sid: str, **more: str) -> dict[str, str]:
    return {
        "AccountSid": ACCOUNT_SID,
        "CallSid": sid,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "From": DANA,
        "To": LANDLINE,
        **more,
    }


def call(inbox: Inbox, step: str, form: dict[str, str]) -> Call:
    return Call(f"/webhooks/twilio_voice/{inbox.token}{step}", posted(f"{inbox.webhook_url}{step}", form))


ADAPTER = TwilioVoiceAdapter()
