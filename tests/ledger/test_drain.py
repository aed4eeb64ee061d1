"""Work is done exactly once, in its lane's order, or is told to be unsure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.ledger.drain import drain
from app.ledger.job import Inside, Outside, Refused, Unheard
from app.ledger.transaction import system, transaction
from app.lib import clock
from app.lib.database import OutsideFrame, db
from app.lib.queue import Queue, later
from app.models import Contact, Event, Work, record
from tests.cast import Cast, a_contact

EVENTS, OUTBOUND = Queue.EVENTS, Queue.OUTBOUND


def rename(account_id: int, contact_id: int, name: str) -> None:
    contact = db.session.get_one(Contact, (account_id, contact_id))
    contact.name += name


def fail(*_: Any) -> None:
    raise ValueError("it cannot be done")


def test_the_session_refuses_to_speak_outside_a_frame(cast: Cast) -> None:
    with pytest.raises(OutsideFrame):
        db.session.query(Contact).all()


def test_frames_do_not_nest(cast: Cast) -> None:
    with transaction(cast.account_id), pytest.raises(RuntimeError), transaction(cast.account_id):
        pass


def test_a_wish_that_is_rolled_back_never_happens(cast: Cast) -> None:
    def wish_and_fail() -> None:
        with transaction(cast.account_id):
            later("rename", cast.account_id, 1, "x")
            raise ValueError

    with pytest.raises(ValueError):
        wish_and_fail()
    assert _open_rows() == 0


def test_an_inside_job_runs_once_and_its_row_ends_with_it(cast: Cast) -> None:
    with transaction(cast.account_id):
        contact = a_contact(cast.account_id, "D")
        later("rename", cast.account_id, contact.id, "ana")
    assert drain(EVENTS, {"rename": Inside(rename)}) == 1
    assert drain(EVENTS, {"rename": Inside(rename)}) == 0
    with transaction(cast.account_id):
        assert db.session.get_one(Contact, (cast.account_id, contact.id)).name == "Dana"


def test_a_lane_keeps_its_order_and_waits_for_its_failing_head(cast: Cast) -> None:
    with transaction(cast.account_id):
        contact = a_contact(cast.account_id, "")
        for letter in "abc":
            later("rename", cast.account_id, contact.id, letter, lane="dana")
        later("fail", lane="bob")
        later("rename", cast.account_id, contact.id, "!", lane="bob")
    drain(EVENTS, {"rename": Inside(rename), "fail": Inside(fail)})
    with transaction(cast.account_id):
        assert db.session.get_one(Contact, (cast.account_id, contact.id)).name == "abc"
        waiting = db.session.query(Work).order_by(Work.id).all()
        assert [(row.job, row.attempts) for row in waiting] == [("fail", 1), ("rename", 0)]
        assert "it cannot be done" in (waiting[0].last_error or "")


def test_a_row_that_is_not_due_is_not_overtaken_in_its_lane(cast: Cast) -> None:
    with transaction(cast.account_id):
        contact = a_contact(cast.account_id, "")
        later("rename", cast.account_id, contact.id, "a", lane="dana")
        later("rename", cast.account_id, contact.id, "b", lane="dana", run_at=clock.now() + timedelta(hours=1))
        later("rename", cast.account_id, contact.id, "c", lane="dana")
    drain(EVENTS, {"rename": Inside(rename)})
    with transaction(cast.account_id):
        assert db.session.get_one(Contact, (cast.account_id, contact.id)).name == "a"


def test_what_a_failed_job_recorded_or_wished_is_forgotten(cast: Cast) -> None:
    def record_and_fail(account_id: int, contact_id: int) -> None:
        record("contact.updated", db.session.get_one(Contact, (account_id, contact_id)))
        later("rename", account_id, contact_id, "x")
        raise ValueError

    with transaction(cast.account_id):
        contact = a_contact(cast.account_id)
        later("record_and_fail", cast.account_id, contact.id)
    drain(EVENTS, {"record_and_fail": Inside(record_and_fail)})
    with transaction(cast.account_id):
        assert db.session.query(Event).count() == 0
        assert [row.job for row in db.session.query(Work)] == ["record_and_fail"]


def test_a_job_that_fails_past_its_window_is_parked_and_frees_its_lane(cast: Cast) -> None:
    with transaction(cast.account_id):
        contact = a_contact(cast.account_id, "")
        later("fail", lane="one")
        later("rename", cast.account_id, contact.id, "next", lane="one")
    drain(EVENTS, {"rename": Inside(rename), "fail": Inside(fail, window=0)})
    with transaction(cast.account_id):
        assert db.session.get_one(Contact, (cast.account_id, contact.id)).name == "next"
        assert [(row.job, row.state) for row in db.session.query(Work)] == [("fail", "parked")]


def test_a_job_nobody_knows_is_parked_with_the_reason(cast: Cast) -> None:
    with transaction(cast.account_id):
        later("unheard_of")
    drain(EVENTS, {})
    with transaction(cast.account_id):
        row = db.session.query(Work).one()
        assert (row.state, row.last_error) == ("parked", "There is no job unheard_of.")


def test_once_is_unique_while_open(cast: Cast) -> None:
    for _ in range(3):
        with transaction(cast.account_id):
            later("rename", 1, 2, "x", once="rename:2")
    assert _open_rows() == 1


def test_work_of_later_waits_for_its_hour(cast: Cast) -> None:
    with transaction(cast.account_id):
        contact = a_contact(cast.account_id, "")
        later("rename", cast.account_id, contact.id, "x", run_at=clock.now() + timedelta(hours=1))
    assert drain(EVENTS, {"rename": Inside(rename)}) == 0


class Post:
    """An outside world that remembers what it was handed."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.handed: list[str] = []
        self.told: list[str] = []

    def job(self, **options: Any) -> Outside:
        return Outside(
            prepare=lambda text: text,
            call=self.call,
            settle=lambda plan, result: self.told.append(f"settled {plan} {result}"),
            refuse=lambda plan, reason: self.told.append(f"refused {plan}: {reason}"),
            lost=lambda text: self.told.append(f"lost {text}"),
            **options,
        )

    def call(self, text: str) -> str:
        assert "frame" not in db.session().info, "no transaction is held while the world is asked"
        self.handed.append(text)
        if self.error:
            raise self.error
        return "ok"


