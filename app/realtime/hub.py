"""The hub: one listener on Redis for a whole process, one writer for each of its sockets."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import struct
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Any, cast
from zlib import crc32

import gevent
from flask import Flask, copy_current_request_context, current_app
from gevent.queue import Full, Queue
from simple_websocket import Server
from wsproto.frame_protocol import CloseReason

from app.config import settings
from app.errors import ParleyError
from app.lib import pubsub
from app.realtime import frames

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 15
SEND_SECONDS = 10.0
WAITING_FRAMES = 256
HEARD_FRAMES = 64

# hx-ws comes back after 1012 and not after 1008.
COME_BACK, STAY_AWAY = 1012, 1008


class SafeSocket:
    """A socket whose `send` sends everything, one caller at a time, or fails: a slow reader never gets half a frame."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._lock = threading.Lock()

    def send(self, data: bytes) -> int:
        with self._lock, gevent.Timeout(SEND_SECONDS, OSError("the reader does not read")):
            self._sock.sendall(data)
        return len(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class Deaf(list[Any]):
    """What clients say over the socket is not kept: everything up is HTTP. Who says too much is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = 0

    def append(self, _: Any) -> None:
        self.heard += 1


Beat = Callable[[], dict[str, Any]]


class Connection:
    """One socket: the streams it may hear, and the frames that wait for it."""

    def __init__(self, ws: Server, permitted: Callable[[], set[str] | None], on_beat: Beat) -> None:
        self.ws = ws
        # The server object speaks through these two from now on, pings and farewells included.
        self.sock = SafeSocket(ws.sock)
        self.deaf = Deaf()
        ws.__dict__.update(sock=self.sock, input_buffer=self.deaf)
        self.streams: set[str] = set()
        self.permitted = permitted
        self.on_beat = on_beat
        self.waiting: Queue[bytes | int] = Queue(WAITING_FRAMES)

    def put(self, frame: bytes | int) -> None:
        """A frame to send, or a code to close with. Who cannot keep up is closed and catches up later."""
        try:
            self.waiting.put_nowait(frame)
        except Full:
            self.drop()

    def drop(self) -> None:
        with contextlib.suppress(Exception):
            self.sock.close()
        self.ws.connected = False

    def write(self) -> None:
        """Send what comes until the socket ends; a heartbeat at the latest shows that it has."""
        while self.ws.connected and self.deaf.heard < HEARD_FRAMES:
            frame = self.waiting.get()
            if isinstance(frame, int):
                self.close(frame)
                return
            self.sock.send(frame)
        if self.ws.connected:
            self.close(STAY_AWAY)

    def close(self, code: int) -> None:
        with contextlib.suppress(Exception):
            self.ws.close(CloseReason(code))


class Hub:
    """All sockets of this process, by the streams they hear."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.by_stream: dict[str, set[Connection]] = defaultdict(set)
        self.connections: set[Connection] = set()
        self.by_pulse: dict[str, set[Connection]] = defaultdict(set)
        self.is_closing = False
        self._subscriber: pubsub.Subscriber | None = None
        self._lock = threading.Lock()

    def serve(
        self,
        ws: Server,
        streams: set[str],
        *,
        permitted: Callable[[], set[str] | None],
        on_beat: Beat,
        on_ready: Beat | None = None,
        pulse: str = "",
    ) -> None:
        """Hold a socket until it ends. `permitted` says what it may hear now, or None for nothing any more; `on_ready`
        (else `on_beat`) is run at the start and `on_beat` with each heartbeat, and what they return goes along.
        Sockets of one `pulse` share a heartbeat.
        """
        connection = Connection(ws, permitted, copy_current_request_context(on_beat))
        pulse = pulse or f"socket:{id(connection)}"
        with self._lock:
            self.connections.add(connection)
        try:
            self._follow(connection, streams)
            connection.put(text_frame(json.dumps({"event": "ready", **(on_ready or on_beat)()})))
            self.by_pulse[pulse].add(connection)
            if self.is_closing:
                connection.put(COME_BACK)
            connection.write()
        except OSError:
            connection.drop()
        finally:
            with self._lock:
                self.connections.discard(connection)
            self.by_pulse[pulse].discard(connection)
            if not self.by_pulse[pulse]:
                del self.by_pulse[pulse]
            self._follow(connection, set())

    def close_all(self) -> None:
        """This process ends: every page comes back to another one, or to the next."""
        self.is_closing = True
        for connection in list(self.connections):
            connection.put(COME_BACK)

    def _follow(self, connection: Connection, streams: set[str]) -> None:
        """Hear exactly `streams`; returns once Redis has acknowledged the new ones."""
        subscriber = self._listening()
        with self._lock:
            gone, new = connection.streams - streams, streams - connection.streams
            for stream in new:
                self.by_stream[stream].add(connection)
            for stream in gone:
                self.by_stream[stream].discard(connection)
            unheard = {stream for stream in gone if not self.by_stream[stream]}
            for stream in unheard:
                del self.by_stream[stream]
            connection.streams = set(streams)
            if unheard:
                subscriber.unsubscribe(*unheard)
        if new:
            subscriber.subscribe(*new)

    def _listening(self) -> pubsub.Subscriber:
        with self._lock:
            if self._subscriber is None:
                self._subscriber = pubsub.Subscriber(settings().redis_url)
                threading.Thread(target=self._listen, args=(self._subscriber,), name="hub", daemon=True).start()
                gevent.spawn(self._keep_beating)
            return self._subscriber

    def _listen(self, subscriber: pubsub.Subscriber) -> None:
        with self.app.app_context():
            for heard in subscriber.listen():
                if isinstance(heard, pubsub.Hint):
                    self._pass_on(heard.stream, heard.data)
                else:
                    self._tell_all({"event": "ready"})

    def _keep_beating(self) -> None:
        """Every pulse has a second of its own among the fifteen: never do all sockets ask the database at once."""
        for second in itertools.count():
            gevent.sleep(1)
            due = [
                list(connections)
                for pulse, connections in self.by_pulse.items()
                if crc32(pulse.encode()) % HEARTBEAT_SECONDS == second % HEARTBEAT_SECONDS
            ]
            # Beside us, so that a database that does not answer holds up one second's heartbeats, not all.
            gevent.spawn(self._beat, due)

    def _beat(self, due: Iterable[Collection[Connection]]) -> None:
        is_away = False
        for connections in due:
            told: dict[str, Any] = {}
            try:
                told = {} if is_away else next(iter(connections)).on_beat()
            except ParleyError:
                for connection in connections:
                    connection.put(STAY_AWAY)
                continue
            except Exception:
                # A page that hears nothing would come back, to the same trouble: it hears that we are here.
                is_away = True
                log.exception("this second's heartbeats say nothing new")
            frame = text_frame(json.dumps({"event": "heartbeat", **told}))
            for connection in connections:
                connection.put(frame)

    def _pass_on(self, stream: str, data: str) -> None:
        kind, payload = data[:1], data[1:]
        hearers = list(self.by_stream.get(stream, ()))
        if kind == frames.SHOW:
            frame = text_frame(payload)
            for connection in hearers:
                connection.put(frame)
        elif kind == frames.RECHECK:
            gevent.spawn(self._recheck, hearers)
        elif kind == frames.CLOSE:
            for connection in hearers:
                connection.put(STAY_AWAY)

    def _recheck(self, connections: list[Connection]) -> None:
        for connection in connections:
            try:
                with self.app.app_context():
                    streams = connection.permitted()
                if streams is None:
                    connection.put(STAY_AWAY)
                    continue
                self._follow(connection, streams)
                connection.put(text_frame(json.dumps({"event": "ready"})))
            except Exception:
                log.exception("could not check what a socket may hear; closing it")
                connection.put(COME_BACK)

    def _tell_all(self, event: dict[str, Any]) -> None:
        frame = text_frame(json.dumps(event))
        for connection in list(self.connections):
            connection.put(frame)


def hub() -> Hub:
    """The hub of this process."""
    return cast("Hub", current_app.extensions["hub"])


def text_frame(text: str) -> bytes:
    """A whole unmasked text frame (RFC 6455 §5.2), encoded once for all who get it."""
    payload = text.encode("utf-8", "replace")
    if len(payload) < 126:
        head = struct.pack("!BB", 0x81, len(payload))
    elif len(payload) < 65536:
        head = struct.pack("!BBH", 0x81, 126, len(payload))
    else:
        head = struct.pack("!BBQ", 0x81, 127, len(payload))
    return head + payload
