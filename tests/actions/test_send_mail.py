"""Parley's own mails as work: sent once the change is kept, tried again, given up in the server's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from app import create_app
from app.actions.forget_sign_ins import forget_sign_ins
from app.actions.invite import invite
from app.actions.send_mail import post
from app.ledger.drain import drain
from app.ledger.transaction import system, transaction
from app.lib import clock
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Account, Login, Membership, OneTimeToken, Role, User, Work
from app.models.actor import SYSTEM
from tests.at_the_door import ALICE, browser_of
from tests.cast import Cast
from tests.conftest import Ground, free_port, make_settings
from workers.jobs import JOBS


class PostOffice:
    """Takes mails, or answers what it was told to."""

    def __init__(self) -> None:
        self.answer = "250 OK"
        self.taken: list[Envelope] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        if self.answer.startswith("250"):
            self.taken.append(envelope)
        return self.answer


@pytest.fixture
def office(ground: Ground, app: Flask, cast: Cast) -> Iterator[PostOffice]:
    """A mail server, and Parley set up to use it: the current application until the test ends."""
    office = PostOffice()
    controller = Controller(office, hostname="127.0.0.1", port=free_port())
    controller.start()
    mailing = create_app(make_settings(ground, smtp_url=f"smtp://127.0.0.1:{controller.port}"))
    with mailing.app_context():
        yield office
        db.engine.dispose()
    controller.stop()


def work() -> list[Work]:
    with system(why="tests"):
        return list(db.session.query(Work).order_by(Work.id))


def test_a_mail_goes_once_and_leaves_no_work(office: PostOffice, cast: Cast) -> None:
    with system(why="tests"):
        post("password_changed", user_id=cast.alice_id)
    drain(Queue.OUTBOUND, JOBS)
    drain(Queue.OUTBOUND, JOBS)
    assert [envelope.rcpt_tos for envelope in office.taken] == [[ALICE]]
    assert work() == []


def test_what_was_not_kept_sends_nothing(office: PostOffice, cast: Cast) -> None:
    with suppress(RuntimeError), system(why="tests"):
        post("password_changed", user_id=cast.alice_id)
        raise RuntimeError
    drain(Queue.OUTBOUND, JOBS)
    assert office.taken == []


def test_a_server_that_is_busy_is_asked_again(office: PostOffice, cast: Cast) -> None:
    office.answer = "451 Try again later"
    with system(why="tests"):
        post("reset", email=ALICE)
    drain(Queue.OUTBOUND, JOBS)
    (waiting,) = work()
    assert waiting.state == "ready"
    assert waiting.run_at > clock.now()
    assert "451" in (waiting.last_error or "")
    office.answer = "250 OK"
    with system(why="tests"):
        db.session.query(Work).update({"run_at": clock.now()})
    drain(Queue.OUTBOUND, JOBS)
    assert len(office.taken) == 1
    with system(why="tests"):
        # Only the link that went out works.
        assert db.session.query(OneTimeToken).filter_by(used_at=None).count() == 1


def test_an_address_that_takes_no_mail_is_told_to_whoever_invited(
    office: PostOffice, ground: Ground, cast: Cast, app: Flask
) -> None:
    office.answer = "550 No such <user> here"
    with system(why="tests"):
        invite(db.session.get_one(Account, cast.account_id), "eve@fernway.example", role=Role.AGENT, by=SYSTEM)
    drain(Queue.OUTBOUND, JOBS)
    assert work() == []
    alice = browser_of(app, ALICE)
    people = f"/accounts/{cast.account_id}/settings/people"
    page = alice.get(people).text
    assert "The mail was refused: 550 No such &lt;user&gt; here" in page
    with transaction(cast.account_id):
        (eve,) = [each for each in db.session.query(Membership) if each.is_invited]
    office.answer = "250 OK"
    assert alice.post(f"{people}/{eve.user_id}/invitation", headers={"HX-Request": "true"}).status_code == 200
    drain(Queue.OUTBOUND, JOBS)
    assert "refused" not in alice.get(people).text
    assert len(office.taken) == 1


def test_a_mail_whose_worker_died_after_the_hand_over_is_sent_again(office: PostOffice, cast: Cast) -> None:
    with system(why="tests"):
        post("reset", email=ALICE)
    with system(why="tests"):
        db.session.query(Work).update({"handed_over_at": clock.now(), "attempts": 1})
    drain(Queue.OUTBOUND, JOBS)
    assert len(office.taken) == 1


def test_nobody_gets_a_mail_who_is_gone(office: PostOffice, cast: Cast) -> None:
    with system(why="tests"):
        post("password_changed", user_id=99_999)
        post("new_email", user_id=99_999, email="x@y.example")
        post("email_changed", user_id=99_999, before="x@y.example")
        post("invitation", account_id=cast.account_id, user_id=99_999)
        post("reset", email="nobody@fernway.example")
    drain(Queue.OUTBOUND, JOBS)
    assert office.taken == []
    assert work() == []


def test_sign_ins_and_links_that_ended_long_ago_are_forgotten(app: Flask, cast: Cast) -> None:
    long_ago = clock.now() - timedelta(days=91)
    with system(why="tests"):
        for name, ends in (("old", long_ago), ("new", clock.now() + timedelta(days=1))):
            db.session.add(Login(user_id=cast.bob_id, token_digest=name, expires_at=ends))
            db.session.add(OneTimeToken(user_id=cast.bob_id, purpose="reset", token_digest=name, expires_at=ends))
    with system(why="tests"):
        forget_sign_ins()
    with system(why="tests"):
        assert [login.token_digest for login in db.session.query(Login)] == ["new"]
        assert [token.token_digest for token in db.session.query(OneTimeToken)] == ["new"]
        assert db.session.query(User).count() == 3
