"""From Instagram's door to the thread, and from the thread to Instagram."""

from __future__ import annotations

import json
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
from app.models import Attachment, Conversation, Message
from tests.cast import Cast, bob
from tests.channels.contract.adapter import adapter_of
from tests.channels.contract.instagram import DOOR, PAYLOADS, said
from tests.channels.contract.messenger import signed
from tests.fakes.instagram import APP_SECRET, GRETA, InstagramGraph, PageGraph
from tests.fakes.messenger import INSTAGRAM_ID
from workers.jobs import JOBS

NOW_MS = 1_900_000_000_000


@pytest.fixture
def inbox_id(app: Flask, cast: Cast) -> int:
    with transaction(cast.account_id):
        return adapter_of("instagram").open_inbox(cast.account_id).id


def posted(client: FlaskClient, body: Any) -> None:
    call = signed(body, secret=APP_SECRET, path=DOOR)
    assert client.post(call.path, **call.request).status_code == 200
    for queue in (Queue.INBOUND, Queue.OUTBOUND, Queue.SLOW):
        drain(queue, JOBS)


def recorded(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def event(**what: Any) -> dict[str, Any]:
    told = {"sender": {"id": GRETA}, "recipient": {"id": INSTAGRAM_ID}, "timestamp": NOW_MS, **what}
    return {"object": "instagram", "entry": [{"id": INSTAGRAM_ID, "time": NOW_MS, "messaging": [told]}]}


def the_talk() -> Conversation:
    return db.session.scalars(select(Conversation).order_by(Conversation.id.desc()).limit(1)).one()


def the_last() -> Message:
    return db.session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()


def test_a_talk_with_a_profile_and_what_was_seen(
    client: FlaskClient, cast: Cast, inbox_id: int, graph: InstagramGraph
) -> None:
    posted(client, said("Do you ship to Norway?"))
    with transaction(cast.account_id):
        talk = the_talk()
        assert talk.contact.name == "Greta Lindqvist"
        assert talk.contact.additional_attributes["social_instagram_user_name"] == "greta.rides"
        talk.reply("We do.", by=bob(cast).actor)
    for queue in (Queue.OUTBOUND, Queue.SLOW):
        drain(queue, JOBS)
    assert [each["message"] for each in graph.sent] == [{"text": "We do."}]
    # Instagram names no app in its echoes: ours are known by their ids.
    posted(client, event(**_by_us(), message={"mid": "m_out_1", "is_echo": True, "text": "We do."}))
    posted(client, event(read={"mid": "m_out_1"}))
    with transaction(cast.account_id):
        last = the_last()
        assert (last.content, last.status) == ("We do.", "read")
    posted(client, event(**_by_us(), message={"mid": "m_app", "is_echo": True, "text": "From the phone"}))
    with transaction(cast.account_id):
        assert (the_last().content, the_last().is_incoming) == ("From the phone", False)


def test_the_picture_of_a_story_is_kept_or_said_to_be_gone(
    client: FlaskClient, cast: Cast, inbox_id: int, graph: InstagramGraph, page_graph: PageGraph
) -> None:
    file = BytesIO()
    Image.new("RGB", (8, 8), "#7a9").save(file, "JPEG")
    page_graph.media["story.jpg"] = ("image/jpeg", file.getvalue())
    for name, mid in (("story.jpg", "m_1"), ("gone.jpg", "m_2")):
        body = recorded("story_mention")
        message = body["entry"][0]["messaging"][0]["message"]
        message["mid"], message["attachments"][0]["payload"]["url"] = mid, f"{page_graph.url}/cdn/{name}"
        posted(client, body)
    with transaction(cast.account_id):
        kept, gone = db.session.scalars(select(Attachment).order_by(Attachment.id))
        assert (kept.kind, kept.state) == ("story_mention", "ready")
        assert (gone.state, gone.error) == ("failed", "This story is no longer available.")


def test_what_is_unsent_is_gone_from_the_thread(
    client: FlaskClient, cast: Cast, inbox_id: int, graph: InstagramGraph
) -> None:
    posted(client, recorded("text"))
    posted(client, recorded("unsent"))
    with transaction(cast.account_id):
        assert the_last().deleted_at


def test_what_cannot_be_shown_is_told_in_the_thread(
    client: FlaskClient, cast: Cast, inbox_id: int, graph: InstagramGraph
) -> None:
    posted(client, recorded("ephemeral"))
    with transaction(cast.account_id):
        assert the_last().content_attributes["unsupported"] == "a picture or video that could be looked at only once"


def _by_us() -> dict[str, Any]:
    return {"sender": {"id": INSTAGRAM_ID}, "recipient": {"id": GRETA}}
