"""Messenger: its door takes what Meta signs for a page, its provider is Graph."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.channels.base import Envelope, File, Knock, Line, Outbound
from app.channels.messenger import Messenger
from app.lib import crypto
from app.lib.database import db
from app.models import Inbox
from tests.channels.contract.adapter import Adapter, Call, StandIn
from tests.fakes.messenger import APP_ID, APP_SECRET, DANA, PAGE_ID, PAGE_TOKEN, Graph
from tests.fakes.meta_rules import refusal
from tests.fakes.provider import serving

PAYLOADS = Path(__file__).parents[2] / "payloads" / "messenger"
LINE = Line(
    PAGE_ID,
    name="Fernway Cycles",
    credentials={"page_token": PAGE_TOKEN, "app_secret": APP_SECRET, "app_id": APP_ID},
    settings={"page_id": PAGE_ID, "page_name": "Fernway Cycles"},
)


class Provider(StandIn):
    # Graph counts calls, and says in minutes at best when there may be more.
    says_when = False

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.line = LINE

    @property
    def taken(self) -> int:
        return len(self.graph.sent)

    def ask_patience(self, seconds: int) -> None:
        self.graph.instead.append(refusal("Calls to this api have exceeded the rate limit.", code=613))

    def refuse(self) -> None:
        self.graph.instead.append(refusal("This person isn't available right now: not here.", code=551))


class MessengerAdapter(Adapter):
    kind = "messenger"

    def open_inbox(self, account_id: int) -> Inbox:
        inbox = Inbox(account_id=account_id, name="Contract", channel=self.kind, address=PAGE_ID)
        inbox.credentials, inbox.channel_settings = dict(LINE.credentials), dict(LINE.settings)
        db.session.add(inbox)
        db.session.flush()
        return inbox

    def says(self, client: Any, inbox: Inbox, words: str) -> Call:
        return signed(said(words))

    def unproven(self, client: Any, inbox: Inbox) -> Sequence[Call]:
        whole, other = signed(said("forged")), signed(said("forged", page="999"))
        changed = {**whole.request, "data": whole.request["data"].replace(b"forged", b"broken")}
        return [
            replace(whole, request={**whole.request, "headers": {}}),
            replace(whole, request=changed),
            signed(said("forged"), secret="another app's"),
            other,
            Call("/webhooks/messenger", {"json": {"object": "instagram", "entry": []}}),
        ]

    def recorded(self) -> Sequence[Envelope]:
        bodies = [path.read_bytes() for path in sorted(PAYLOADS.glob("*.json"))]
        return [letter for body in bodies for letter in Messenger.sort(Knock("POST", "", "", {}, {}, body))]

    @contextmanager
    def stand_in(self) -> Iterator[StandIn]:
        with serving(Graph()) as graph:
            yield Provider(graph)

    def nobody(self) -> Line:
        return LINE

    def outbound(self, text: str, files: Sequence[File] = ()) -> Outbound:
        return replace(super().outbound(text, files), to=DANA)


def said(words: str, *, page: str = PAGE_ID, **message: Any) -> dict[str, Any]:
    mid = f"m_{crypto.digest(words)[:20]}"
    event = {"sender": {"id": DANA}, "recipient": {"id": page}, "timestamp": 1763848800000}
    told = event | {"message": {"mid": mid, "text": words, **message}}
    return {"object": "page", "entry": [{"id": page, "time": 1763848800300, "messaging": [told]}]}


def signed(body: Any, *, secret: str = APP_SECRET, path: str = "/webhooks/messenger") -> Call:
    data = json.dumps(body).encode()
    proof = {"X-Hub-Signature-256": f"sha256={crypto.hmac_hex(secret, data)}"}
    return Call(path, {"data": data, "content_type": "application/json", "headers": proof})


ADAPTER = MessengerAdapter()
