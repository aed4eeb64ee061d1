"""Holds an open line to every mailbox (IMAP IDLE), and has it looked at the moment that something arrives."""

from __future__ import annotations

import contextlib
import logging
import random
import signal
import threading
import time
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.channels.email import imap
from app.channels.email.channel import Email
from app.channels.email.imap import Mailbox, Unfetchable
from app.channels.email.way import Denied
from app.channels.standing import Unreachable
from app.ledger.transaction import system
from app.lib.crypto import WrongKey
from app.lib.database import db
from app.lib.queue import Queue, later
from app.models.inbox import Inbox

log = logging.getLogger(__name__)

# A server may hang up after half an hour without a word (RFC 2177 §3).
IDLE_SECONDS = 25 * 60.0
# New, changed and deleted inboxes are noticed this soon.
REFRESH_SECONDS = 10.0
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
# Servers lock out who knocks often with a wrong password.
PAUSE_AFTER_DENIAL = 60.0
WITHOUT_IDLE_SECONDS = 1800.0
STACK_BYTES = 512 * 1024

Name = tuple[int, int]
"""The account's id and the inbox's."""


class Watch(threading.Thread):
    """Watches one mailbox, and says its name whenever something may have arrived. It never touches the database."""

    def __init__(self, app: Flask, name: Name, channel: Email, hints: SimpleQueue[Name | None]) -> None:
        super().__init__(name=f"mailbox {name}", daemon=True)
        self._app = app
        self._inbox = name
        self._channel = channel
        self._hints = hints
        self._ended = threading.Event()
        self._mailbox: Mailbox | None = None
        self._failures = 0
        self.is_idle = False
        """Whether the server tells us of what arrives."""

    def end(self) -> None:
        self._ended.set()
        if self._mailbox is not None:
            self._mailbox.close()

    def run(self) -> None:
        with self._app.app_context():
            while not self._ended.is_set():
                self._ended.wait(self._hold())

    def _hold(self) -> float:
        """Listen until the line breaks; how long to wait before the next try."""
        way = self._channel.credentials.imap
        assert way is not None, "only mailboxes are watched"
        try:
            with imap.opened(way, seconds=60) as mailbox:
                self._mailbox = mailbox
                return self._listen(mailbox)
        except Denied:
            return self._pause(PAUSE_AFTER_DENIAL)
        except (Unreachable, Unfetchable) as broken:
            if not self._ended.is_set():
                log.info("mailbox of inbox %s: %s", self._inbox[1], broken)
            return self._pause(SHORTEST_PAUSE)
        finally:
            self._mailbox, self.is_idle = None, False

    def _listen(self, mailbox: Mailbox) -> float:
        if not mailbox.can_idle():
            return WITHOUT_IDLE_SECONDS
        mailbox.open(self._channel.settings.folders[0])
        # Whatever came while nobody listened.
        self._hint()
        while not self._ended.is_set():
            if mailbox.idle(IDLE_SECONDS, ready=self._is_well):
                self._hint()
        return 0.0

    def _is_well(self) -> None:
        self._failures, self.is_idle = 0, True

    def _hint(self) -> None:
        if not self._ended.is_set():
            self._hints.put(self._inbox)

    def _pause(self, shortest: float) -> float:
        """Longer after each failure, and never for all mailboxes of a server at the same moment."""
        self._failures += 1
        pause: float = min(LONGEST_PAUSE, shortest * 2 ** min(self._failures - 1, 12))
        share: float = random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, keeps no secret
        return pause * share


@dataclass
class Watchman:
    """Keeps one watch for each mailbox, and orders the looks that they ask for."""

    app: Flask
    hints: SimpleQueue[Name | None] = field(default_factory=SimpleQueue)
    watches: dict[Name, tuple[Any, Watch]] = field(default_factory=dict)
    is_stopped: bool = False

    def stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        self.is_stopped = True
        self.hints.put(None)

    def keep_watch(self) -> None:
        """Until told to stop. Nothing is held of the database between two looks at it."""
        waiting: set[Name] = set()
        refresh_at = 0.0
        while not self.is_stopped:
            waiting |= self._heard(max(0.0, refresh_at - time.monotonic()))
            try:
                if waiting:
                    order(waiting)
                    waiting = set()
                if time.monotonic() >= refresh_at and not self.is_stopped:
                    refresh_at = time.monotonic() + REFRESH_SECONDS
                    self._refresh()
            except SQLAlchemyError as error:
                log.warning("PostgreSQL is away, mailboxes wait: %s", error)
                refresh_at = time.monotonic() + 1.0
                waiting |= self._heard(1.0)
        for _, watch in self.watches.values():
            watch.end()

    def _heard(self, seconds: float) -> set[Name]:
        """Whose mailboxes have news, within so many seconds."""
        heard: set[Name] = set()
        with contextlib.suppress(Empty):
            first = self.hints.get(timeout=seconds)
            while True:
                if first is not None:
                    heard.add(first)
                first = self.hints.get_nowait()
        return heard

    def _refresh(self) -> None:
        with system(why="which mailboxes there are to be watched"):
            found = {(inbox.account_id, inbox.id): inbox for inbox in db.session.scalars(_READ)}
        for name in set(self.watches) - set(found):
            self.watches.pop(name)[1].end()
        for name, inbox in found.items():
            mark = (inbox.credentials_sealed, inbox.channel_settings.get("folders"))
            known = self.watches.get(name)
            if known is not None and known[0] == mark:
                continue
            if known is not None:
                self.watches.pop(name)[1].end()
            if (channel := _readable(inbox)) is not None:
                watch = Watch(self.app, name, channel, self.hints)
                self.watches[name] = (mark, watch)
                watch.start()


_READ = select(Inbox).where(Inbox.channel == Email.kind, Inbox.is_enabled, Inbox.credentials_sealed.is_not(None))


def _readable(inbox: Inbox) -> Email | None:
    """Its channel, where it has a mailbox."""
    try:
        channel = Email(inbox.line)
        return channel if channel.credentials.imap and channel.settings.folders else None
    except (WrongKey, ValueError) as broken:
        log.warning("inbox %s cannot be watched: %s", inbox.id, broken)
        return None


def order(inboxes: set[Name]) -> None:
    """A look at each; one that is under way may have begun too early to see what is new, so another follows it, though
    no more than one a second.
    """
    second = int(time.time())
    with system(why="mailboxes that have news"):
        for account_id, inbox_id in sorted(inboxes):
            later(
                "poll_inbox",
                account_id,
                inbox_id,
                queue=Queue.SLOW,
                once=f"poll:{account_id}:{inbox_id}:{second}",
                lane=f"poll:{inbox_id}",
                share=f"{account_id}:{inbox_id}:poll",
                account_id=account_id,
            )


def run(app: Flask) -> None:
    """Watch for ever."""
    threading.stack_size(STACK_BYTES)
    watchman = Watchman(app)
    signal.signal(signal.SIGTERM, watchman.stop)
    signal.signal(signal.SIGINT, watchman.stop)
    with app.app_context():
        watchman.keep_watch()
