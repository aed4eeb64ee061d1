"""What customers say comes in once, in the conversation it belongs to."""

from __future__ import annotations

import threading
import uuid

from flask import Flask
from sqlalchemy import func, select

from app.actions.meet import meet
from app.actions.receive import receive
from app.channels.base import Inbound
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Contact, ContactInbox, Conversation, Inbox, Message
from tests.cast import Cast, a_contact, a_session, bob


def said(text: str, **values: str) -> Inbound:
    return Inbound(text, **{"client_id": str(uuid.uuid4()), **values})  # type: ignore[arg-type]  # texts by name


def test_the_first_word_begins_a_conversation_and_the_next_joins_it(cast: Cast) -> None:
    with transaction(cast.account_id):
        session = a_session(a_contact(cast.account_id), cast.inbox_id)
        first = receive(session, said("Hello"), begun_with={"referer": "https://fernway.example"})
        second = receive(session, said("Anyone?"), begun_with={"referer": "https://elsewhere.example"})
        assert first.conversation_id == second.conversation_id
        assert first.conversation.additional_attributes == {"referer": "https://fernway.example"}


def test_a_resolved_conversation_is_opened_again(cast: Cast) -> None:
    with transaction(cast.account_id):
        session = a_session(a_contact(cast.account_id), cast.inbox_id)
        conversation = receive(session, said("Hello")).conversation
        conversation.resolve(by=bob(cast).actor)
        assert receive(session, said("One more thing")).conversation_id == conversation.id
        assert conversation.status == "open"


def test_a_blocked_customer_is_heard_and_not_greeted(cast: Cast) -> None:
    with transaction(cast.account_id):
        inbox = db.session.get_one(Inbox, (cast.account_id, cast.inbox_id))
        inbox.greeting_enabled, inbox.greeting_message = True, "Thank you"
        session = a_session(a_contact(cast.account_id, blocked=True), cast.inbox_id)
        conversation = receive(session, said("Buy this")).conversation
        assert conversation.status == "resolved"
        assert list(db.session.scalars(select(Message.content))) == ["Buy this"]


def test_a_provider_that_repeats_itself_is_heard_once(cast: Cast) -> None:
    with transaction(cast.account_id):
        session = a_session(a_contact(cast.account_id), cast.inbox_id)
        first = receive(session, Inbound("Hello", source_id="wamid.1"))
        assert receive(session, Inbound("Hello", source_id="wamid.1")).id == first.id
        assert receive(session, Inbound("Hello", source_id="wamid.2")).id != first.id


def test_twenty_first_words_at_once_are_one_visitor_in_one_conversation(app: Flask, cast: Cast) -> None:
    source_id, failures = str(uuid.uuid4()), []

    def write(number: int) -> None:
        try:
            with app.app_context(), transaction(cast.account_id):
                inbox = db.session.get_one(Inbox, (cast.account_id, cast.inbox_id))
                receive(
                    meet(inbox, source_id),
                    said(f"Word {number % 10}", client_id=f"{number % 10:08}-0000-4000-8000-000000000000"),
                )
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with transaction(cast.account_id):
        counts = [
            db.session.scalar(select(func.count()).select_from(table))
            for table in (Contact, ContactInbox, Conversation, Message)
        ]
    assert counts == [1, 1, 1, 10]
