"""A thread of thousands is read as quickly as one of ten: no more rows than are shown."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from app.channels.base import Inbound
from app.ledger.transaction import system, transaction
from app.lib.database import db
from app.models import Conversation
from tests.cast import Cast, a_contact, a_conversation, alice
from tests.plans import analyze, rows_read

MANY = 5_000
# Tables of three rows are read whole, whatever indexes they have.
THREE = 3


@pytest.fixture
def long_thread(cast: Cast) -> Cast:
    """Conversation 1 holds thousands of messages, between two others that hold as many."""
    with transaction(cast.account_id):
        ids = [a_conversation(cast, contact=a_contact(cast.account_id, name)).id for name in ("Dana", "Eve", "Frank")]
    with system(why="tests"):
        for conversation_id in ids:
            db.session.execute(
                text("""
                    insert into messages (account_id, conversation_id, inbox_id, sequence, version, message_type,
                      content, client_id, sender_kind, status, created_at)
                    select :account, :id, :inbox, n, n, case when n % 2 = 0 then 'outgoing' else 'incoming' end,
                      'words ' || n, 'client-' || n, 'system', 'read', now() - interval '1 day'
                    from generate_series(2, :many) n
                """),
                {"account": cast.account_id, "id": conversation_id, "inbox": cast.inbox_id, "many": MANY},
            )
        db.session.execute(text("update conversations set last_sequence = :many, version = :many"), {"many": MANY})
    analyze()
    return cast


READERS: dict[str, tuple[Callable[[Conversation], Any], int]] = {
    "the latest": (lambda c: c.messages_before(None, 30), 30),
    "older ones": (lambda c: c.messages_before(2_000, 30), 30),
    "what changed": (lambda c: c.messages_changed_since(MANY - 10, 100), 10),
    "a message by its client id": (lambda c: c.message("client-17"), 1),
    "what the customer has not read": (lambda c: c.mark_seen_by_contact(by=c.contact.actor), 1),
}


@pytest.mark.parametrize("what", READERS)
def test_no_more_is_read_than_shown(long_thread: Cast, what: str) -> None:
    read, shown = READERS[what]
    with transaction(long_thread.account_id):
        conversation = Conversation.seen_by(alice(long_thread), 2)
        assert rows_read(lambda: read(conversation)) <= shown + THREE


def test_a_repeat_is_found_without_reading_the_thread(long_thread: Cast) -> None:
    with transaction(long_thread.account_id):
        conversation = Conversation.seen_by(alice(long_thread), 2)
        again = Inbound("words", client_id="client-40")
        assert rows_read(lambda: conversation.receive(again, contact=conversation.contact)) <= THREE


def test_a_new_message_reads_a_handful(long_thread: Cast) -> None:
    with transaction(long_thread.account_id):
        conversation = Conversation.seen_by(alice(long_thread), 2)
        new = Inbound("words", client_id=str(uuid.uuid4()))
        assert rows_read(lambda: conversation.receive(new, contact=conversation.contact)) <= THREE
