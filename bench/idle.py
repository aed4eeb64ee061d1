"""How much memory the whole product takes when nobody asks for anything: every process, with PostgreSQL and Redis.

Run as `python -m bench.idle [seconds]`: starts what bin/dev starts, with the demo in it. Promised: 450 MB, each page of
memory counted once however many processes share it (proportional set size); Chroma is told and not counted.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path

import psutil

from app.supervisor.data import free_port
from bench import _ground as at

SECONDS, TARGET = 30, 450.0
NOT_COUNTED = "Chroma"
# RQ gives its workers titles of its own.
SIGNS = {"Chroma": "chroma", "Redis": "redis-server", "PostgreSQL": "postgres", "web": "gunicorn", "workers": "rq:"}


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    folder = Path(tempfile.mkdtemp(prefix="parley-bench-"))
    port = free_port()
    argv = [sys.executable, "-m", "app.supervisor", "--port", str(port), "--data", str(folder)]
    with (folder / "output").open("wb") as output:
        running = subprocess.Popen(argv, cwd=at.ROOT, stdout=output, stderr=output, start_new_session=True)
    try:
        at.wait_for(lambda: (folder / "demo.json").exists() and at.answers(port), f"Parley ({folder})", 120)
        time.sleep(seconds)
        busy_before = cpu(running.pid)
        time.sleep(seconds)
        busy = (cpu(running.pid) - busy_before) / seconds * 100
        found = weigh(running.pid)
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
    report(found, busy)


def family(pid: int) -> list[psutil.Process]:
    return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]


def cpu(pid: int) -> float:
    """Seconds of processor that all of it has taken."""
    total = 0.0
    for process in family(pid):
        with suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:2])
    return total


def weigh(pid: int) -> dict[str, tuple[int, float]]:
    """How many processes of each part there are, and their megabytes."""
    numbers: Counter[str] = Counter()
    weights: dict[str, float] = defaultdict(float)
    for process in family(pid):
        with suppress(psutil.NoSuchProcess):
            name = part(process)
            numbers[name] += 1
            weights[name] += at.memory(process).pss
    return {name: (numbers[name], weights[name]) for name in numbers}


def part(process: psutil.Process) -> str:
    words = " ".join(process.cmdline()).strip()
    for name, sign in SIGNS.items():
        if sign in words:
            return name
    return words.removeprefix("parley: ") if words.startswith("parley: ") else "supervisor"


def report(found: dict[str, tuple[int, float]], busy: float) -> None:
    total = sum(weight for name, (_, weight) in found.items() if name != NOT_COUNTED)
    for name, (number, weight) in sorted(found.items(), key=lambda one: -one[1][1]):
        processes = "1 process" if number == 1 else f"{number} processes"
        print(f"{name}: {weight:.0f} MB in {processes}{' (not counted)' if name == NOT_COUNTED else ''}.")
    print(f"Together they hold {total:.0f} MB, and take {busy:.1f} % of a core.")
    print(f"Promised are {TARGET:.0f} MB: {at.verdict(total, TARGET)}.")
    at.close(
        "idle",
        {
            "total_mb": round(total),
            "parts_mb": {name: round(weight) for name, (_, weight) in found.items()},
            "percent_of_core": round(busy, 1),
            "target_mb": TARGET,
        },
    )


if __name__ == "__main__":
    main()
