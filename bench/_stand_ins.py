"""The far ends of a storm: a customer's program that answers are posted to, and a mail server; now and then they refuse."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from app.supervisor.data import free_port

# How many of a hundred calls are refused for now, as providers do on a bad day.
REFUSED = 3


class Program(ThreadingHTTPServer):
    """Whatever has the same `webhook-id` is one message to it, as Standard Webhooks asks; `taken` counts the calls of each."""

    daemon_threads = True
    request_queue_size = 100

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.taken: Counter[str] = Counter()
        self.heard: list[dict[str, Any]] = []
        self.refused = 0
        self.dice = random.Random(7)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/parley"

    def take(self, key: str, event: dict[str, Any]) -> None:
        """A ping is no message."""
        if event["event"] == "message_created":
            self.taken[key] += 1
            if self.taken[key] == 1:
                self.heard.append(event)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever is killed in the middle of a call hangs up."""


class _Door(BaseHTTPRequestHandler):
    server: Program

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        is_refused = self.server.dice.randrange(100) < REFUSED
        if is_refused:
            self.server.refused += 1
        else:
            self.server.take(self.headers["webhook-id"], json.loads(body))
        self.send_response(503 if is_refused else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@dataclass
class Post:
    """A mail server; `taken` counts the mails of each Message-ID."""

    taken: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    port: int = 0
    dice: random.Random = field(default_factory=lambda: random.Random(8))

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        if self.dice.randrange(100) < REFUSED:
            self.refused += 1
            return "451 4.3.2 Come again later"
        mail = message_from_bytes(bytes(envelope.content or b""))
        self.taken[str(mail["Message-ID"]).strip("<> ")] += 1
        return "250 2.0.0 Taken"


@contextmanager
def far_ends() -> Iterator[tuple[Program, Post]]:
    program, post = Program(), Post(port=free_port())
    controller = Controller(post, hostname="127.0.0.1", port=post.port)
    controller.start()
    threading.Thread(target=program.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield program, post
    finally:
        program.shutdown()
        program.server_close()
        controller.stop(no_assert=True)
