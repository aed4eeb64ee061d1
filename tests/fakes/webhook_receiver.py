"""Somebody's program on the loopback that our webhooks are posted to: it proves each call as Standard Webhooks says."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from flask import Flask


@dataclass(frozen=True)
class Call:
    """`headers` have lower-case names."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told

    @property
    def key(self) -> str:
        return self.headers["webhook-id"]

    def is_proven(self, secret: str) -> bool:
        """Standard Webhooks 1.0.0, "Verifying webhook authenticity": one of the signatures fits, and it is of now."""
        moment = self.headers["webhook-timestamp"]
        text = f"{self.key}.{moment}.".encode() + self.body
        key = b64decode(secret.removeprefix("whsec_"))
        ours = "v1," + b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
        is_one = any(hmac.compare_digest(ours, theirs) for theirs in self.headers["webhook-signature"].split())
        return is_one and abs(time.time() - int(moment)) < 300

    def is_proven_as_before(self, secret: str) -> bool:
        """The way of programs that were written for Chatwoot."""
        text = self.headers["x-chatwoot-timestamp"].encode() + b"." + self.body
        ours = "sha256=" + hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
        return hmac.compare_digest(ours, self.headers["x-chatwoot-signature"])


@dataclass(frozen=True)
class Reply:
    """How a call is answered; after `wait` seconds, the body in `body`."""

    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0


class Receiver(ThreadingHTTPServer):
    """`calls` is what came; `replies` are used up one by one, then all is well."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.calls: list[Call] = []
        self.replies: list[Reply] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/parley"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hangs up early is no news."""


class _Door(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.calls.append(Call(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        reply = self.server.replies.pop(0) if self.server.replies else Reply()
        time.sleep(reply.wait)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:  # http.server's name
        """Quiet."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    threading.Thread(target=receiver.serve_forever, args=(0.02,), daemon=True).start()
    yield receiver
    receiver.shutdown()
    receiver.server_close()


@contextmanager
def private_calls_allowed(app: Flask) -> Iterator[None]:
    """As where the operator listed the loopback in `PRIVATE_HOSTS`; without it nothing on this machine is called."""
    before = app.config["PARLEY"]
    app.config["PARLEY"] = before.model_copy(update={"private_hosts": ["127.0.0.1"]})
    try:
        yield
    finally:
        app.config["PARLEY"] = before
