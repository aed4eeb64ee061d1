"""Tells every process that something changed, by Redis pub/sub: hints that may be lost, never the truth itself."""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import cast

from redis import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from app.config import settings
from app.lib import redis

log = logging.getLogger(__name__)

# Every subscriber listens to it; a publisher that lost hints says so here once it reaches Redis again.
_MISSED = "parley:missed"
_PAUSE_AFTER_FAILURE = 0.5
_LONGEST_BACK_OFF = 5.0


@dataclass(frozen=True)
class Hint:
    """What was published: `data` on `stream`."""

    stream: str
    data: str


class Returned:
    """Hints may have been missed; whoever shows something must look again."""


RETURNED = Returned()


class _Away:
    """Whether this process has lost Redis, so that it is said once and not waited for at every hint."""

    def __init__(self) -> None:
        self.process = 0
        self.until: float | None = None


_away = _Away()


def publish(stream: str, payload: str) -> None:
    """Tell the subscribers of `stream`. Never raises: with Redis away the hint is lost and the loss is logged once."""
    if _away.process != os.getpid():
        _away.process, _away.until = os.getpid(), None
    if _away.until is not None and time.monotonic() < _away.until:
        return
    try:
        client = redis.client()
        if _away.until is not None:
            client.publish(_MISSED, "")
        client.publish(stream, payload.encode("utf-8", "replace"))
    except (RedisError, OSError) as error:
        if _away.until is None:
            log.warning("Redis is away, live updates wait: %s", error)
        _away.until = time.monotonic() + _PAUSE_AFTER_FAILURE
        return
    if _away.until is not None:
        log.info("Redis has returned")
        _away.until = None


def listened_to(streams: Collection[str]) -> set[str]:
    """Those of `streams` that somebody listens to now, so that nothing need be made for the others.

    Whoever begins to listen after this looks at what there is. With Redis away all of them, for `publish` to note it.
    """
    try:
        counts = redis.client().pubsub_numsub(*streams)
    except (RedisError, OSError):
        return set(streams)
    return {_text(stream) for stream, count in counts if count}


class Subscriber:
    """One connection that listens for a whole process; any thread may subscribe while one iterates `listen`.

    After `quiet_seconds` without a word Redis is asked whether it is there, and given up after as long again.
    """

    def __init__(self, url: str | None = None, *, quiet_seconds: float = 5.0) -> None:
        self._url = url or settings().redis_url
        self._quiet_seconds = quiet_seconds
        # Guards what follows and the order of commands on the wire; reading needs no lock, only `listen` reads.
        self._lock = threading.RLock()
        self._connection: redis.Wire | None = None
        self._wanted: set[str] = set()
        # Redis acknowledges in order, so each SUBSCRIBE on the wire has its entry: those who wait for it.
        self._unacknowledged: dict[str, deque[list[threading.Event]]] = {}
        # Whether someone was left without an acknowledgement or a hint, and is owed a `RETURNED`.
        self._has_missed = False
        self._closed = threading.Event()

    def subscribe(self, *streams: str, timeout: float = 5.0) -> bool:
        """Hear `streams` from now on; returns once Redis acknowledged each of them.

        False: Redis is away. The streams are kept, and `listen` yields `RETURNED` as soon as they are heard.
        """
        acknowledged = [(stream, threading.Event()) for stream in streams]
        with self._lock:
            self._wanted.update(streams)
            for stream, event in acknowledged:
                self._unacknowledged.setdefault(stream, deque()).append([event])
            self._say("SUBSCRIBE", *streams)
        deadline = time.monotonic() + timeout
        if all(event.wait(max(0.0, deadline - time.monotonic())) for _, event in acknowledged):
            return True
        with self._lock:
            self._has_missed = True
            # Answered after the acknowledgements, should they be under way.
            self._say("PING", _MISSED)
        return False

    def unsubscribe(self, *streams: str) -> None:
        """Hear `streams` no longer; what is under way may still arrive."""
        with self._lock:
            self._wanted.difference_update(streams)
            self._say("UNSUBSCRIBE", *streams)

    def listen(self) -> Iterator[Hint | Returned]:
        """Hints as they come, until `close`; after a loss `RETURNED`, once everything is subscribed to again."""
        failures = 0
        while not self._closed.is_set():
            try:
                for heard in self._converse():
                    failures = 0
                    if heard is not None:
                        yield heard
            except (RedisError, OSError) as error:
                if self._closed.is_set():
                    return
                self._has_missed = True
                if failures == 0:
                    log.warning("Redis is away, nothing is heard: %s", error)
                failures += 1
                back_off = min(_LONGEST_BACK_OFF, 0.1 * 2 ** min(failures, 10))
                self._closed.wait(back_off * random.uniform(0.5, 1.0))  # noqa: S311  # spreads load, keeps no secret
            finally:
                self._hang_up()

    def close(self) -> None:
        """End `listen`, in whichever thread it runs."""
        self._closed.set()
        with self._lock:
            self._cut()

    def _converse(self) -> Iterator[Hint | Returned | None]:
        """What is heard on one connection; `None` for its own affairs."""
        connection = self._dial()
        is_quiet = False
        while not self._closed.is_set():
            try:
                reply = connection.read_response(timeout=self._quiet_seconds, disconnect_on_error=False)
            except RedisTimeoutError:
                if is_quiet:
                    raise
                is_quiet = True
                with self._lock:
                    self._say("PING", "here")
                continue
            is_quiet = False
            # Every connection keeps a subscription, so Redis answers with arrays only.
            yield self._understand(*cast("list[bytes | int]", reply))

    def _understand(self, kind: object, name: object, data: object = b"") -> Hint | Returned | None:
        stream = _text(name)
        if kind == b"message":
            return RETURNED if stream == _MISSED else Hint(stream, _text(data))
        if kind == b"subscribe":
            self._acknowledge(stream)
        elif kind == b"pong" and stream == _MISSED:
            self._has_missed = False
            return RETURNED
        return None

    def _acknowledge(self, stream: str) -> None:
        with self._lock:
            waiting = self._unacknowledged.get(stream)
            for event in waiting.popleft() if waiting else ():
                event.set()
            if not waiting:
                self._unacknowledged.pop(stream, None)

    def _dial(self) -> redis.Wire:
        connection = redis.wire(self._url)
        connection.connect()
        with self._lock:
            self._connection = connection
            self._say("SUBSCRIBE", _MISSED, *sorted(self._wanted))
            self._unacknowledged = {
                stream: deque([[event for one in waiting for event in one]])
                for stream, waiting in self._unacknowledged.items()
                if stream in self._wanted
            }
            if self._has_missed:
                self._say("PING", _MISSED)
        return connection

    def _say(self, *command: str) -> None:
        """Send under the lock; a failure is left to the reader, who will find the same."""
        if self._connection is None:
            return
        try:
            self._connection.send_command(*command, check_health=False)
        except (RedisError, OSError):
            self._cut()

    def _cut(self) -> None:
        """End the conversation from any thread; the reader notices and hangs up, for nobody else may close under it."""
        if self._connection is not None:
            redis.cut(self._connection)

    def _hang_up(self) -> None:
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
