"""The door out: each answer is taken exactly once, in order, or it is said that nobody knows; states never go back."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from app.channels.base import DeliveryFailed, Outbound, Problem
from app.ledger.transaction import system, transaction
from app.lib import clock
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Connection, Conversation, Inbox, Message, MessagePart, Work
from tests.cast import Cast, alice
from tests.doors.conftest import Knocks, work
from tests.doors.test_in import hurry, messages
from tests.fakes.pigeon import Loft, pigeons

Says = Callable[..., str]


@pytest.fixture
def says(knock: Knocks, cast: Cast) -> Says:
    """Dana has written; what Alice answers, by client id."""
    knock({"id": "first", "text": "Coo?", "source": "first"})
    work()

    def says(*texts: str, name: str = "answer") -> str:
        with transaction(cast.account_id):
            conversation = the_conversation(cast)
            for number, text in enumerate(texts):
                conversation.reply(text, by=alice(cast).actor, client_id=f"{name}-{number}")
        return f"{name}-0"

    return says


def the_conversation(cast: Cast) -> Conversation:
    return db.session.scalars(select(Conversation).where(Conversation.account_id == cast.account_id)).one()


def answer(cast: Cast, client_id: str = "answer-0") -> Message:
    return next(message for message in messages(cast.account_id) if message.client_id == client_id)


def refuses(
    reason: str, *, permanent: bool = False, after: float | None = None, unsure: bool = False
) -> Callable[[Outbound], None]:
    def refuse(_: Outbound) -> None:
        raise DeliveryFailed(reason, permanent=permanent, retry_after=after, is_unsure=unsure)

    return refuse


def taken(loft: Loft) -> list[str]:
    return [outbound.text for outbound in loft.taken.values()]


def test_an_answer_is_queued_sent_delivered_and_read(says: Says, knock: Knocks, cast: Cast, loft: Loft) -> None:
    says("**Coo** [here](https://fernway.example)")
    assert answer(cast).status == "queued"
    work()
    sent = answer(cast)
    assert (sent.status, taken(loft)) == ("sent", ["Coo here https://fernway.example"])
    for number, status in enumerate(("delivered", "read", "delivered", "sent", "failed")):
        knock({"id": f"r{number}", "kind": "receipt", "status": status, "about": sent.source_id})
        work()
    assert answer(cast).status == "read"


def test_a_receipt_that_overtakes_the_answer_to_our_send_is_not_taken_back(
    says: Says, cast: Cast, loft: Loft, app: Flask
) -> None:
    says("Coo")
    work()
    with transaction(cast.account_id):
        sent = db.session.scalars(select(Message).where(Message.client_id == "answer-0")).one()
        sent.status = "sending"
        # Nobody has told us yet that it was taken.
        db.session.execute(delete(MessagePart).where(MessagePart.message_id == sent.id))

    def receipt() -> None:
        with app.app_context(), transaction(cast.account_id):
            message = db.session.get_one(Message, (cast.account_id, sent.id))
            message.conversation.advance(message, "delivered")

    with transaction(cast.account_id):
        seen = db.session.get_one(Message, (cast.account_id, sent.id))
        assert seen.status == "sending"
        # It comes between our look at the message and our hold on its conversation.
        with ThreadPoolExecutor(1) as other:
            other.submit(receipt).result(10)
        seen.conversation.note_sent(seen, 0, seen.source_id or "", is_last=True)
    assert answer(cast).status == "delivered"


def test_answers_of_one_conversation_go_in_order(says: Says, cast: Cast, loft: Loft) -> None:
    says("one", "two", "three")
    work()
    assert taken(loft) == ["one", "two", "three"]


def test_a_refusal_is_told_in_the_providers_words_and_can_be_sent_again(says: Says, cast: Cast, loft: Loft) -> None:
    loft.answers = [refuses("No such bird.", permanent=True)]
    client_id = says("Coo")
    work()
    assert (answer(cast).status, answer(cast).external_error) == ("failed", "No such bird.")
    assert taken(loft) == []
    with transaction(cast.account_id):
        the_conversation(cast).send_again(client_id, by=alice(cast).actor)
    work()
    assert (answer(cast).status, taken(loft)) == ("sent", ["Coo"])


def test_a_failure_for_now_is_tried_again_when_the_provider_says(says: Says, cast: Cast, loft: Loft) -> None:
    loft.answers = [refuses("Storm.", after=90)]
    says("Coo")
    work()
    delayed = answer(cast)
    assert (delayed.status, delayed.external_error) == ("queued", "Storm.")
    assert delayed.retry_at
    assert timedelta(seconds=60) < delayed.retry_at - clock.now() < timedelta(seconds=91)
    hurry(cast)
    work()
    assert (answer(cast).status, answer(cast).external_error, answer(cast).retry_at) == ("sent", None, None)


def test_an_answer_waits_while_the_access_is_renewed(says: Says, cast: Cast, loft: Loft, inbox: Inbox) -> None:
    with transaction(cast.account_id):
        mine = db.session.get_one(Inbox, (cast.account_id, inbox.id))
        mine.credentials = {**mine.credentials, "expires_at": time.time() - 60}
    says("Coo")
    work(Queue.OUTBOUND)
    assert (answer(cast).status, taken(loft)) == ("queued", [])
    work(Queue.SLOW)
    with transaction(cast.account_id):
        assert not db.session.get_one(Inbox, (cast.account_id, inbox.id)).opened().is_stale
    hurry(cast)
    work()
    assert (answer(cast).status, taken(loft)) == ("sent", ["Coo"])


def test_an_answer_that_keeps_failing_holds_the_later_ones_for_two_minutes(says: Says, cast: Cast, loft: Loft) -> None:
    loft.answers = [refuses("Storm.", after=3600)]
    says("one", "two")
    work()
    assert taken(loft) == []
    with system(why="tests"):
        db.session.execute(
            update(Work).values(holds_until=clock.now() - timedelta(seconds=1)).where(Work.holds_until.is_not(None))
        )
    work()
    assert taken(loft) == ["two"]
    hurry(cast)
    work()
    assert taken(loft) == ["two", "one"]


def test_past_the_channels_window_it_is_given_up_and_told(says: Says, cast: Cast, loft: Loft) -> None:
    loft.answers = [refuses("Storm.")]
    says("Coo")
    with system(why="tests"):
        db.session.execute(update(Work).values(created_at=clock.now() - timedelta(days=2)))
    work()
    assert answer(cast).status == "failed"
    assert "Storm." in (answer(cast).external_error or "")
    assert open_work() == 0


def test_a_send_without_an_answer_is_looked_up(says: Says, cast: Cast, loft: Loft) -> None:
    def takes_it_and_falls_silent(outbound: Outbound) -> None:
        loft.taken[outbound.key] = outbound
        raise DeliveryFailed("No answer in time.", permanent=False, is_unsure=True)

    loft.answers = [takes_it_and_falls_silent]
    says("Coo")
    work()
    assert (answer(cast).status, taken(loft)) == ("sent", ["Coo"])
    assert open_work() == 0


def test_a_send_that_did_not_arrive_is_sent_after_all(says: Says, cast: Cast, loft: Loft) -> None:
    loft.answers = [refuses("No answer in time.", unsure=True)]
    says("Coo")
    work()
    assert (answer(cast).status, taken(loft)) == ("sent", ["Coo"])


def test_where_nobody_can_be_asked_it_is_unsure_until_a_colleague_decides(
    knock: Knocks, cast: Cast, says: Says
) -> None:
    with pigeons(can_look_up=False) as loft:
        loft.answers = [refuses("No answer in time.", unsure=True)]
        client_id = says("Coo")
        work()
        hurry(cast)
        work()
        assert (answer(cast).status, taken(loft)) == ("unsure", [])
        assert open_work() == 1
        with transaction(cast.account_id):
            the_conversation(cast).send_again(client_id, by=alice(cast).actor)
        work()
        assert (answer(cast).status, taken(loft)) == ("sent", ["Coo"])
        assert open_work() == 0


def test_a_repeatable_channel_sends_again_under_the_same_key(knock: Knocks, cast: Cast, says: Says) -> None:
    with pigeons(is_idempotent=True) as loft:
        loft.answers = [refuses("No answer in time.", unsure=True)]
        says("Coo")
        work()
        hurry(cast)
        work()
        assert (answer(cast).status, taken(loft)) == ("sent", ["Coo"])


def test_a_receipt_settles_what_was_unsure(knock: Knocks, cast: Cast, says: Says) -> None:
    with pigeons(can_look_up=False) as loft:
        loft.answers = [refuses("No answer in time.", unsure=True)]
        client_id = says("Coo")
        work()
        with transaction(cast.account_id):
            conversation = the_conversation(cast)
            conversation.advance(conversation.message(client_id), "delivered")
        assert (answer(cast).status, open_work()) == ("delivered", 0)


def test_a_long_answer_goes_in_parts_each_once(says: Says, cast: Cast, loft: Loft) -> None:
    text = " ".join(f"word{number}" for number in range(100))
    loft.answers = [lambda _: None, refuses("Storm.", after=1)]
    says(text, "short")
    work()
    assert (answer(cast).status, len(loft.taken)) == ("queued", 1)
    hurry(cast)
    work()
    assert answer(cast).status == "sent"
    parts = taken(loft)
    assert " ".join(parts[:-1]) == text
    assert parts[-1] == "short"
    assert all(len(part) <= 200 for part in parts)


def test_a_message_in_parts_is_delivered_when_all_of_it_is(says: Says, knock: Knocks, cast: Cast) -> None:
    says("x" * 350)
    work()
    with transaction(cast.account_id):
        ids = [part.source_id for part in db.session.scalars(select(MessagePart).order_by(MessagePart.position))]
    assert len(ids) == 2
    for number, (source, expected) in enumerate(itertools.zip_longest(ids, ("sent", "delivered"))):
        knock({"id": f"d{number}", "kind": "receipt", "status": "delivered", "about": source})
        work()
        assert answer(cast).status == expected


def test_a_read_mark_tells_of_all_before_it(says: Says, knock: Knocks, cast: Cast) -> None:
    says("one", "two")
    work()
    knock({"id": "seen", "kind": "read"})
    work()
    assert [message.status for message in messages(cast.account_id) if not message.is_incoming] == ["read", "read"]


def test_an_inbox_keeps_to_its_rate(says: Says, cast: Cast, knock: Knocks) -> None:
    with pigeons(sends_per_minute=3) as loft:
        says(*map(str, range(6)))
        work()
        assert taken(loft) == ["0", "1", "2"]
        assert answer(cast, "answer-3").status == "queued"


def test_notes_and_a_live_widgets_answers_are_not_sent(says: Says, cast: Cast, loft: Loft) -> None:
    with transaction(cast.account_id):
        the_conversation(cast).reply("Between us", by=alice(cast).actor, private=True)
    work()
    assert taken(loft) == []


def test_trouble_is_told_once_it_lasts_and_again_when_it_is_over(inbox: Inbox, cast: Cast, loft: Loft) -> None:
    from app.actions.watch_over import probe_all, wish_probe

    loft.problems = [Problem("away", "The loft is closed.", "settings")]

    def look() -> Connection:
        with transaction(cast.account_id):
            wish_probe(cast.account_id, inbox.id)
        work(Queue.SLOW)
        with transaction(cast.account_id):
            return Connection.of(inbox)

    assert look().state == "trouble"
    assert look().told_at is None
    with transaction(cast.account_id):
        Connection.of(inbox).failing_since = clock.now() - timedelta(minutes=2)
    assert look().told_at
    loft.problems = []
    assert (look().state, look().told_at) == ("well", None)
    with system(why="tests"):
        jobs = db.session.scalars(select(Work.args).where(Work.job == "send_mail").order_by(Work.id)).all()
        assert [args[0] for args in jobs] == ["inbox_trouble", "inbox_well"]
        probe_all()


def open_work() -> int:
    with system(why="tests"):
        return len(db.session.scalars(select(Work).where(Work.job.in_(("deliver", "check_delivery")))).all())
