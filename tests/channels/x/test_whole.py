"""From X's door to the thread, and from the thread to X: direct messages and posts are conversations of their own."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from app.channels.x.letters import sealed
from app.ledger.drain import drain
from app.ledger.transaction import transaction
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Attachment, Conversation, Inbox, Membership, Message
from tests.at_the_door import ALICE, browser_of
from tests.cast import Cast
from tests.channels.contract.x import a_call, an_inbox
from tests.channels.x.conftest import told
from tests.fakes.x import CONSUMER, XStandIn, problem, signature, signed
from workers.jobs import JOBS


@pytest.fixture
def inbox_id(app: Flask, cast: Cast) -> int:
    with transaction(cast.account_id):
        return an_inbox(cast.account_id).id


def posted(client: FlaskClient, *bodies: dict[str, Any]) -> None:
    for body in bodies:
        # Nobody's picture is asked for on the real X.
        call = a_call(json.loads(json.dumps(body).replace("https://pbs.twimg.com/profile_images", "")))
        assert client.post(call.path, **call.request).status_code == 200
    worked()


def worked() -> None:
    for queue in (Queue.INBOUND, Queue.OUTBOUND, Queue.SLOW):
        drain(queue, JOBS)


def talks(cast: Cast, inbox_id: int) -> dict[str, list[tuple[str, str]]]:
    """What was said and how far it has come, by the thread it belongs to."""
    with transaction(cast.account_id):
        found = db.session.scalars(select(Conversation).where(Conversation.inbox_id == inbox_id))
        return {
            talk.identifier or "": [
                (each.content, each.status)
                for each in db.session.scalars(
                    select(Message).where(Message.conversation_id == talk.id).order_by(Message.id)
                )
            ]
            for talk in found
        }


def answers(cast: Cast, inbox_id: int, thread: str | None, text: str, **given: Any) -> None:
    with transaction(cast.account_id):
        mine = Conversation.inbox_id == inbox_id
        talk = db.session.scalars(select(Conversation).where(mine, Conversation.identifier == thread)).one()
        by = db.session.scalars(select(Membership).where(Membership.user_id == cast.bob_id)).one().actor
        talk.reply(text, by=by, **given)
    worked()


def test_a_direct_talk_with_a_picture_an_answer_and_a_read_mark(
    client: FlaskClient, cast: Cast, inbox_id: int, x: XStandIn
) -> None:
    wheel = BytesIO()
    Image.new("RGB", (8, 8), "#7a9").save(wheel, "PNG")
    x.files = {"/2/dm_conversations/media/954491830116155395/1099/hVJQTwig.jpg": ("image/png", wheel.getvalue())}
    posted(client, told("dm_text"), told("dm_photo"), told("dm_text"))
    answers(cast, inbox_id, None, "It is **back**.")
    assert x.messages == [{"text": "It is back.", "to": "3001969357"}]
    echo = told("dm_echo")
    echo["direct_message_events"][0]["id"] = "1990000000000000001"
    read = told("dm_read")
    read["direct_message_mark_read_events"][0]["created_timestamp"] = "1900000000000"
    posted(client, echo, read)
    assert talks(cast, inbox_id) == {
        "": [("Is the Fern 3 back? <3", "sent"), ("My bell", "sent"), ("It is **back**.", "read")]
    }
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation).where(Conversation.inbox_id == inbox_id)).one()
        assert talk.contact.name == "Dana Rider"
        assert db.session.scalars(select(Attachment)).one().state == "ready"


def test_a_mention_is_a_conversation_of_its_own_and_answered_in_public(
    client: FlaskClient, cast: Cast, inbox_id: int, x: XStandIn
) -> None:
    thread = "tweet:2080765813578191303"
    mention = told("mention")
    mention["tweet_create_events"][0]["conversation_id_str"] = "2080765813578191303"
    x.answers = {"2080765813578191303", "2080765813578191309"}
    posted(client, told("dm_text"), mention, told("own_answer"), told("mention_in_thread"))
    answers(cast, inbox_id, thread, "We send a new one. " * 20)
    assert [each["reply"]["in_reply_to_tweet_id"] for each in x.posts] == ["2080765813578191309", x.posts[0]["id"]]
    assert x.messages == []
    assert [content[:12] for content, _ in talks(cast, inbox_id)[thread]] == [
        "the bell of ",
        "Oh no",
        "It still doe",
        "We send a ne",
    ]
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation).where(Conversation.identifier == thread)).one()
        assert talk.additional_attributes["tweet_url"] == "https://x.com/dana_rides/status/2080765813578191303"


def test_a_greeting_is_for_direct_messages_and_never_posted(
    client: FlaskClient, cast: Cast, inbox_id: int, x: XStandIn
) -> None:
    with transaction(cast.account_id):
        inbox = db.session.get_one(Inbox, (cast.account_id, inbox_id))
        inbox.greeting_enabled, inbox.greeting_message = True, "Thank you for writing."
    x.answers = {"2080765813578191309"}
    posted(client, told("mention_in_thread"), told("dm_text"))
    assert x.posts == []
    assert [each["text"] for each in x.messages] == ["Thank you for writing."]


def test_a_post_is_answered_by_direct_message_where_that_was_chosen(
    client: FlaskClient, cast: Cast, inbox_id: int, x: XStandIn
) -> None:
    posted(client, told("mention_in_thread"))
    attributes = {"as_dm": True}
    answers(cast, inbox_id, "tweet:2080765813578191303", "Where do you live?", content_attributes=attributes)
    assert (x.posts, x.messages) == ([], [{"text": "Where do you live?", "to": "3001969357"}])


def test_the_desk_lets_that_be_chosen_in_threads_of_posts_alone(
    app: Flask, client: FlaskClient, cast: Cast, inbox_id: int, x: XStandIn
) -> None:
    posted(client, told("mention_in_thread"), told("dm_text"))
    alice = browser_of(app, ALICE)
    with transaction(cast.account_id):
        talks_of = db.session.scalars(select(Conversation).where(Conversation.inbox_id == inbox_id))
        places = {
            talk.identifier or "": f"/accounts/{cast.account_id}/conversations/{talk.display_id}" for talk in talks_of
        }
    for thread, place in places.items():
        assert ("By direct message" in alice.get(place).text) == bool(thread)
        said = {"client_id": f"chosen-{len(thread)}", "content": "Where do you live?", "as_dm": "1"}
        assert alice.post(f"{place}/messages", data=said).status_code == 200
    with transaction(cast.account_id):
        answers_ = db.session.scalars(select(Message).where(Message.content == "Where do you live?"))
        kept = {each.conversation.identifier or "": each.content_attributes for each in answers_}
    assert kept == {"": {}, "tweet:2080765813578191303": {"as_dm": True}}


def test_a_deleted_and_an_edited_post_are_so_here(client: FlaskClient, cast: Cast, inbox_id: int, x: XStandIn) -> None:
    posted(client, told("mention"), told("edited"), told("deleted"))
    with transaction(cast.account_id):
        message = db.session.scalars(select(Message).where(Message.inbox_id == inbox_id)).one()
        assert message.content == "the bell of my Fern 4 broke"
        assert message.edited_at is not None
        assert message.deleted_at is not None


def test_a_read_mark_of_direct_messages_says_nothing_of_posts(
    client: FlaskClient, cast: Cast, inbox_id: int, x: XStandIn
) -> None:
    x.answers = {"2080765813578191309"}
    posted(client, told("dm_text"), told("mention_in_thread"))
    answers(cast, inbox_id, "tweet:2080765813578191303", "We send a new one.")
    answers(cast, inbox_id, None, "It is back.")
    read = told("dm_read")
    read["direct_message_mark_read_events"][0]["created_timestamp"] = "1900000000000"
    posted(client, read)
    found = talks(cast, inbox_id)
    assert found["tweet:2080765813578191303"][-1] == ("We send a new one.", "sent")
    assert found[""][-1] == ("It is back.", "read")


def test_a_refusal_is_shown_in_xs_words(client: FlaskClient, cast: Cast, inbox_id: int, x: XStandIn) -> None:
    posted(client, told("dm_text"))
    x.instead.append(problem(403, "Forbidden", "You do not have permission to DM one or more participants."))
    answers(cast, inbox_id, None, "It is back.")
    with transaction(cast.account_id):
        failed = db.session.scalars(select(Message).where(Message.content == "It is back.")).one()
        assert failed.status == "failed"
        assert failed.external_error == "You do not have permission to DM one or more participants."


def test_xs_challenge_is_answered_at_the_door(client: FlaskClient, cast: Cast) -> None:
    answer = client.get(f"/webhooks/x/{sealed(CONSUMER[1])}?crc_token=MWE5Yzc2&nonce=n")
    assert answer.status_code == 200
    assert answer.get_json() == {"response_token": signature(b"MWE5Yzc2")}
    for path in ("/webhooks/x?crc_token=MWE5Yzc2", "/webhooks/x/odd?crc_token=MWE5Yzc2"):
        assert client.get(path).status_code == 401
    body = json.dumps({"for_user_id": "930524282358325248"})
    assert client.get(f"/webhooks/x/{sealed(CONSUMER[1])}", query_string={"crc_token": body}).status_code == 401


def test_an_own_app_cannot_speak_for_the_profile_of_another(client: FlaskClient, cast: Cast, inbox_id: int) -> None:
    """Whoever runs an app of their own knows its secret, and could sign anything."""
    with transaction(cast.other_account_id):
        theirs = an_inbox(cast.other_account_id, address="1")
        theirs.credentials = {**theirs.credentials, "consumer_secret": "known to Charlie"}
    forged = json.dumps(told("dm_text")).encode()
    answer = client.post("/webhooks/x", data=forged, headers=signed(forged, "known to Charlie"))
    assert answer.status_code == 401
    worked()
    assert talks(cast, inbox_id) == {}


def test_posts_and_messages_of_an_own_app_come_to_its_own_address(
    client: FlaskClient, cast: Cast, inbox_id: int, x: XStandIn
) -> None:
    call = a_call(told("dm_text"))
    assert client.post(f"{call.path}/{sealed(CONSUMER[1])}", **call.request).status_code == 200
    worked()
    assert talks(cast, inbox_id) == {"": [("Is the Fern 3 back? <3", "sent")]}
