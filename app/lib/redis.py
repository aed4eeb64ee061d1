"""Opens this process's own connection to Redis, at its first use and again after a fork."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from functools import lru_cache
from typing import Protocol, cast

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.config import settings

# Redis only ever holds hints: whoever waits for it longer than this makes people wait for nothing.
TIMEOUT_SECONDS = 2.0


class Wire(Protocol):
    """What `pubsub` uses of redis-py's connection, which carries no types itself."""

    def connect(self) -> None: ...
    def disconnect(self) -> None: ...
    def send_command(self, *command: str, check_health: bool) -> None: ...
    def read_response(self, *, timeout: float, disconnect_on_error: bool) -> object: ...


def client(url: str | None = None) -> Redis:
    """The process's client for `url` (by default the settings'); texts come back as bytes; calls raise RedisError."""
    return _client(os.getpid(), url or settings().redis_url)


@lru_cache(maxsize=8)
def _client(_process: int, url: str) -> Redis:
    # One retry, at once: a connection that idled through a restart of Redis is only found out by using it.
    return _open(url, retries=1)


def wire(url: str) -> Wire:
    """A bare connection that never mends itself in silence; not open yet."""
    return cast("Wire", _open(url, retries=0).connection_pool.make_connection())


def cut(wire: Wire) -> None:
    """Shut the connection's socket, so that whoever reads from it sees its end."""
    sock = cast("socket.socket | None", getattr(wire, "_sock", None))
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _open(url: str, *, retries: int) -> Redis:
    return Redis.from_url(
        url,
        protocol=2,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), retries),
    )
