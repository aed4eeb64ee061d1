"""Mailboxes are watched at a real server, and what arrives in them is in the thread at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.ledger.drain import drain
from app.ledger.transaction import transaction
from app.lib.database import db
from app.lib.queue import Queue
from app.models.connection import Connection
from app.models.inbox import Inbox
from app.models.letter import Letter
from app.models.message import Message
from app.models.work import Work
from tests.cast import Cast
from tests.channels.email.conftest import a_mail
from tests.conftest import Ground, make_settings
from tests.fakes.bad_line import BadLine
from tests.fakes.dovecot import PASSWORD, Dovecot
from workers import mailwatch
from workers.jobs import JOBS
from workers.mailwatch import Watchman

ADDRESS = "watched@fernway.test"


@pytest.fixture
def line(dovecot: Dovecot) -> Iterator[BadLine]:
    line = BadLine(dovecot.port)
    yield line
    line.close()


@pytest.fixture
def inbox(app: Flask, cast: Cast, ground: Ground, line: BadLine, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """An inbox of Alice's account that reads a mailbox of its own."""
    monkeypatch.setitem(app.config, "PARLEY", make_settings(ground, private_hosts=["localhost"]))
    with transaction(cast.account_id):
        inbox = Inbox(
            account_id=cast.account_id,
            name="Hello",
            channel="email",
            address=f"{time.time_ns()}.{ADDRESS}",
            channel_settings={},
        )
        inbox.credentials = {
            "imap_host": "localhost",
            "imap_port": line.port,
            "imap_security": "none",
            "imap_login": inbox.address,
            "imap_password": PASSWORD,
        }
        inbox.channel_settings = dict(inbox.opened().connect("").settings)
        db.session.add(inbox)
        db.session.flush()
    return inbox


@pytest.fixture
def watchman(app: Flask, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watchman]:
    monkeypatch.setattr(mailwatch, "REFRESH_SECONDS", 0.2)
    monkeypatch.setattr(mailwatch, "SHORTEST_PAUSE", 0.1)
    man = Watchman(app)

    def keep_watch() -> None:
        with app.app_context():
            man.keep_watch()

    thread = threading.Thread(target=keep_watch)
    thread.start()
    yield man
    man.stop()
    thread.join(5)
    assert not thread.is_alive()


def until(met: Callable[[], Any], seconds: float = 10.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := met()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


def looks(inbox: Inbox) -> list[Work]:
    with transaction(inbox.account_id):
        return list(db.session.scalars(select(Work).where(Work.job == "poll_inbox")))


def contents(inbox: Inbox) -> list[str]:
    with transaction(inbox.account_id):
        found = select(Message).where(Message.inbox_id == inbox.id).order_by(Message.id)
        return [message.content for message in db.session.scalars(found)]


def work() -> None:
    while drain(Queue.SLOW, JOBS) + drain(Queue.INBOUND, JOBS):
        pass


def test_a_mail_is_looked_for_within_a_second_of_its_arrival(
    inbox: Inbox, watchman: Watchman, dovecot: Dovecot
) -> None:
    until(lambda: looks(inbox))
    work()
    assert contents(inbox) == []
    # The server listens for what changes from the moment that it was asked.
    until(lambda: is_idle(watchman))
    dovecot.put(inbox.address, a_mail(1))
    began = time.monotonic()
    until(lambda: looks(inbox))
    assert time.monotonic() - began < 1.5
    work()
    assert contents(inbox) == ["Words of mail 1."]


def is_idle(watchman: Watchman) -> bool:
    return any(watch.is_idle for _, watch in watchman.watches.values())


def test_a_line_that_broke_is_held_again_and_what_came_meanwhile_is_looked_for(
    inbox: Inbox, watchman: Watchman, dovecot: Dovecot, line: BadLine
) -> None:
    until(lambda: is_idle(watchman))
    until(lambda: looks(inbox))
    work()
    calls = line.calls
    line.cut()
    dovecot.put(inbox.address, a_mail(2))
    until(lambda: line.calls > calls and looks(inbox))
    work()
    assert contents(inbox) == ["Words of mail 2."]


def test_an_inbox_that_is_closed_is_watched_no_longer(inbox: Inbox, watchman: Watchman) -> None:
    (watch,) = until(lambda: [watch for _, watch in watchman.watches.values() if watch.is_idle])
    with transaction(inbox.account_id):
        db.session.get_one(Inbox, (inbox.account_id, inbox.id)).is_enabled = False
    until(lambda: not watchman.watches)
    watch.join(5)
    assert not watch.is_alive()


def test_letters_and_the_place_after_them_are_one_commit(inbox: Inbox, dovecot: Dovecot) -> None:
    for number in range(3):
        dovecot.put(inbox.address, a_mail(number))
    mailwatch.order({(inbox.account_id, inbox.id)})
    work()
    with transaction(inbox.account_id):
        letters = db.session.scalars(select(Letter).where(Letter.inbox_id == inbox.id)).all()
        assert len(letters) == 3
        assert Connection.of(inbox).cursor["folders"]["INBOX"]["high"] == 3
    mailwatch.order({(inbox.account_id, inbox.id)})
    work()
    assert sorted(contents(inbox)) == ["Words of mail 0.", "Words of mail 1.", "Words of mail 2."]
