"""The processes of a Parley that was killed: they end by themselves, and until then nobody else may use its files."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from app.supervisor.data import write_private

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 12.0


def note(file: Path, pids: list[int]) -> None:
    """Keeps who runs now, each with the hour of its birth: a number alone is given to another process later."""
    born = {}
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            born[pid] = psutil.Process(pid).create_time()
    # Whole or not at all: we may be killed at this very moment.
    write_private(file, json.dumps(born))


def outlive(file: Path) -> None:
    """Waits for the processes of an earlier run to end, and ends those that do not."""
    left = _alive(file)
    deadline = time.monotonic() + PATIENCE
    while left and time.monotonic() < deadline:
        time.sleep(0.1)
        left = _alive(file)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
            process.wait(5)


def _alive(file: Path) -> list[psutil.Process]:
    found = []
    for pid, born in (json.loads(file.read_text()) if file.exists() else {}).items():
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(int(pid))
            if process.create_time() == born and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found
