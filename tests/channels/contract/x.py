"""X: its door is its webhook, its provider the stand-in of its API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from app.channels.base import Envelope, File, Line, Outbound
from app.lib.database import db
from app.models import Inbox
from tests.channels.contract.adapter import Adapter, Call, StandIn
from tests.channels.x.conftest import PAYLOADS, letters, line, recorded, told
from tests.fakes.provider import serving
from tests.fakes.x import PROFILE, XStandIn, patience, problem, signed


class Api(StandIn):
    def __init__(self, x: XStandIn) -> None:
        self.x = x
        self.line = line()

    @property
    def taken(self) -> int:
        return len(self.x.messages) + len(self.x.posts)

    def ask_patience(self, seconds: int) -> None:
        self.x.instead.append(patience(seconds))

    def refuse(self) -> None:
        self.x.instead.append(problem(403, "Forbidden", "Not here: you cannot send messages to this user."))


class XAdapter(Adapter):
    kind = "x"

    def open_inbox(self, account_id: int) -> Inbox:
        return an_inbox(account_id)

    def says(self, client: Any, inbox: Inbox, words: str) -> Call:
        return a_call(self._said(words))

    def unproven(self, client: Any, inbox: Inbox) -> Sequence[Call]:
        body, another = self._said("forged"), {**self._said("forged"), "for_user_id": "1"}
        raw = json.dumps(body).encode()
        return [
            Call("/webhooks/x", {"data": raw, "content_type": "application/json"}),
            Call("/webhooks/x", {"data": raw, "headers": signed(raw, "wrong")}),
            Call("/webhooks/x", {"data": raw, "headers": signed(recorded("dm_text"))}),
            Call("/webhooks/x", {"data": raw, "headers": signed(json.dumps(another).encode())}),
            a_call(another),
        ]

    def _said(self, words: str) -> dict[str, Any]:
        body = told("dm_text")
        event = body["direct_message_events"][0]
        event["id"] = str(sum(map(ord, words)))
        event["message_create"]["message_data"]["text"] = words
        return body

    def recorded(self) -> Sequence[Envelope]:
        return [letter for path in sorted(PAYLOADS.glob("*.json")) for letter in letters(path.stem)]

    @contextmanager
    def stand_in(self) -> Iterator[StandIn]:
        with serving(XStandIn()) as x:
            yield Api(x)

    def nobody(self) -> Line:
        return line()

    def outbound(self, text: str, files: Sequence[File] = ()) -> Outbound:
        return replace(super().outbound(text, files), to="3001969357")


def a_call(body: dict[str, Any]) -> Call:
    raw = json.dumps(body).encode()
    return Call("/webhooks/x", {"data": raw, "headers": signed(raw)})


def an_inbox(account_id: int, address: str = PROFILE) -> Inbox:
    ours = line()
    inbox = Inbox(account_id=account_id, name="Fernway on X", channel="x", address=address)
    inbox.credentials, inbox.channel_settings = dict(ours.credentials), dict(ours.settings)
    db.session.add(inbox)
    db.session.flush()
    return inbox


ADAPTER = XAdapter()
