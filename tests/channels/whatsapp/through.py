"""A number that is connected, what comes in by its door, and what stands in the thread."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from app.ledger.drain import drain
from app.ledger.transaction import transaction
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Conversation, Message
from tests.cast import Cast
from tests.channels.whatsapp.conftest import body_of
from tests.fakes.whatsapp import WhatsAppGraph
from workers.jobs import JOBS

HOOK = "/webhooks/whatsapp"


def comes(client: FlaskClient, name: str, **changes: Any) -> None:
    body = body_of(name)
    for each in body["entry"][0]["changes"][0]["value"].get("messages", []):
        each.update(changes)
    assert client.post(HOOK, **WhatsAppGraph.signed(body)).status_code == 200
    drain(Queue.INBOUND, JOBS)


def thread(cast: Cast) -> list[Message]:
    with transaction(cast.account_id):
        said = select(Message).where(Message.message_type != "activity").order_by(Message.id)
        return list(db.session.scalars(said.options(*Message.shown())))


def the_path(cast: Cast) -> str:
    with transaction(cast.account_id):
        number = db.session.scalars(select(Conversation.display_id).order_by(Conversation.id.desc())).first()
    return f"/accounts/{cast.account_id}/conversations/{number}"
