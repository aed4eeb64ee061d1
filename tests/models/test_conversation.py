"""What a conversation does when people talk in it."""

from __future__ import annotations

import uuid

from app.channels.base import Inbound
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Conversation, Event, Message
from tests.cast import Cast, a_conversation, bob


def test_a_customers_message_waits_unread(cast: Cast) -> None:
    with transaction(cast.account_id):
        conversation = a_conversation(cast)
        assert (conversation.display_id, conversation.unread_count, conversation.last_sequence) == (1, 1, 1)
        assert conversation.waiting_since is not None


def test_a_repeated_client_id_is_one_message(cast: Cast) -> None:
    client_id = str(uuid.uuid4())
    with transaction(cast.account_id):
        conversation = a_conversation(cast)
        first = conversation.reply("Hello", by=bob(cast).actor, client_id=client_id)
    with transaction(cast.account_id):
        again = db.session.get_one(Conversation, (cast.account_id, conversation.id)).reply(
            "Hello", by=bob(cast).actor, client_id=client_id
        )
        assert again.id == first.id
        assert db.session.query(Message).count() == 2


def test_a_message_reopens_what_was_resolved(cast: Cast) -> None:
    with transaction(cast.account_id):
        conversation = a_conversation(cast)
        conversation.resolve(by=bob(cast).actor)
        conversation.receive(Inbound("One more thing"), contact=conversation.contact)
        assert conversation.status == "open"
        names = [event.name for event in db.session.query(Event).order_by(Event.id)]
        assert names[-3:] == ["message.created", "conversation.reopened", "message.created"]
