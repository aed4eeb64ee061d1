"""A worker that is told to stop stops, whenever it is told."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg2
from flask import Flask
from redis import Redis

from app.config import Settings
from tests.conftest import start_redis


def test_a_worker_told_to_stop_before_it_listens_for_wake_up_calls_stops(app: Flask, settings: Settings) -> None:
    holder = psycopg2.connect(settings.database_url)
    with holder.cursor() as cursor:
        # Its first look at the table waits for us: what it is told meanwhile, it must not forget.
        cursor.execute("lock table work in access exclusive mode")
    worker = a_worker(settings)
    try:
        eventually(lambda: waits_for_the_table(settings))
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        holder.rollback()
        assert worker.wait(20) == 0
    finally:
        worker.kill()
        holder.close()


def test_a_worker_told_to_stop_when_redis_has_just_ended_stops(app: Flask, settings: Settings, tmp_path: Path) -> None:
    """As all of them do when the one who started them is killed."""
    process, url = start_redis(tmp_path)
    worker = a_worker(settings, redis_url=url)
    try:
        with Redis.from_url(url) as redis:
            eventually(lambda: bool(redis.scard("rq:workers")))
        process.kill()
        process.wait()
        time.sleep(0.2)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
    finally:
        worker.kill()
        process.kill()


def a_worker(settings: Settings, *, redis_url: str = "") -> subprocess.Popen[bytes]:
    environment = {
        "SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": redis_url or settings.redis_url,
        "DATA_DIR": settings.data_dir,
        "PATH": "/usr/bin:/bin",
    }
    return subprocess.Popen([sys.executable, "-m", "workers", "events"], env=environment)


def waits_for_the_table(settings: Settings) -> bool:
    with psycopg2.connect(settings.database_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_locks where not granted and relation = 'work'::regclass"
            " and database = (select oid from pg_database where datname = current_database())"
        )
        found = cursor.fetchall()[0][0]
    connection.close()
    return bool(found)


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
