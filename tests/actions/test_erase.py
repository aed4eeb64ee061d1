"""A deleted contact is unknown at once; what they said goes piece by piece, with the files, and nobody else's."""

from __future__ import annotations

from io import BytesIO

import pytest
from sqlalchemy import select

from app.actions import erase as erasing
from app.actions.erase import erase
from app.actions.merge import merge
from app.errors import Invalid, NotFound
from app.ledger.drain import drain
from app.ledger.transaction import transaction
from app.lib import storage
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Attachment, Contact, ContactInbox, Conversation, Event, Merge, Message
from app.realtime import signals
from tests.cast import Cast, a_contact, a_conversation, alice
from workers.jobs import JOBS


def test_who_they_were_is_gone_at_once_and_the_rest_with_the_job(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "AT_ONCE", 2)
    stored = storage.save(BytesIO(b"a letter"), filename="letter.txt", limit_bytes=1000)
    on_a_card = storage.save(BytesIO(b"a picture"), filename="ridge.png", limit_bytes=1000)
    with transaction(cast.account_id):
        dana = a_contact(cast.account_id, "Dana", email="dana@x.example")
        former = a_contact(cast.account_id, "D. Ruiz")
        for number in range(5):
            conversation = a_conversation(cast, f"Question {number}", contact=dana)
        message = conversation.messages_before(None, 1)[0]
        message.additional_attributes = {"pictures": [on_a_card.key]}
        db.session.add(Attachment.made_of(stored, message))
        others = a_conversation(cast, "Mine", contact=a_contact(cast.account_id, "Erin"))
        others.messages_before(None, 1)[0].sender_contact_id = dana.id
        others_id = others.id
        merge(dana, former, by=alice(cast).actor)
    with transaction(cast.account_id):
        erase(db.session.get_one(Contact, (cast.account_id, dana.id)), by=alice(cast).actor)
    with transaction(cast.account_id):
        with pytest.raises(NotFound):
            Contact.found(cast.account_id, dana.id)
        row = db.session.get_one(Contact, (cast.account_id, dana.id))
        assert (row.name, row.email) == ("Deleted contact", None)
        assert db.session.scalars(select(Merge)).all() == []
    drain(Queue.SLOW, JOBS)
    with transaction(cast.account_id):
        assert db.session.get(Contact, (cast.account_id, dana.id)) is None
        assert db.session.scalars(select(Conversation.id)).all() == [others_id]
        assert len(db.session.scalars(select(ContactInbox)).all()) == 1
        assert db.session.scalars(select(Message.sender_contact_id)).all() == [None]
        names = list(db.session.scalars(select(Event.name)))
        assert (names.count("conversation.deleted"), names.count("contact.deleted")) == (5, 1)
    for file in (stored, on_a_card):
        with pytest.raises(NotFound):
            storage.open(file.key)


def test_nobody_is_deleted_while_they_have_the_chat_open(cast: Cast) -> None:
    with transaction(cast.account_id):
        conversation = a_conversation(cast)
        signals.visitor_is_here(conversation.contact_inbox)
        with pytest.raises(Invalid, match="online"):
            erase(conversation.contact, by=alice(cast).actor)
        signals.visitor_has_left(conversation.contact_inbox)
        erase(conversation.contact, by=alice(cast).actor)
