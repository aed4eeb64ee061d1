"""Instagram: its door takes what Meta signs for an account, its provider is Instagram's Graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.channels.base import Envelope, File, Knock, Line, Outbound
from app.channels.instagram.channel import Instagram
from app.lib import crypto
from app.lib.database import db
from app.models import Inbox
from tests.channels.contract.adapter import Adapter, Call, StandIn
from tests.channels.contract.messenger import signed
from tests.fakes.instagram import APP_SECRET, GRETA, TOKEN, InstagramGraph
from tests.fakes.messenger import INSTAGRAM_ID
from tests.fakes.meta_rules import refusal
from tests.fakes.provider import serving

PAYLOADS = Path(__file__).parents[2] / "payloads" / "instagram"
DOOR = "/webhooks/instagram"
LINE = Line(
    INSTAGRAM_ID,
    name="Fernway Cycles",
    credentials={"access_token": TOKEN, "app_secret": APP_SECRET},
    settings={"login": "instagram", "username": "fernway.cycles"},
)


class Provider(StandIn):
    says_when = False

    def __init__(self, graph: InstagramGraph) -> None:
        self.graph = graph
        self.line = LINE

    @property
    def taken(self) -> int:
        return len(self.graph.sent)

    def ask_patience(self, seconds: int) -> None:
        self.graph.instead.append(refusal("Application request limit reached", code=4))

    def refuse(self) -> None:
        self.graph.instead.append(refusal("The requested user cannot be found: not here.", code=100, subcode=2534014))


class InstagramAdapter(Adapter):
    kind = "instagram"

    def open_inbox(self, account_id: int) -> Inbox:
        inbox = Inbox(account_id=account_id, name="Contract", channel=self.kind, address=INSTAGRAM_ID)
        inbox.credentials, inbox.channel_settings = dict(LINE.credentials), dict(LINE.settings)
        db.session.add(inbox)
        db.session.flush()
        return inbox

    def says(self, client: Any, inbox: Inbox, words: str) -> Call:
        return signed(said(words), secret=APP_SECRET, path=DOOR)

    def unproven(self, client: Any, inbox: Inbox) -> Sequence[Call]:
        whole = signed(said("forged"), secret=APP_SECRET, path=DOOR)
        changed = {**whole.request, "data": whole.request["data"].replace(b"forged", b"broken")}
        return [
            replace(whole, request={**whole.request, "headers": {}}),
            replace(whole, request=changed),
            signed(said("forged"), secret="another app's", path=DOOR),
            signed(said("forged", account="999"), secret=APP_SECRET, path=DOOR),
            Call(DOOR, {"json": {"object": "page", "entry": []}}),
        ]

    def recorded(self) -> Sequence[Envelope]:
        bodies = [path.read_bytes() for path in sorted(PAYLOADS.glob("*.json"))]
        return [letter for body in bodies for letter in Instagram.sort(Knock("POST", "", "", {}, {}, body))]

    @contextmanager
    def stand_in(self) -> Iterator[StandIn]:
        with serving(InstagramGraph()) as graph:
            yield Provider(graph)

    def nobody(self) -> Line:
        return LINE

    def outbound(self, text: str, files: Sequence[File] = ()) -> Outbound:
        return replace(super().outbound(text, files), to=GRETA)


def said(words: str, *, account: str = INSTAGRAM_ID, **message: Any) -> dict[str, Any]:
    mid = f"aWdf{crypto.digest(words)[:40]}"
    event = {"sender": {"id": GRETA}, "recipient": {"id": account}, "timestamp": 1763848800000}
    told = event | {"message": {"mid": mid, "text": words, **message}}
    return {"object": "instagram", "entry": [{"id": account, "time": 1763848800300, "messaging": [told]}]}


ADAPTER = InstagramAdapter()
