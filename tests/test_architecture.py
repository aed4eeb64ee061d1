"""The plan of the house holds: imports go down, only the ledger commits, every name leads somewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from app.ledger.reactions import REACTIONS
from app.lib.queue import Queue
from app.realtime.broadcasts import BROADCASTS
from workers.jobs import JOBS

ROOT = Path(__file__).resolve().parents[1]

# Floor by floor, from the ground up; rooms of one floor stand side by side and do not import each other.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("app.errors",),
    ("app.config",),
    ("app.lib",),
    ("app.channels",),
    ("app.models",),
    ("app.queries", "app.realtime"),
    ("app.actions",),
    ("app.captain",),
    ("app.ledger",),
    ("app.demo",),
    ("app.blueprints", "workers", "app.cli"),
    ("app",),
    ("app.supervisor", "wsgi", "workers.__main__"),
)

# Who may enter a frame that sees all accounts, besides the ledger itself.
SYSTEM_CALLERS = {
    "app/blueprints/agent/habits.py",
    "app/blueprints/auth",
    "app/blueprints/guards.py",
    "app/blueprints/hooks.py",
    "app/blueprints/profile",
    "app/blueprints/public",
    "app/blueprints/settings/people.py",
    "app/blueprints/signing_in.py",
    "app/blueprints/widget",
    "app/blueprints/api",
    "app/cli",
    "app/demo",
    "app/ledger",
    "workers/mailwatch.py",
    "workers/schedule.py",
}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))
    if "app" in folders:
        yield ROOT / "wsgi.py"


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> set[str]:
    """The modules a file imports when it runs; what only types need does not count."""
    found: set[str] = set()
    for node in _running(tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {name for name in found if name.split(".")[0] in ("app", "workers", "wsgi", "widget")}


def _running(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _running(child)


def room_of(module: str) -> tuple[int, str] | None:
    """The floor and the room that a module belongs to."""
    matches = [
        (len(room), floor, room)
        for floor, rooms in enumerate(FLOORS)
        for room in rooms
        if module == room or module.startswith(f"{room}.")
    ]
    return max(matches)[1:] if matches else None


@pytest.mark.parametrize("path", list(sources("app", "workers")), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_only(path: Path) -> None:
    own = room_of(name_of(path))
    assert own, f"{path} stands on no floor"
    for module in imported(path):
        other = room_of(module)
        if other is None or other == own:
            continue
        assert other[0] < own[0], f"{name_of(path)} ({own[1]}) imports {module} ({other[1]})"


def _calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_only_the_ledger_commits() -> None:
    committing = {
        path.relative_to(ROOT).as_posix()
        for path in sources("app", "workers")
        for name, _ in _calls(path)
        if name.endswith(("session.commit", "session.rollback", "session().commit"))
    }
    assert committing <= {"app/ledger/transaction.py"}


def test_only_the_listed_enter_the_system_frame() -> None:
    entering = {
        path.relative_to(ROOT).as_posix()
        for path in sources("app", "workers")
        for name, _ in _calls(path)
        if name in ("system", "transaction.system")
    }
    strangers = {path for path in entering if not any(path.startswith(caller) for caller in SYSTEM_CALLERS)}
    assert not strangers


def test_only_realtime_publishes() -> None:
    publishing = {
        path.relative_to(ROOT).as_posix()
        for path in sources("app", "workers")
        for name, _ in _calls(path)
        if name.endswith("pubsub.publish")
    }
    assert {path.split("/")[1] for path in publishing} <= {"realtime"}


def test_only_the_settings_read_the_environment() -> None:
    reading = {
        path.relative_to(ROOT).as_posix()
        for path in sources("app", "workers")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv")
    }
    assert reading <= {"app/config.py"}


def test_every_job_that_is_wished_for_exists() -> None:
    wished = {
        call.args[0].value
        for path in sources("app", "workers")
        for name, call in _calls(path)
        if name == "later" and call.args and isinstance(call.args[0], ast.Constant)
    }
    wished |= {job for reaction in REACTIONS.values() for job in reaction.later}
    assert wished <= set(JOBS)
    assert {queue.value for queue in Queue} == {"inbound", "outbound", "events", "captain", "slow"}


def test_every_recorded_event_has_its_reactions() -> None:
    recorded: set[str] = set()
    for path in sources("app", "workers"):
        for name, call in _calls(path):
            if name == "record" and call.args and isinstance(call.args[0], ast.Constant):
                recorded.add(str(call.args[0].value))
    assert recorded <= set(REACTIONS)
    shown = {name for name, reaction in REACTIONS.items() if any(now.__name__ == "broadcast" for now in reaction.now)}
    assert shown == set(BROADCASTS)


def test_files_stay_short_enough_to_read() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in sources("app", "workers")
        if (lines := len(path.read_text().splitlines())) > 350
    }
    assert not long
