"""Many open sockets in one lean process: no library, one epoll, so that what is measured is the server.

Run by bench.sockets with its orders as JSON on the command line; speaks to it in lines of JSON on standard output.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field

OPENING = 24
MARK = re.compile(rb"<!--mark (\d+)-->")
LONGEST_MARK = 40
UPGRADED = b"HTTP/1.1 101"


@dataclass
class Listener:
    sock: socket.socket
    is_ready: bool = False
    tail: bytes = b""


@dataclass
class Listeners:
    """`cookies` are used in turn, so that each person has several pages open."""

    host: str
    port: int
    path: str
    cookies: list[str]
    number: int
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    receipts: dict[int, list[float]] = field(default_factory=dict)
    begun: int = 0
    ready: int = 0
    lost: int = 0
    is_over: bool = False

    def open_all(self) -> None:
        while self.ready + self.lost < self.number:
            while self.begun < self.number and self.begun - self.ready - self.lost < OPENING:
                self._open(self.cookies[self.begun % len(self.cookies)])
            self.read(1.0)

    def _open(self, cookie: str) -> None:
        sock = socket.create_connection((self.host, self.port), timeout=30)
        sock.sendall(
            f"GET {self.path} HTTP/1.1\r\nHost: localhost:{self.port}\r\nOrigin: http://localhost:{self.port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
            f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: {cookie}\r\n\r\n".encode()
        )
        sock.setblocking(False)
        self.selector.register(sock, selectors.EVENT_READ, Listener(sock))
        self.begun += 1

    def read(self, seconds: float) -> None:
        for key, _ in self.selector.select(seconds):
            listener: Listener | None = key.data
            if listener is None:
                self.is_over = True
                return
            try:
                data = listener.sock.recv(65536)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            self._take(listener, data)

    def _take(self, listener: Listener, data: bytes) -> None:
        now = time.monotonic()
        if not data:
            self.selector.unregister(listener.sock)
            listener.sock.close()
            self.ready -= listener.is_ready
            self.lost += 1
            return
        seen = listener.tail + data
        if not listener.is_ready:
            if not seen.startswith(UPGRADED[: len(seen)]):
                sys.exit(f"a socket was refused: {seen[:200]!r}")
            # The beginning stays, to be looked at again; of the rest enough to find a word cut in two.
            listener.tail = seen[: len(UPGRADED)] + seen[len(UPGRADED) :][-LONGEST_MARK:]
            if b'"event": "ready"' in seen:
                listener.is_ready, listener.tail = True, b""
                self.ready += 1
            return
        for mark in MARK.finditer(seen):
            self.receipts.setdefault(int(mark[1]), []).append(now)
        # What has been counted must not be seen again with what comes next.
        listener.tail = seen[_end(seen) :][-LONGEST_MARK:]


def _end(seen: bytes) -> int:
    """Where the last mark ends."""
    return max((mark.end() for mark in MARK.finditer(seen)), default=0)


def main() -> None:
    orders = json.loads(sys.argv[1])
    listeners = Listeners(**orders)
    listeners.open_all()
    say({"open": listeners.ready})
    # A line, or the end of whoever reads us, ends the listening.
    listeners.selector.register(sys.stdin, selectors.EVENT_READ, None)
    while not listeners.is_over:
        listeners.read(1.0)
    say({"open": listeners.ready, "receipts": listeners.receipts})


def say(words: object) -> None:
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    main()
