"""From Bandwidth's door to the thread, and from the thread to Bandwidth."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from app.ledger.drain import drain
from app.ledger.transaction import transaction
from app.lib import storage
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Attachment, Conversation, Inbox, Membership, Message
from tests.cast import Cast
from tests.channels.contract.sms import DANA, call, open_inbox
from tests.fakes.bandwidth import Served
from workers.jobs import JOBS


@pytest.fixture
def inbox(app: Flask, cast: Cast) -> Inbox:
    with transaction(cast.account_id):
        return open_inbox(cast.account_id)


def posted(client: FlaskClient, inbox: Inbox, *events: dict[str, Any]) -> None:
    delivery = call(inbox, events)
    assert client.post(delivery.path, **delivery.request).status_code == 200


def worked() -> None:
    for queue in (Queue.INBOUND, Queue.OUTBOUND, Queue.SLOW):
        drain(queue, JOBS)


def messages(cast: Cast) -> list[Message]:
    with transaction(cast.account_id):
        return list(db.session.scalars(select(Message).order_by(Message.id)))


def replied(cast: Cast, content: str, **more: Any) -> None:
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation)).one()
        bob = db.session.scalars(select(Membership).where(Membership.user_id == cast.bob_id)).one()
        talk.reply(content, by=bob.actor, **more)
    worked()


def a_picture() -> bytes:
    bell = BytesIO()
    Image.new("RGB", (8, 8), "#7a9").save(bell, "PNG")
    return bell.getvalue()


def test_a_talk_with_words_pictures_receipts_and_a_failure(
    client: FlaskClient, cast: Cast, inbox: Inbox, there: Served
) -> None:
    one = there.messaging.customer_writes(DANA, "Is it like this?", ("bell.png", "image/png", a_picture()))
    two = there.messaging.customer_writes(DANA, "Or in blue?")
    posted(client, inbox, one, two)
    posted(client, inbox, two, one)
    worked()
    assert [message.content for message in messages(cast)] == ["Is it like this?", "Or in blue?"]
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation)).one()
        assert (talk.contact.phone_number, talk.answers_within) == (DANA, None)
        assert db.session.scalars(select(Attachment)).one().state == "ready"
    replied(cast, "In **blue**.", attachments=[storage.save(BytesIO(a_picture()), filename="b.png", limit_bytes=9999)])
    replied(cast, "Shall I keep one?")
    blue, keep = there.messaging.sent
    assert (blue["text"], len(blue["media"])) == ("In blue.", 1)
    posted(
        client,
        inbox,
        there.messaging.tells(blue, "message-sending"),
        there.messaging.tells(blue, "message-delivered"),
        there.messaging.tells(keep, "message-failed", 4775, "destination-rejected-due-to-user-opt-out"),
    )
    worked()
    delivered, failed = messages(cast)[2:]
    assert delivered.status == "delivered"
    assert (failed.status, failed.external_error) == ("failed", "destination-rejected-due-to-user-opt-out (error 4775)")


def test_a_colleague_begins_by_number(client: FlaskClient, cast: Cast, inbox: Inbox, there: Served) -> None:
    posted(client, inbox, there.messaging.customer_writes(DANA, "Hello"))
    worked()
    with transaction(cast.account_id):
        held = db.session.get_one(Inbox, (cast.account_id, inbox.id))
        talk = db.session.scalars(select(Conversation)).one()
        assert held.speaks.source_id_of(talk.contact.phone_number or "") == talk.contact_inbox.source_id
