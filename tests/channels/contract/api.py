"""The API channel: its door is the client API, its provider somebody's webhook."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from app.channels.api import ApiCredentials, new_secret
from app.channels.base import File, Line, Outbound
from app.lib.database import db
from app.models import Inbox
from tests.channels.contract.adapter import Adapter, Call, StandIn
from tests.conftest import free_port
from tests.fakes.webhook_receiver import Receiver, Reply, receiving


class Webhook(StandIn):
    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.line = a_line(receiver.url)
        self.refusals = 0

    @property
    def taken(self) -> int:
        return len(self.receiver.calls) - self.refusals

    def ask_patience(self, seconds: int) -> None:
        self.refusals += 1
        self.receiver.replies = [Reply(429, b"too soon", {"retry-after": str(seconds)})]

    def refuse(self) -> None:
        self.refusals += 1
        self.receiver.replies = [Reply(422, b"not here")]


class ApiAdapter(Adapter):
    kind = "api"

    def open_inbox(self, account_id: int) -> Inbox:
        inbox = Inbox(account_id=account_id, name="Contract", channel=self.kind, address=uuid.uuid4().hex)
        inbox.credentials = ApiCredentials().model_dump()
        db.session.add(inbox)
        db.session.flush()
        return inbox

    def says(self, client: Any, inbox: Inbox, words: str) -> Call:
        root = f"/public/api/v1/inboxes/{inbox.address}/contacts"
        source = client.post(root, json={"name": "Dana"}).get_json()["source_id"]
        number = client.post(f"{root}/{source}/conversations", json={}).get_json()["id"]
        said = {"content": words, "echo_id": "contract"}
        return Call(f"{root}/{source}/conversations/{number}/messages", {"json": said})

    def unproven(self, client: Any, inbox: Inbox) -> Sequence[Call]:
        root = f"/public/api/v1/inboxes/{inbox.address}/contacts"
        return [
            Call(root, {"json": {"identifier": "dana", "identifier_hash": "0" * 64}}),
            Call(f"{root}/{uuid.uuid4()}/conversations/1/messages", {"json": {"content": "forged"}}),
            Call("/public/api/v1/inboxes/nobody/contacts", {"json": {}}),
        ]

    @contextmanager
    def stand_in(self) -> Iterator[StandIn]:
        with receiving() as receiver:
            yield Webhook(receiver)

    def nobody(self) -> Line:
        return a_line(f"http://127.0.0.1:{free_port()}/")

    def outbound(self, text: str, files: Sequence[File] = ()) -> Outbound:
        event = {"event": "message_created", "content": text, "attachments": [{"data_url": each.url} for each in files]}
        return replace(super().outbound(text, files), event=event)


def a_line(url: str) -> Line:
    return Line("contract", credentials={"webhook_secret": new_secret()}, settings={"webhook_url": url})


ADAPTER = ApiAdapter()
