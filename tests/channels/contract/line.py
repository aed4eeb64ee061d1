"""LINE: its door is proven by a signature, its provider the Messaging API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.channels.base import Envelope, File, Outbound
from app.channels.base import Line as ChannelLine
from app.channels.line.events import letters_of
from app.lib.database import db
from app.models import Inbox
from tests.channels.contract.adapter import Adapter, Call, StandIn
from tests.fakes import line
from tests.fakes.provider import serving

PAYLOADS = Path(__file__).parents[2] / "payloads" / "line"
CREDENTIALS = {"channel_id": line.CHANNEL_ID, "channel_secret": line.SECRET, "access_token": line.TOKEN}


class MessagingApi(StandIn):
    says_when = False

    def __init__(self, served: line.Line) -> None:
        self.served = served
        self.line = a_line()

    @property
    def taken(self) -> int:
        return len(self.served.pushes)

    def ask_patience(self, seconds: int) -> None:
        self.served.instead.append(line.TOO_MANY)

    def refuse(self) -> None:
        self.served.instead.append(line.refused("Not here"))


class LineAdapter(Adapter):
    kind = "line"

    def __init__(self) -> None:
        self.sends = 0

    def open_inbox(self, account_id: int) -> Inbox:
        inbox = Inbox(account_id=account_id, name="Contract", channel=self.kind, address=line.BOT["userId"])
        inbox.credentials = CREDENTIALS
        db.session.add(inbox)
        db.session.flush()
        return inbox

    def says(self, client: Any, inbox: Inbox, words: str) -> Call:
        told = recorded("text")
        # The same words are the same delivery.
        which = str(sum(map(ord, words)))
        told["events"][0] |= {
            "webhookEventId": which,
            "message": {**told["events"][0]["message"], "id": which, "text": words},
        }
        return a_call(inbox.token, told)

    def unproven(self, client: Any, inbox: Inbox) -> Sequence[Call]:
        told = recorded("text")
        return [
            a_call(inbox.token, told, secret=""),
            a_call(inbox.token, told, secret="f" * 32),
            a_call(inbox.token, told, secret=line.TOKEN),
            # Signed, yet for another account.
            a_call(inbox.token, {**told, "destination": "U" + "e" * 32}),
            a_call("nobody", told),
        ]

    def recorded(self) -> Sequence[Envelope]:
        told = (json.loads(path.read_text()) for path in sorted(PAYLOADS.glob("*.json")))
        return [letter for each in told for letter in letters_of("token", each)]

    @contextmanager
    def stand_in(self) -> Iterator[StandIn]:
        with serving(line.Line()) as served:
            yield MessagingApi(served)

    def nobody(self) -> ChannelLine:
        return a_line()

    def outbound(self, text: str, files: Sequence[File] = ()) -> Outbound:
        # Under one key everything would be sent once.
        self.sends += 1
        return Outbound(key=f"contract-{self.sends}", to=line.DANA, text=text, files=files)


def a_line() -> ChannelLine:
    return ChannelLine(line.BOT["userId"], "token", credentials=CREDENTIALS)


def recorded(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return told


def a_call(token: str, told: Any, *, secret: str = line.SECRET) -> Call:
    body = json.dumps(told, ensure_ascii=False).encode()
    headers = line.signed(body, secret) if secret else {"Content-Type": "application/json"}
    return Call(f"/webhooks/line/{token}", {"data": body, "headers": headers})


ADAPTER = LineAdapter()
