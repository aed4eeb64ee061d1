"""Telegram: its door is proven by a secret token, its provider the Bot API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.channels.base import Envelope, File, Line, Outbound
from app.channels.telegram.channel import Telegram
from app.channels.telegram.updates import letter_of
from app.lib.database import db
from app.models import Inbox
from tests.channels.contract.adapter import Adapter, Call, StandIn
from tests.fakes import telegram, telegram_rules
from tests.fakes.provider import serving

PAYLOADS = Path(__file__).parents[2] / "payloads" / "telegram"


class BotApi(StandIn):
    def __init__(self, served: telegram.Telegram) -> None:
        self.served = served
        self.line = a_line()

    @property
    def taken(self) -> int:
        return len(self.served.sent)

    def ask_patience(self, seconds: int) -> None:
        self.served.instead.append(telegram.too_soon(seconds))

    def refuse(self) -> None:
        self.served.instead.append(telegram_rules.told("Bad Request: not here", 400))


class TelegramAdapter(Adapter):
    kind = "telegram"

    def open_inbox(self, account_id: int) -> Inbox:
        inbox = Inbox(account_id=account_id, name="Contract", channel=self.kind, address=str(telegram.BOT["id"]))
        inbox.credentials = {"bot_token": telegram.TOKEN}
        db.session.add(inbox)
        db.session.flush()
        return inbox

    def says(self, client: Any, inbox: Inbox, words: str) -> Call:
        update = recorded("text")
        # The same words are the same delivery.
        which = sum(map(ord, words))
        update["update_id"], update["message"]["message_id"], update["message"]["text"] = which, which, words
        return a_call(inbox.token, update, Telegram(inbox.line).secret)

    def unproven(self, client: Any, inbox: Inbox) -> Sequence[Call]:
        update = recorded("text")
        return [
            a_call(inbox.token, update, ""),
            a_call(inbox.token, update, "0" * 64),
            # A bot's token is no proof: it stands in too many addresses.
            a_call(inbox.token, update, telegram.TOKEN),
            a_call(telegram.TOKEN, update, Telegram(inbox.line).secret),
            a_call("nobody", update, Telegram(inbox.line).secret),
        ]

    def recorded(self) -> Sequence[Envelope]:
        updates = (json.loads(path.read_text()) for path in sorted(PAYLOADS.glob("*.json")))
        return [letter for update in updates if (letter := letter_of("token", update))]

    @contextmanager
    def stand_in(self) -> Iterator[StandIn]:
        with serving(telegram.Telegram()) as served:
            yield BotApi(served)

    def nobody(self) -> Line:
        return a_line()

    def outbound(self, text: str, files: Sequence[File] = ()) -> Outbound:
        return Outbound(key="contract-0", to=str(telegram.DANA["id"]), text=text.replace("<", "&lt;"), files=files)


def a_line() -> Line:
    return Line(str(telegram.BOT["id"]), "token", credentials={"bot_token": telegram.TOKEN})


def recorded(name: str) -> dict[str, Any]:
    update: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return update


def a_call(token: str, update: Any, secret: str) -> Call:
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
    return Call(f"/webhooks/telegram/{token}", {"json": update, "headers": headers})


ADAPTER = TelegramAdapter()
