"""A person's timeline has every message once, in order, of the inboxes one may see, at the cost of what is shown."""

from __future__ import annotations

from sqlalchemy import text

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Contact
from app.queries.timeline import PAGE, timeline
from tests.cast import Cast, a_contact, a_conversation, a_session, alice, an_inbox, bob
from tests.plans import analyze, rows_read

TALKS, SAID = 12, 300


def a_long_history(cast: Cast) -> Contact:
    """Dozens of messages in each of many conversations, all going on at the same time, among those of others."""
    with transaction(cast.account_id):
        dana = a_contact(cast.account_id, "Dana")
        for contact in (dana, a_contact(cast.account_id, "Erin")):
            session = a_session(contact, cast.inbox_id)
            db.session.execute(
                text("""
                    with talks as (
                      insert into conversations (account_id, display_id, uuid, inbox_id, contact_id, contact_inbox_id,
                        last_activity_at)
                      select :account, :contact * 1000 + n, gen_random_uuid(), :inbox, :contact, :session, now()
                      from generate_series(1, :talks) n
                      returning id
                    )
                    insert into messages (account_id, conversation_id, inbox_id, sequence, version, message_type, client_id,
                      content, sender_kind, sender_contact_id)
                    select :account, id, :inbox, n, n, 'incoming', id || '-' || n, 'Hello', 'contact', :contact
                    from generate_series(1, :said) n, talks
                """),
                {
                    "account": cast.account_id,
                    "contact": contact.id,
                    "inbox": cast.inbox_id,
                    "session": session.id,
                    "talks": TALKS,
                    "said": SAID,
                },
            )
    analyze()
    return dana


def test_no_more_is_read_than_each_conversation_could_give_to_the_page_however_far_back(cast: Cast) -> None:
    dana = a_long_history(cast)
    with transaction(cast.account_id):
        person, before = bob(cast), None
        for _ in range(3):
            page = timeline(dana, person, before=before)
            assert len(page.messages) == PAGE
            before = page.before
        middle = page.messages[0].id // 2
        for since in (None, before, middle):
            assert rows_read(lambda since=since: timeline(dana, person, before=since)) <= TALKS * (PAGE + 3) + 20


def test_every_message_is_there_once_in_order(cast: Cast) -> None:
    with transaction(cast.account_id):
        dana = a_contact(cast.account_id, "Dana")
        talks = [a_conversation(cast, "One", contact=dana), a_conversation(cast, "Two", contact=dana)]
        a_conversation(cast, "Somebody else's")
        for number in range(45):
            talks[number % 2].reply(f"Answer {number}", by=alice(cast).actor)
    seen: list[str] = []
    with transaction(cast.account_id):
        before = None
        while True:
            page = timeline(dana, bob(cast), before=before)
            seen = [message.content for message in page.messages] + seen
            before = page.before
            if before is None:
                break
    assert seen == ["One", "Two", *(f"Answer {number}" for number in range(45))]


def test_only_inboxes_that_one_works_in_are_shown(cast: Cast) -> None:
    with transaction(cast.account_id):
        dana = a_contact(cast.account_id, "Dana")
        a_conversation(cast, "Seen", contact=dana)
        hidden = an_inbox(cast.account_id, "Board")
        db.session.flush()
        other = Cast(**{**cast.__dict__, "inbox_id": hidden.id})
        a_conversation(other, "Hidden", contact=dana)
        assert [message.content for message in timeline(dana, bob(cast)).messages] == ["Seen"]
        assert [message.content for message in timeline(dana, alice(cast)).messages] == ["Seen", "Hidden"]
