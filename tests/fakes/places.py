"""Where the stand-ins of providers are: one port each for as long as the tests run, the same for every process of them."""

from __future__ import annotations

import os
import re
import socket

NAMES = (
    "graph",
    "instagram_graph",
    "instagram_login",
    "telegram",
    "line",
    "line_data",
    "line_stickers",
    "x",
    "x_login",
    "tiktok",
    "tiktok_login",
    "twilio",
    "twilio_content",
    "twilio_messaging",
    "bandwidth",
    "bandwidth_api",
)
# Below the ports that the system gives to outgoing connections, and apart for each of pytest's workers.
FIRST, ROOM = 20_000, 300


def _free(start: int) -> int:
    for port in range(start, start + ROOM // len(NAMES)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port from {start} on")


def _places() -> dict[str, str]:
    worker = re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or str(10 + os.getpid() % 20)
    begin = FIRST + int(worker) * ROOM
    return {name: f"http://127.0.0.1:{_free(begin + n * (ROOM // len(NAMES)))}" for n, name in enumerate(NAMES)}


PROVIDER_URLS = _places()
