"""A bad line between two programs: it passes on what is said, and breaks or falls silent where a test wants it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable


class BadLine:
    """Listens on `port` and passes everything on to `target`. After `breaks_after` bytes from there it is cut;
    `is_silent` swallows what comes from there; `garble` changes what goes there.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.breaks_after: int | None = None
        self.is_silent = False
        self.garble: Callable[[bytes], bytes] = lambda said: said
        self.calls = 0
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._take_calls, daemon=True).start()

    def cut(self) -> None:
        """Everybody is cut off now."""
        for each in self._open:
            _end(each)
        self._open.clear()

    def close(self) -> None:
        _end(self._listener)
        self.cut()

    def _take_calls(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            self.calls += 1
            try:
                called = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                _end(caller)
                continue
            self._open += [caller, called]
            threading.Thread(target=self._pass_on, args=(caller, called), daemon=True).start()
            threading.Thread(target=self._pass_back, args=(called, caller), daemon=True).start()

    def _pass_on(self, caller: socket.socket, called: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while heard := caller.recv(65536):
                called.sendall(self.garble(heard))
        _end(called)

    def _pass_back(self, called: socket.socket, caller: socket.socket) -> None:
        said = 0
        with contextlib.suppress(OSError):
            while heard := called.recv(65536):
                if self.breaks_after is not None and said + len(heard) > self.breaks_after:
                    caller.sendall(heard[: self.breaks_after - said])
                    break
                said += len(heard)
                if not self.is_silent:
                    caller.sendall(heard)
        _end(caller)
        _end(called)


def _end(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        line.close()
