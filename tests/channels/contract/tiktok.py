"""TikTok: its door is its webhook, its provider the stand-in of its Business API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from app.channels.base import Envelope, Line
from app.lib.database import db
from app.models import Inbox
from tests.channels.contract.adapter import Adapter, Call, StandIn
from tests.channels.tiktok.conftest import PAYLOADS, letter, line
from tests.fakes.provider import serving
from tests.fakes.tiktok import OPEN_ID, TikTokStandIn, delivery, no, signed


class BusinessApi(StandIn):
    # It says when it is asked too often, not for how long to wait.
    says_when = False

    def __init__(self, tiktok: TikTokStandIn) -> None:
        self.tiktok = tiktok
        self.line = line()

    @property
    def taken(self) -> int:
        return len(self.tiktok.sent)

    def ask_patience(self, seconds: int) -> None:
        self.tiktok.instead.append(no(40100, "Too many requests. Please retry later."))

    def refuse(self) -> None:
        self.tiktok.instead.append(no(40064, "Not here: blocked by the direct message rules."))


class TikTokAdapter(Adapter):
    kind = "tiktok"

    def open_inbox(self, account_id: int) -> Inbox:
        return an_inbox(account_id)

    def says(self, client: Any, inbox: Inbox, words: str) -> Call:
        return a_call(self._said(words))

    def unproven(self, client: Any, inbox: Inbox) -> Sequence[Call]:
        body, another = self._said("forged"), self._said("forged", to="open-id-of-nobody")
        return [
            Call("/webhooks/tiktok", {"data": body, "content_type": "application/json"}),
            Call("/webhooks/tiktok", {"data": body, "headers": signed(body, secret="wrong")}),
            Call("/webhooks/tiktok", {"data": body, "headers": signed(body, at=1_793_000_000)}),
            Call("/webhooks/tiktok", {"data": body, "headers": signed(another)}),
            a_call(another),
        ]

    def _said(self, words: str, *, to: str = OPEN_ID) -> bytes:
        content = {
            "from": "dana_rides",
            "conversation_id": "talk-of-dana",
            "message_id": f"in {words}",
            "type": "text",
            "text": {"body": words},
        }
        return delivery("im_receive_msg", content, to=to)

    def recorded(self) -> Sequence[Envelope]:
        return [letter(path.stem) for path in sorted(PAYLOADS.glob("*.json"))]

    @contextmanager
    def stand_in(self) -> Iterator[StandIn]:
        with serving(TikTokStandIn()) as tiktok:
            yield BusinessApi(tiktok)

    def nobody(self) -> Line:
        return line()


def a_call(body: bytes) -> Call:
    return Call("/webhooks/tiktok", {"data": body, "headers": signed(body)})


def an_inbox(account_id: int, address: str = OPEN_ID) -> Inbox:
    ours = line()
    inbox = Inbox(account_id=account_id, name="Fernway on TikTok", channel="tiktok", address=address)
    inbox.credentials, inbox.channel_settings = dict(ours.credentials), dict(ours.settings)
    db.session.add(inbox)
    db.session.flush()
    return inbox


ADAPTER = TikTokAdapter()
