"""A Parley of its own for the tests of starting and stopping: real processes on free ports, in a folder that goes away."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
# A machine that runs the other tests beside these is slow.
PATIENCE = 90.0


def free_ports() -> tuple[int, int]:
    """Two ports in a row that nobody uses: Parley's, and its demo page's."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            with suppress(OSError, OverflowError):
                second.bind(("127.0.0.1", port + 1))
                return port, port + 1


@dataclass
class Started:
    """A supervisor with what it has printed so far."""

    process: subprocess.Popen[str]
    port: int
    data: Path
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        self.lines.extend(iter(self.process.stdout.readline, ""))

    @property
    def said(self) -> str:
        return "".join(self.lines)

    @property
    def facts(self) -> dict[str, Any]:
        return dict(json.loads((self.data / "demo.json").read_text()))

    def until(self, words: str, *, seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.said:
            assert self.process.poll() is None or words in self.said, f"it ended without saying {words!r}:\n{self.said}"
            assert time.monotonic() < deadline, f"it did not say {words!r}:\n{self.said}"
            time.sleep(0.05)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def family(self) -> list[psutil.Process]:
        """All processes that stand and fall with it."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(number)
        self.process.wait(30)


class Starter:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Started] = []

    def __call__(self, *options: str, data: Path | None = None, port: int = 0, **environment: str) -> Started:
        """Runs what bin/dev runs after its setup; of our settings only those named here reach it."""
        port = port or free_ports()[0]
        data = data or self.folder / "data"
        command = [sys.executable, "-m", "app.supervisor", "--port", str(port), "--data", str(data), *options]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**clean_environment(), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(Started(process, port, data))
        return self.started[-1]

    def end(self) -> None:
        for each in self.started:
            if each.process.poll() is None:
                each.stop(signal.SIGTERM)


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    starter = Starter(tmp_path)
    yield starter
    starter.end()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """One Parley with the demo, for the tests that only look at it."""
    starter = Starter(tmp_path_factory.mktemp("parley"))
    started = starter()
    started.until("Ctrl-C stops everything")
    yield started
    starter.end()


def eventually(holds: Any, *, seconds: float = 30.0) -> None:
    """Waits until `holds()`; fails with the last answer."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)
