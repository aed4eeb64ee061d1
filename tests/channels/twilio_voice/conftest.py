"""A phone number of Fernway's at Twilio, Alice and Bob with phones of their own, and Dana, who calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.ledger.drain import drain
from app.ledger.transaction import transaction
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Conversation, Inbox, Membership, Message
from app.models.attachment import Attachment
from tests.cast import Cast
from tests.fakes.provider import serving
from tests.fakes.twilio import LANDLINE, Twilio, posted
from tests.fakes.twilio_voice import Caller, Phone, Voice
from tests.voice import CREDENTIALS, SETTINGS
from workers.jobs import JOBS

DANA, ALICES, BOBS = "+4915112345678", "+493055501", "+493055502"


@dataclass
class Desk:
    """What a test of calls needs: who is there, what is in the thread."""

    cast: Cast
    voice: Voice
    inbox: Inbox

    def set(self, **settings: Any) -> None:
        with transaction(self.cast.account_id):
            inbox = db.session.get_one(Inbox, (self.cast.account_id, self.inbox.id))
            inbox.channel_settings = {**inbox.channel_settings, **settings}

    def has_phone(self, user_id: int, number: str, phone: Phone | None = None, **values: Any) -> Phone:
        """They take calls on it, and are there."""
        with transaction(self.cast.account_id):
            member = db.session.get_one(Membership, (self.cast.account_id, user_id))
            member.call_number, member.auto_offline = number, False
            for name, value in values.items():
                setattr(member, name, value)
        self.voice.phones[number] = phone or Phone()
        return self.voice.phones[number]

    def work(self) -> None:
        while drain(Queue.INBOUND, JOBS) + drain(Queue.OUTBOUND, JOBS):
            pass

    def calls_in(self, caller: Caller) -> str:
        """From beginning to end, and everything that follows."""
        sid = self.voice.call_in(caller, self.inbox.address)
        self.work()
        return sid

    def messages(self) -> list[Message]:
        with transaction(self.cast.account_id):
            shown = (*Message.shown(),)
            return list(
                db.session.scalars(
                    select(Message)
                    .where(Message.inbox_id == self.inbox.id, Message.message_type != "activity")
                    .order_by(Message.id)
                    .options(*shown)
                )
            )

    def call(self) -> dict[str, Any]:
        """What is known of the only call."""
        [message] = self.messages()
        data: dict[str, Any] = message.content_attributes["data"]
        return data

    def files(self) -> list[Attachment]:
        with transaction(self.cast.account_id):
            return list(db.session.scalars(select(Attachment).order_by(Attachment.id)))

    def conversation(self) -> Conversation:
        with transaction(self.cast.account_id):
            return db.session.scalars(select(Conversation).where(Conversation.inbox_id == self.inbox.id)).one()


@pytest.fixture
def dana() -> Caller:
    return Caller(DANA)


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    with serving(Twilio()) as twilio:
        yield twilio


@pytest.fixture
def post(client: FlaskClient) -> Callable[[str, dict[str, str]], tuple[int, str, bytes]]:
    def post(url: str, form: dict[str, str]) -> tuple[int, str, bytes]:
        parts = urlsplit(url)
        answer = client.post(f"{parts.path}?{parts.query}" if parts.query else parts.path, **posted(url, form))
        return answer.status_code, answer.content_type or "", answer.data

    return post


@pytest.fixture
def desk(cast: Cast, twilio: Twilio, post: Any) -> Desk:
    """The inbox as it is after connecting; Bob is a member of it."""
    with transaction(cast.account_id):
        inbox = Inbox(account_id=cast.account_id, name="Fernway", channel="twilio_voice", address=LANDLINE)
        inbox.credentials, inbox.channel_settings = dict(CREDENTIALS), dict(SETTINGS)
        db.session.add(inbox)
        db.session.flush()
        inbox.set_members({cast.alice_id, cast.bob_id})
        line = inbox.opened().connect(inbox.webhook_url)
        assert line.address == LANDLINE
    return Desk(cast, Voice(twilio, post), inbox)
