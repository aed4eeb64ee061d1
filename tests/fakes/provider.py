"""A provider's API on the loopback, to be filled with one provider's own rules; it can be told to fail, wait and repeat."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from tests.fakes.places import PROVIDER_URLS


@dataclass(frozen=True)
class Asked:
    """`path` is without its query; header names are lower-case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body or b"null")

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def form_lists(self) -> dict[str, list[str]]:
        """As `form`, for names that come several times."""
        lists: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.body.decode(), keep_blank_values=True):
            lists.setdefault(name, []).append(value)
        return lists


@dataclass(frozen=True)
class Told:
    """An answer: a `body` of dict or list is JSON. It comes after `wait` seconds; `hangs_up` says nothing at all."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    hangs_up: bool = False


class ProviderStandIn:
    """Subclasses write `answer`. What is in `instead` answers the next calls that `is_send` says are sends.

    `asked` is every call in order.
    """

    name: str
    """As PROVIDER_URLS calls it."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.instead: deque[Told | Callable[[Asked], Told | None]] = deque()
        self.lock = threading.RLock()
        self.mood: Callable[[Asked], Told | None] | None = None
        """Asked before each send: what it is answered with instead."""
        self.noted: Callable[[Asked, Told], None] | None = None
        """Told of each send and its answer."""

    @property
    def url(self) -> str:
        return PROVIDER_URLS[self.name]

    def answer(self, asked: Asked) -> Told:
        raise NotImplementedError

    def is_send(self, asked: Asked) -> bool:
        raise NotImplementedError

    def heard(self, asked: Asked) -> Told:
        with self.lock:
            self.asked.append(asked)
            if not self.is_send(asked):
                return self.answer(asked)
            told = self._instead(asked) or self.answer(asked)
            if self.noted is not None:
                self.noted(asked, told)
            return told

    def _instead(self, asked: Asked) -> Told | None:
        if self.mood is not None and (told := self.mood(asked)) is not None:
            return told
        if not self.instead:
            return None
        instead = self.instead.popleft()
        return instead if isinstance(instead, Told) else instead(asked)


StandIn = TypeVar("StandIn", bound=ProviderStandIn)


class _Server(ThreadingHTTPServer):
    request_queue_size = 100

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever is killed in the middle of a call hangs up."""


@contextmanager
def serving(stand_in: StandIn) -> Iterator[StandIn]:
    """It listens where the tests' settings say that the provider of its `name` is, which is `stand_in.url`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            parts = urlsplit(self.path)
            told = stand_in.heard(
                Asked(
                    self.command,
                    parts.path,
                    dict(parse_qsl(parts.query, keep_blank_values=True)),
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(length),
                )
            )
            time.sleep(told.wait)
            if told.hangs_up:
                self.close_connection = True
                return
            is_json = isinstance(told.body, dict | list)
            body = json.dumps(told.body).encode() if is_json else told.body
            self.send_response(told.status)
            for name, value in {
                "content-type": "application/json" if is_json else "text/plain",
                **told.headers,
                "content-length": str(len(body)),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _do  # noqa: N815  # as http.server calls them

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = _Server(("127.0.0.1", urlsplit(stand_in.url).port or 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
