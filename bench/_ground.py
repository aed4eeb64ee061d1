"""What every bench stands on: PostgreSQL, Redis, the web and workers of its own, as they run in life, on free ports."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import flask_migrate
import psutil
from flask import Flask
from sqlalchemy import select, text

from app import create_app
from app.config import Settings, environment_with, load_settings
from app.ledger.transaction import system
from app.lib import clock, crypto
from app.lib.database import db, owner_engine
from app.models import Login, User
from app.supervisor import embedded
from app.supervisor.data import DataDirectory, Embedded, free_port, write_private
from app.supervisor.program import Command, Program

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0
MEGABYTE = 1024 * 1024


@dataclass
class Ground:
    """A data directory of its own, and what runs on it. `given` are the settings of all of it."""

    data: DataDirectory
    where: Embedded
    port: int
    given: dict[str, str]
    running: list[tuple[int, Program]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.given["public_url"]

    @property
    def settings(self) -> Settings:
        return load_settings(**self.given)

    def begin(self, program: Program) -> int:
        """Starts it, to be stopped at the end; returns its process id."""
        pid = program.begin()
        self.running.append((pid, program))
        return pid

    def app(self) -> Flask:
        """The application on this ground, in this process."""
        return create_app(self.settings)

    def web(self, *, processes: int = 1) -> psutil.Process:
        """gunicorn as the project configures it; returns the first of the processes that answer."""
        argv = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), "wsgi:app"]
        environment = environment_with({**self.given, "web_processes": str(processes)})
        master = self.begin(Command(name="web", argv=argv, environment=environment, log=self.log("web")))
        wait_for(
            lambda: answers(self.port) and len(psutil.Process(master).children()) == processes,
            f"the web ({self.log('web')})",
        )
        return psutil.Process(master).children()[0]

    def worker(self, *queues: str) -> int:
        argv = [sys.executable, "-m", "workers", *queues]
        return self.begin(
            Command(name="worker", argv=argv, environment=environment_with(self.given), log=self.log("worker"))
        )

    def log(self, name: str) -> Path:
        return self.data.folder("log") / f"{name}.log"

    def stop_last(self) -> None:
        pid, program = self.running.pop()
        end(pid, program.stops_on)

    def stop(self) -> None:
        """Last begun, first ended: the databases outlive those who use them."""
        for pid, program in reversed(self.running):
            end(pid, program.stops_on)


@contextmanager
def ground(**given: str) -> Iterator[Ground]:
    """PostgreSQL and Redis as bin/dev runs them, migrated and empty; all of it is gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="parley-bench-"))
    data, port = DataDirectory(folder), free_port()
    where = Embedded(postgres_port=free_port(), redis_port=free_port())
    own = Ground(
        data,
        where,
        port,
        {
            "environment": "production",
            "secret_key": "only the benches know this key, and forget it",
            "database_url": embedded.postgres_url(where),
            "redis_url": embedded.redis_url(where),
            "public_url": f"http://localhost:{port}",
            "bind": f"127.0.0.1:{port}",
            "data_dir": str(folder),
            "log_level": "WARNING",
            **given,
        },
    )
    # SIGTERM ends a bench as Ctrl-C does, with what it began.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        own.begin(embedded.redis_server(data, where))
        own.begin(embedded.postgres(data, where))
        wait_for(lambda: embedded.postgres_is_ready(where), "PostgreSQL")
        wait_for(lambda: embedded.redis_is_ready(where), "Redis")
        with own.app().app_context():
            flask_migrate.upgrade(str(ROOT / "migrations"))
        write_private(folder / "settings.json", json.dumps(own.given))
        yield own
    finally:
        own.stop()
        shutil.rmtree(folder, ignore_errors=True)


def sign_in(app: Flask, email: str) -> str:
    """A `Cookie` header of a browser in which that person is signed in."""
    secret = crypto.token()
    with system(why="a bench"):
        user = db.session.scalars(select(User).where(User.email == email)).one()
        expires = clock.now() + timedelta(hours=2)
        db.session.add(Login(user_id=user.id, token_digest=crypto.digest(secret), expires_at=expires))
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]  # the cookie's own
    return f"parley_session={signer.dumps({'_user_id': secret, '_fresh': True})}"


def as_owner(settings: Settings, *statements: str, **values: Any) -> None:
    """SQL past all policies, each statement committed by itself: how a bench fills tables."""
    engine = owner_engine(settings)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execute(text(statement), values)
    engine.dispose()


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_for(ready: Any, what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what} was not ready within {seconds:.0f} s")
        time.sleep(0.05)


def end(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return
        time.sleep(0.05)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


@dataclass(frozen=True)
class Memory:
    """Megabytes. `pss` counts a page that several processes share in parts, `rss` whole in each of them."""

    pss: float
    rss: float


def memory(process: psutil.Process) -> Memory:
    full = process.memory_full_info()
    return Memory(full.pss / MEGABYTE, full.rss / MEGABYTE)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(len(ordered) * share) // 100) - 1))]


def spread(seconds: Sequence[float], shares: Sequence[int] = (50, 95, 99)) -> dict[str, float]:
    """Percentiles in milliseconds, for the closing JSON."""
    return {f"p{share}_ms": round(percentile(seconds, share) * 1000, 2) for share in shares}


def in_words(figures: dict[str, float]) -> str:
    return ", ".join(f"{name.removesuffix('_ms')} {value:.1f} ms" for name, value in figures.items())


def verdict(value: float, target: float, *, at_least: bool = False) -> str:
    reached = value >= target if at_least else value <= target
    return "reached" if reached else "MISSED"


def close(bench: str, figures: dict[str, Any]) -> None:
    """The last line: everything again, for programs."""
    machine = {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "python": sys.version.split()[0],
        "at": clock.now().isoformat(timespec="seconds"),
    }
    print(json.dumps({"bench": bench, **figures, "machine": machine}), flush=True)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)
