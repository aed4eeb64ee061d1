"""Opens a plain connection to a host whose addresses were checked, for what is not HTTP: mail servers."""

from __future__ import annotations

import socket
import time

from app.lib import guard


def dial(host: str, port: int, *, timeout: float, allow_private: bool = False) -> socket.socket:
    """A connected socket, whose every further step may take `timeout` seconds too.

    The name is looked up once, and what was checked is what is connected to. `allow_private` is for hosts that the
    settings name, never for one that a user typed. Raises guard.Refused, and OSError when nobody answers in time.
    """
    deadline = time.monotonic() + timeout
    found = guard.addresses(host, port, allow_private=allow_private)
    for nth, address in enumerate(found, start=1):
        # Each address gets an even share of the time left, so that a dead one does not use up all of it.
        share = max(0.1, (deadline - time.monotonic()) / (len(found) - nth + 1))
        try:
            opened = socket.create_connection((address, port), share)
        except OSError:
            if nth == len(found):
                raise
            continue
        opened.settimeout(timeout)
        return opened
    raise OSError(f"{host} has no address")


def is_local(opened: socket.socket) -> bool:
    """Whether the other end is no address of the open internet: this machine, or a network of our own."""
    return not guard.is_public(str(opened.getpeername()[0]))
