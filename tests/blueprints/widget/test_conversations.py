"""A visitor's conversations: the list, several at once, those of proven sessions, and the end of one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.ledger.transaction import transaction
from app.lib import crypto
from app.lib.database import db
from app.models import Conversation, Inbox, Message
from app.models.working_hours import set_week
from tests.cast import Cast, bob
from tests.visitors import Visitor, counted, set_inbox

SECRET = "the shop's secret"


def listed(dana: Visitor) -> list[str]:
    return re.findall(r'id="talk-([^"]+)"', dana.ask("get", "conversations").get_json()["conversations"])


def resolve_all(cast: Cast) -> None:
    with transaction(cast.account_id):
        for conversation in db.session.scalars(select(Conversation)):
            conversation.resolve(by=bob(cast).actor)


def test_the_list_tells_last_words_and_what_is_unread(dana: Visitor, cast: Cast) -> None:
    first = dana.say("My grips came loose").get_json()["conversation"]
    second = dana.say("And the bell is broken", anew=True).get_json()["conversation"]
    assert listed(dana) == [second, first]
    with transaction(cast.account_id):
        conversation = db.session.scalars(select(Conversation).order_by(Conversation.id)).first()
        assert conversation
        conversation.reply("Bring it **in**", by=bob(cast).actor)
        conversation.reply("They always ask this", by=bob(cast).actor, private=True)
    told = dana.ask("get", "conversations").get_json()["conversations"]
    assert listed(dana) == [first, second]
    assert "Bring it in" in told
    assert "And the bell is broken" in told
    assert "always ask" not in told
    assert 'data-unread="1"' in told
    assert "Bob" in told


def test_each_message_goes_where_it_was_written(dana: Visitor, cast: Cast) -> None:
    first = dana.say("One").get_json()["conversation"]
    second = dana.say("Two", anew=True).get_json()["conversation"]
    assert dana.say("More of one", conversation=first).get_json()["conversation"] == first
    assert dana.say("More of the last").get_json()["conversation"] == second
    html = dana.ask("get", "messages", query={"conversation": first}).get_json()["html"]
    assert "More of one" in html
    assert "Two" not in html


def test_what_is_seen_is_of_the_conversation_that_is_shown(dana: Visitor, cast: Cast) -> None:
    first = dana.say("One").get_json()["conversation"]
    dana.say("Two", anew=True)
    with transaction(cast.account_id):
        for conversation in db.session.scalars(select(Conversation).order_by(Conversation.id)):
            conversation.reply("Yes", by=bob(cast).actor)
    dana.ask("post", "seen", query={"conversation": first})
    with transaction(cast.account_id):
        statuses = db.session.scalars(
            select(Message.status).where(Message.message_type == "outgoing").order_by(Message.id)
        ).all()
    assert statuses == ["read", "sent"]


def test_one_conversation_stays_one_where_the_inbox_wants_it(dana: Visitor, cast: Cast) -> None:
    set_inbox(cast, lock_to_single_conversation=True)
    dana.say("One")
    resolve_all(cast)
    dana.say("Two", anew=True)
    assert counted(cast, Conversation) == 1


@pytest.mark.parametrize(("allowed", "count"), [(True, 1), (False, 2)])
def test_an_ended_conversation_is_reopened_or_another_begins(
    dana: Visitor, cast: Cast, allowed: bool, count: int
) -> None:
    set_inbox(cast, allow_messages_after_resolved=allowed)
    first = dana.say("One").get_json()["conversation"]
    resolve_all(cast)
    assert dana.say("Two", conversation=first).status_code == 200
    assert counted(cast, Conversation) == count


def test_a_proven_person_sees_all_their_proven_sessions_and_no_other(
    dana: Visitor, client: FlaskClient, cast: Cast
) -> None:
    set_inbox(cast, credentials={"hmac_secret": SECRET})
    proven = {"identifier": "dana-1", "identifier_hash": crypto.hmac_hex(SECRET, "dana-1"), "name": "Dana"}

    def name(visitor: Visitor, **person: Any) -> None:
        told = visitor.ask("patch", "contact/set_user", json=person).get_json()
        visitor.token = told.get("token", visitor.token)

    dana.say("From my phone")
    name(dana, **proven)
    laptop = Visitor(client, cast)
    laptop.say("From my laptop")
    assert len(listed(laptop)) == 1
    name(laptop, **proven)
    assert len(listed(laptop)) == len(listed(dana)) == 2
    theirs = next(uuid for uuid in listed(laptop) if uuid != listed(laptop)[0])
    assert laptop.say("Goes there", conversation=theirs).get_json()["conversation"] == theirs
    # Whoever only claims to be her sees their own session.
    eve = Visitor(client, cast)
    eve.say("I am Dana")
    name(eve, identifier="dana-1", name="Dana")
    assert len(listed(eve)) <= 1
    html = eve.ask("get", "messages", query={"conversation": theirs}).get_json()["html"]
    assert "From my" not in html


def test_nobody_reads_writes_or_ends_anothers_conversation(dana: Visitor, client: FlaskClient, cast: Cast) -> None:
    hers = dana.say("Hello").get_json()["conversation"]
    eve = Visitor(client, cast)
    eve.say("Let me in")
    assert "Hello" not in eve.ask("get", "messages", query={"conversation": hers}).get_json()["html"]
    assert eve.say("As Dana", conversation=hers).get_json()["conversation"] != hers
    eve.ask("post", "resolution", query={"conversation": hers})
    with transaction(cast.account_id):
        assert db.session.scalars(select(Conversation.status).order_by(Conversation.id)).first() == "open"
    assert eve.ask("get", "messages", query={"conversation": "no uuid"}).status_code == 200


def test_the_hours_are_told(dana: Visitor, cast: Cast) -> None:
    assert dana.ask("get", "config").get_json()["hours"] is None
    with transaction(cast.account_id):
        inbox = db.session.get_one(Inbox, (cast.account_id, cast.inbox_id))
        inbox.working_hours_enabled = True
        set_week(inbox, "Europe/Berlin", [])
    assert dana.ask("get", "conversations").get_json()["hours"] == {"is_open": False, "opens_at": None}