def test_an_outside_job_prepares_calls_and_settles(cast: Cast) -> None:
    post = Post()
    with transaction(cast.account_id):
        later("post", "hello", queue=OUTBOUND)
    drain(OUTBOUND, {"post": post.job()})
    assert (post.handed, post.told, _open_rows()) == (["hello"], ["settled hello ok"], 0)


def test_a_refusal_is_settled_in_the_words_of_the_other_side(cast: Cast) -> None:
    post = Post(Refused("no such number"))
    with transaction(cast.account_id):
        later("post", "hello", queue=OUTBOUND)
    drain(OUTBOUND, {"post": post.job()})
    assert (post.told, _open_rows()) == (["refused hello: no such number"], 0)


def test_a_temporary_failure_is_tried_again_later(cast: Cast) -> None:
    post = Post(OSError("connection refused"))
    with transaction(cast.account_id):
        later("post", "hello", queue=OUTBOUND)
    drain(OUTBOUND, {"post": post.job()})
    with transaction(cast.account_id):
        row = db.session.query(Work).one()
        assert (row.state, row.attempts, row.handed_over_at) == ("ready", 1, None)
        assert row.run_at > clock.now()


def test_a_call_without_an_answer_is_unsure_and_not_repeated(cast: Cast) -> None:
    post = Post(Unheard("the line went dead"))
    with transaction(cast.account_id):
        later("post", "hello", queue=OUTBOUND)
    drain(OUTBOUND, {"post": post.job()})
    drain(OUTBOUND, {"post": post.job()})
    assert (post.handed, post.told) == (["hello"], ["lost hello"])
    with transaction(cast.account_id):
        assert db.session.query(Work).one().state == "unsure"


def test_a_repeatable_call_without_an_answer_is_made_again(cast: Cast) -> None:
    post = Post(Unheard("the line went dead"))
    with transaction(cast.account_id):
        later("post", "hello", queue=OUTBOUND)
    drain(OUTBOUND, {"post": post.job(repeatable=True)})
    with transaction(cast.account_id):
        assert db.session.query(Work).one().state == "ready"
    assert post.told == []


def test_work_of_another_account_is_run_as_that_account(cast: Cast) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(db.session.query(Contact).count())

    with transaction(cast.account_id):
        a_contact(cast.account_id)
    with transaction(cast.other_account_id):
        later("look")
    drain(EVENTS, {"look": Inside(look)})
    assert seen == [0]


def _open_rows() -> int:
    with system(why="tests"):
        return db.session.query(Work).count()
