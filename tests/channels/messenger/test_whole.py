"""From Messenger's door to the thread, and from the thread to Graph."""

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
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Attachment, Conversation, Inbox, Letter, Message
from tests.cast import Cast, bob
from tests.channels.contract.adapter import adapter_of
from tests.channels.contract.messenger import said, signed
from tests.fakes.messenger import APP_ID, DANA, PAGE_ID, Graph
from workers.jobs import JOBS

NOW_MS = 1_900_000_000_000


@pytest.fixture
def inbox_id(app: Flask, cast: Cast) -> int:
    with transaction(cast.account_id):
        return adapter_of("messenger").open_inbox(cast.account_id).id


def posted(client: FlaskClient, body: Any) -> None:
    call = signed(body)
    assert client.post(call.path, **call.request).status_code == 200


def event(**what: Any) -> dict[str, Any]:
    told = {"sender": {"id": DANA}, "recipient": {"id": PAGE_ID}, "timestamp": NOW_MS, **what}
    return {"object": "page", "entry": [{"id": PAGE_ID, "time": NOW_MS, "messaging": [told]}]}


def worked() -> None:
    for queue in (Queue.INBOUND, Queue.OUTBOUND, Queue.SLOW):
        drain(queue, JOBS)


def messages(cast: Cast, inbox_id: int) -> list[Message]:
    with transaction(cast.account_id):
        found = select(Message).where(Message.inbox_id == inbox_id, Message.message_type != "activity")
        return list(db.session.scalars(found.order_by(Message.id)))


def the_talk() -> Conversation:
    return db.session.scalars(select(Conversation).order_by(Conversation.id.desc()).limit(1)).one()


def a_picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (8, 8), "#7a9").save(file, "PNG")
    return file.getvalue()


def test_a_talk_with_a_picture_a_profile_and_read_marks(
    client: FlaskClient, cast: Cast, inbox_id: int, graph: Graph
) -> None:
    graph.media = {name: ("image/png", a_picture()) for name in ("dana.png", "bell.png")}
    picture = {"type": "image", "payload": {"url": f"{graph.url}/cdn/bell.png"}}
    posted(client, said("Is it this one?", attachments=[picture]))
    worked()
    with transaction(cast.account_id):
        talk = the_talk()
        assert (talk.contact.name, bool(talk.contact.avatar_key)) == ("Dana Reyes", True)
        shown = db.session.scalars(select(Attachment)).one()
        assert (shown.state, shown.content_type) == ("ready", "image/png")
        asked = db.session.scalars(select(Message).where(Message.content == "Is it this one?")).one()
        talk.reply("It is **that** one.", by=bob(cast).actor, reply_to=asked.client_id)
    worked()
    (answer,) = graph.sent
    assert answer["message"]["text"] == "It is *that* one."
    assert answer["reply_to"]["mid"] == asked.source_id
    posted(client, event(delivery={"mids": ["m_out_1"], "watermark": NOW_MS}))
    worked()
    assert messages(cast, inbox_id)[-1].status == "delivered"
    posted(client, event(read={"watermark": NOW_MS}))
    posted(client, event(reaction={"mid": "m_out_1", "action": "react", "emoji": "❤️", "reaction": "love"}))
    worked()
    last = messages(cast, inbox_id)[-1]
    assert last.status == "read"
    assert last.content_attributes["reactions"] == {"❤️": ["Dana Reyes"]}


def test_what_a_colleague_says_in_metas_inbox_is_in_the_thread_once(
    client: FlaskClient, cast: Cast, inbox_id: int, graph: Graph
) -> None:
    posted(client, said("Is it back?"))
    worked()
    with transaction(cast.account_id):
        the_talk().reply("It is.", by=bob(cast).actor)
    worked()
    echo = {"sender": {"id": PAGE_ID}, "recipient": {"id": DANA}}
    posted(client, event(**echo, message={"mid": "m_out_1", "is_echo": True, "app_id": int(APP_ID), "text": "It is."}))
    elsewhere = {"mid": "m_9", "is_echo": True, "app_id": 26390203743090, "text": "And in blue."}
    for _ in range(2):
        posted(client, event(**echo, message=elsewhere))
    worked()
    assert [each.content for each in messages(cast, inbox_id)] == ["Is it back?", "It is.", "And in blue."]
    assert [each.is_incoming for each in messages(cast, inbox_id)] == [True, False, False]


def test_what_is_edited_and_unsent_changes_in_the_thread(
    client: FlaskClient, cast: Cast, inbox_id: int, graph: Graph
) -> None:
    posted(client, said("Is it bak?"))
    worked()
    (message,) = messages(cast, inbox_id)
    posted(client, event(message_edit={"mid": message.source_id, "text": "Is it back?", "num_edit": 1}))
    worked()
    assert messages(cast, inbox_id)[0].content == "Is it back?"
    posted(client, event(message={"mid": message.source_id, "is_deleted": True}))
    worked()
    assert messages(cast, inbox_id)[0].deleted_at


def test_a_refusal_stands_on_the_bubble(client: FlaskClient, cast: Cast, inbox_id: int, graph: Graph) -> None:
    posted(client, said("Is it back?"))
    worked()
    graph.people.clear()
    with transaction(cast.account_id):
        the_talk().reply("It is.", by=bob(cast).actor)
    worked()
    last = messages(cast, inbox_id)[-1]
    assert last.status == "failed"
    assert last.external_error == "(#100) No matching user found"


def test_another_page_in_a_signed_body_reaches_nobody(
    client: FlaskClient, cast: Cast, inbox_id: int, graph: Graph
) -> None:
    """The app's secret opens its own pages only: a stranger's page has another app's."""
    with transaction(cast.account_id):
        other = Inbox(account_id=cast.account_id, name="Other", channel="messenger", address="999")
        other.credentials = {"page_token": "x", "app_secret": "another app's"}
        db.session.add(other)
    body = said("To both")
    body["entry"].append({**body["entry"][0], "id": "999"})
    posted(client, body)
    worked()
    with transaction(cast.account_id):
        assert set(db.session.scalars(select(Letter.inbox_id))) == {inbox_id}
    call = signed(said("forged", page="999"))
    assert client.post(call.path, **call.request).status_code == 401
