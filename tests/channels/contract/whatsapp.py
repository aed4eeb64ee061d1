"""WhatsApp: its door is Meta's webhook, its provider the Graph API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from app.channels.base import Envelope, File, Line, Outbound
from app.channels.whatsapp import arrivals
from app.lib.database import db
from app.models import Inbox
from tests.channels.contract.adapter import Adapter, Call, StandIn
from tests.channels.whatsapp.conftest import CREDENTIALS, PAYLOADS, body_of
from tests.fakes.provider import Told, serving
from tests.fakes.whatsapp import PHONE, WhatsAppGraph, refusal

HOOK = "/webhooks/whatsapp"


class Graph(StandIn):
    def __init__(self, graph: WhatsAppGraph) -> None:
        self.graph = graph
        self.line = a_line()

    @property
    def taken(self) -> int:
        return len(self.graph.sent)

    def ask_patience(self, seconds: int) -> None:
        told = refusal(131056, "(#131056) (Business Account, Consumer Account) pair rate limit hit", status=429)
        self.graph.instead.append(Told(told.status, told.body, {"retry-after": str(seconds)}))

    def refuse(self) -> None:
        self.graph.instead.append(refusal(131026, "(#131026) Message undeliverable", details="Not here"))


class WhatsappAdapter(Adapter):
    kind = "whatsapp"

    def open_inbox(self, account_id: int) -> Inbox:
        inbox = Inbox(account_id=account_id, name="Contract", channel=self.kind, address=PHONE)
        inbox.credentials = CREDENTIALS
        db.session.add(inbox)
        db.session.flush()
        return inbox

    def says(self, client: Any, inbox: Inbox, words: str) -> Call:
        return Call(HOOK, WhatsAppGraph.signed(a_delivery(words)))

    def unproven(self, client: Any, inbox: Inbox) -> Sequence[Call]:
        body = a_delivery("forged")
        proven = WhatsAppGraph.signed(body)
        elsewhere = json.loads(json.dumps(body).replace(PHONE, "106540352249999"))
        return [
            Call(HOOK, {**proven, "headers": {}}),
            Call(HOOK, WhatsAppGraph.signed(body, secret="another")),
            Call(HOOK, {**proven, "data": proven["data"].replace(b"forged", b"gnawed")}),
            Call(HOOK, {**proven, "headers": {"X-Hub-Signature-256": "sha256="}}),
            Call(HOOK, WhatsAppGraph.signed(elsewhere)),
        ]

    def recorded(self) -> Sequence[Envelope]:
        return [letter for path in sorted(PAYLOADS.glob("*.json")) for letter in arrivals.letters(body_of(path.stem))]

    @contextmanager
    def stand_in(self) -> Iterator[StandIn]:
        with serving(WhatsAppGraph()) as graph:
            yield Graph(graph)

    def nobody(self) -> Line:
        # Nobody listens at the provider's place unless its stand-in is served.
        return a_line()

    def outbound(self, text: str, files: Sequence[File] = ()) -> Outbound:
        return replace(super().outbound(text, files), to="16505551234")


def a_delivery(words: str) -> dict[str, Any]:
    body = body_of("text")
    (message,) = body["entry"][0]["changes"][0]["value"]["messages"]
    message |= {"id": f"wamid.{words.encode().hex()}", "text": {"body": words}}
    return body


def a_line() -> Line:
    return Line(PHONE, "token", "Contract", CREDENTIALS)


ADAPTER = WhatsappAdapter()
