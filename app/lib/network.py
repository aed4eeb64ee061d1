"""Connects for the HTTP client: to checked addresses only, and never longer than until one deadline."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import httpcore

from app.lib import guard


class GuardedWay(httpcore.NetworkBackend):
    """Connects to checked addresses only: the name is looked up once, and what was checked is what is connected to."""

    def __init__(self, deadline: float, *, allow_private: bool) -> None:
        self._deadline = deadline
        self._allow_private = allow_private
        self._backend = httpcore.SyncBackend()
        self.has_written = False

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = guard.addresses(host, port, allow_private=self._allow_private)
        for nth, address in enumerate(addresses, start=1):
            # Each address gets an even share of the time left, so that a dead one does not use up all of it.
            share = self.left() / (len(addresses) - nth + 1)
            try:
                stream = self._backend.connect_tcp(address, port, share, local_address, socket_options)
                return _TimedStream(stream, self)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if nth == len(addresses):
                    raise
        raise httpcore.ConnectError(f"{host} has no address")

    def left(self) -> float:
        """Seconds until the deadline. Raises ReadTimeout after it."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time is up")
        return left


class _TimedStream(httpcore.NetworkStream):
    """Gives every single step no more than what is left of the whole time."""

    def __init__(self, stream: httpcore.NetworkStream, way: GuardedWay) -> None:
        self._stream = stream
        self._way = way

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._way.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._way.has_written = True
        self._stream.write(buffer, self._way.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, self._way.left()), self._way)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
