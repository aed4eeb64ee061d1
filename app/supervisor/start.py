"""The order in which Parley comes up: databases, migrations, demo, then everything that answers people."""

from __future__ import annotations

import gc
import json
import socket
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import configure_mappers

import workers
from app import create_app
from app.cli.database import NewerDatabase, one_line, upgrade
from app.config import Settings, chosen, environment_with, load_settings
from app.demo import facts, load
from app.supervisor import demo_site, embedded, strays
from app.supervisor.children import Children
from app.supervisor.data import DataDirectory, Embedded, is_free, write_private
from app.supervisor.program import Command, Fork
from app.supervisor.trouble import Trouble
from workers import mailwatch, schedule

if TYPE_CHECKING:
    from flask import Flask

ROOT = Path(__file__).resolve().parents[2]
# Families of queues that must not hold up one another.
POOLS = (["inbound", "events"], ["outbound"], ["captain", "slow"])
PATIENCE = 60.0


@dataclass(frozen=True, kw_only=True)
class Options:
    port: int
    data: Path | None
    demo: bool
    production: bool

    @property
    def addresses(self) -> list[str]:
        """Development is for this machine alone, and `localhost` is either of its addresses."""
        if self.production:
            return ["0.0.0.0"]  # noqa: S104  # the image is reached from outside its container
        return ["127.0.0.1", "::1"] if _speaks_ipv6() else ["127.0.0.1"]

    @property
    def bind(self) -> str:
        return ",".join(
            f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}" for address in self.addresses
        )


@dataclass(frozen=True, kw_only=True)
class Parley:
    """One run. `given` are the settings that nobody chose, filled in for it."""

    options: Options
    data: DataDirectory
    where: Embedded
    given: dict[str, str]
    settings: Settings
    app: Flask

    @property
    def facts(self) -> Path:
        return self.data.path / "demo.json"

    @property
    def page(self) -> str:
        # Parley is at localhost; by its number the same machine is another site, as a customer's is in life.
        return f"http://127.0.0.1:{self.where.page_port}/"


def run(options: Options) -> None:
    """Starts everything and keeps it alive until somebody stops it. Raises Trouble, SettingsError or Stopped."""
    data = DataDirectory(options.data or Path(chosen().get("data_dir") or ROOT / "var"))
    data.take()
    processes = data.path / "processes.json"
    strays.outlive(processes)
    if not all(is_free(options.port, address) for address in options.addresses):
        raise Trouble(f"port {options.port} is in use; choose another with --port.")
    parley = _fill_in(options, data)
    with Children(processes) as children:
        _start_databases(parley, children)
        _prepare_database(parley, children)
        _start_parts(parley, children)
        _greet(parley)
        if "chroma_url" in parley.given:
            # Last, for nothing at the start needs it, and it takes a few seconds of a processor.
            children.begin(embedded.chroma(data, parley.where))
        children.watch()
        print("Stopping …", flush=True)


def _fill_in(options: Options, data: DataDirectory) -> Parley:
    where = data.embedded(page_port=options.port + 1)
    given = {
        "public_url": f"http://localhost:{options.port}",
        "database_url": embedded.postgres_url(where),
        "redis_url": embedded.redis_url(where),
        "chroma_url": embedded.chroma_url(where),
    }
    if not options.production:
        given |= {"environment": "development", "secret_key": data.secret_key()}
    named = chosen()
    given = {name: value for name, value in given.items() if name not in named}
    given |= {"data_dir": str(data.path), "bind": options.bind}
    settings = load_settings(**given)
    # bin/parley finds the same databases by it.
    write_private(data.path / "settings.json", json.dumps(given, indent=2) + "\n")
    app = create_app(settings)
    # Here rather than in every fork: it is the larger part of what they would not share.
    configure_mappers()
    return Parley(options=options, data=data, where=where, given=given, settings=settings, app=app)


def _start_databases(parley: Parley, children: Children) -> None:
    where = parley.where
    if "redis_url" in parley.given:
        children.begin(embedded.redis_server(parley.data, where))
    if "database_url" in parley.given:
        if not (parley.data.postgres / "PG_VERSION").exists():
            print("Making the database …", flush=True)
        children.begin(embedded.postgres(parley.data, where))
        children.until(partial(embedded.postgres_is_ready, where), what="PostgreSQL", seconds=PATIENCE)
    if "redis_url" in parley.given:
        children.until(partial(embedded.redis_is_ready, where), what="Redis", seconds=PATIENCE)


def _prepare_database(parley: Parley, children: Children) -> None:
    """In forks, so that this process, which the others are forked from, never holds a connection."""
    if children.once(Fork(name="migrate", call=partial(_migrate, parley))):
        raise Trouble("the database could not be brought to this version; the reason is above.")
    if children.once(Fork(name="demo", call=partial(_load_demo, parley))):
        raise Trouble("the demo could not be loaded; the reason is above.")


def _migrate(parley: Parley) -> None:
    with parley.app.app_context():
        try:
            upgrade()
        except NewerDatabase as newer:
            sys.exit(f"parley: {newer}")
        except DBAPIError as refused:
            sys.exit(f"parley: {one_line(refused)}")


def _load_demo(parley: Parley) -> None:
    with parley.app.app_context():
        if parley.options.demo and load.is_empty():
            print("Loading the demo …", flush=True)
            facts.write(load.load())
        facts.refresh(widget_page=parley.page)


def _start_parts(parley: Parley, children: Children) -> None:
    # What is loaded by now stays out of the collector's rounds, which would copy its pages into every fork.
    gc.collect()
    gc.freeze()
    serve = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), "wsgi:app"]
    children.begin(Command(name="web", argv=serve, environment=environment_with(parley.given)))
    for queues in POOLS:
        children.begin(Fork(name=f"worker for {', '.join(queues)}", call=partial(_work, parley.settings, queues)))
    children.begin(Fork(name="scheduler", call=partial(_schedule, parley.settings)))
    children.begin(Fork(name="mailwatch", call=partial(_watch_mail, parley.settings)))
    if parley.facts.exists():
        children.begin(Fork(name="shop", call=partial(demo_site.serve, parley.where.page_port, parley.facts)))
    children.until(partial(_answers, parley.options), what="web", seconds=PATIENCE)


def _work(settings: Settings, queues: list[str]) -> None:
    workers.run(create_app(settings), queues)


def _schedule(settings: Settings) -> None:
    schedule.run(create_app(settings))


def _watch_mail(settings: Settings) -> None:
    mailwatch.run(create_app(settings))


def _answers(options: Options) -> bool:
    try:
        socket.create_connection((options.addresses[0], options.port), timeout=1).close()
    except OSError:
        return False
    return True


def _greet(parley: Parley) -> None:
    lines = [("Parley", parley.settings.public_url)]
    if parley.facts.exists():
        known = json.loads(parley.facts.read_text())
        people = [known["administrator"], *known["agents"]]
        lines += [
            ("Sign in" if person is people[0] else "or as", f"{person['email']}   {person['password']}")
            for person in people
        ]
        lines += [("A website", f"{known['widget_page']}   with the widget on it")]
    if parley.settings.environment == "development" and not parley.settings.smtp_url:
        lines += [("Mails", f"{parley.settings.public_url}/development/mails")]
    lines += [("Data", f"{parley.data.path}   (its log/ has the databases' words)")]
    print("\n" + "\n".join(f"  {name:<10} {words}" for name, words in lines))
    print("\n  Ctrl-C stops everything.\n", flush=True)


def _speaks_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
