"""How many rows a piece of code makes the database read, as the tenant, by the database's own account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text

from app.config import settings
from app.lib.database import db, owner_engine


def analyze() -> None:
    """Gather statistics, as autovacuum does in life."""
    engine = owner_engine(settings())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))
    engine.dispose()


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """Every statement that is executed meanwhile, with its parameters."""
    noted: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, ___: Any, ____: Any) -> None:
        noted.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield noted
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def rows_read(code: Callable[[], Any]) -> int:
    """The most rows that one of the code's queries read from tables and indexes, those it threw away included."""
    with statements() as noted:
        code()
    return max(_read(statement, parameters) for statement, parameters in noted if statement.startswith("SELECT"))


def _read(statement: str, parameters: Any) -> int:
    connection = db.session.connection().connection.cursor()
    connection.execute(f"explain (analyze, format json) {statement}", parameters)
    return _rows(connection.fetchone()[0][0]["Plan"])


def _rows(plan: dict[str, Any]) -> int:
    below = sum(_rows(part) for part in plan.get("Plans", []))
    if "Scan" not in plan["Node Type"] or plan["Node Type"] == "Bitmap Heap Scan":
        return below
    thrown_away = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    return below + round((plan["Actual Rows"] + thrown_away) * plan["Actual Loops"])
