"""A conversation can be given to the contact whose it really is, with the session where that is right."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select

from app.actions.move import move
from app.channels.base import Inbound
from app.errors import Invalid
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Contact, ContactInbox, Conversation, Event, Message
from tests.cast import Cast, a_contact, a_conversation, alice


def test_what_was_said_is_the_other_ones_and_so_is_what_is_said_next(cast: Cast) -> None:
    with transaction(cast.account_id):
        conversation, erin = a_conversation(cast), a_contact(cast.account_id, "Erin")
        conversation.contact_inbox.hmac_verified = True
        move(conversation, erin, by=alice(cast).actor)
        assert (conversation.contact_id, conversation.contact.name) == (erin.id, "Erin")
        session = conversation.contact_inbox
        assert (session.contact_id, session.hmac_verified) == (erin.id, False)
        again = Conversation.continue_or_start(session)
        message = again.receive(Inbound("More", client_id=str(uuid.uuid4())), contact=session.contact)
        assert again.id == conversation.id
        senders = select(Message.sender_contact_id).where(Message.message_type == "incoming")
        assert set(db.session.scalars(senders)) == {erin.id, message.sender_contact_id} == {erin.id}
        lines = [m.content_attributes for m in conversation.messages_before(None, 9) if m.is_activity]
        assert [(line["activity"], line["from"], line["to"]) for line in lines] == [("moved", "Dana", "Erin")]
        assert "conversation.moved" in set(db.session.scalars(select(Event.name)))


def test_a_session_in_which_another_has_begun_stays(cast: Cast) -> None:
    with transaction(cast.account_id):
        first, erin = a_conversation(cast), a_contact(cast.account_id, "Erin")
        dana = first.contact_id
        second = Conversation.start(first.contact_inbox)
        move(first, erin, by=alice(cast).actor)
        assert first.contact_id == erin.id
        assert second.contact_id == dana
        assert db.session.scalars(select(ContactInbox.contact_id)).all() == [dana]


def test_moved_back_all_is_as_it_was(cast: Cast) -> None:
    with transaction(cast.account_id):
        conversation, erin = a_conversation(cast), a_contact(cast.account_id, "Erin")
        dana = db.session.get_one(Contact, (cast.account_id, conversation.contact_id))
        move(conversation, erin, by=alice(cast).actor)
        move(conversation, dana, by=alice(cast).actor)
        assert conversation.contact_inbox.contact_id == conversation.contact_id == dana.id
        with pytest.raises(Invalid):
            move(conversation, dana, by=alice(cast).actor)
