"""Many small transactions of one account as one: what comes while one is being committed gathers, and is committed next.

Under load each then costs a part of a transaction; who comes alone waits for nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import OperationalError

from app.errors import Unavailable
from app.ledger.transaction import transaction

MOST = 50
MOST_BYTES = 4_000_000
# Far longer than a commit takes; whoever is told that it failed sends again, and loses nothing.
WAIT_SECONDS = 30.0
DEADLOCK = "40P01"

Run = Callable[[Sequence[Any]], None]
"""Does the work of several at once, inside the account's frame."""


@dataclass(eq=False)
class Waiting:
    """One of those who gather; `leads` when it is its turn to commit all that have gathered."""

    given: Any
    size: int
    is_next: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    failure: BaseException | None = None


_lock = threading.Lock()
# Who waits while somebody of the same account and work is committing: there is an entry for as long as somebody is.
_gathered: dict[tuple[int, Run], list[Waiting]] = {}


def together(account_id: int, given: Any, run: Run, *, size: int = 0) -> None:
    """Outside of any frame: `run([given, …])` in one transaction with others' that came at the same moment.

    Returns once that is committed. Raises what `run` raises for this one alone, and Unavailable. `size` is in bytes.
    """
    mine, key = Waiting(given, size), (account_id, run)
    with _lock:
        if key in _gathered:
            _gathered[key].append(mine)
        else:
            _gathered[key], mine.leads = [], True
    if not mine.leads and not mine.is_next.wait(WAIT_SECONDS):
        _leave(key, mine)
    if mine.leads:
        _lead(key, mine)
    if mine.failure is not None:
        raise mine.failure


def _leave(key: tuple[int, Run], mine: Waiting) -> None:
    """Raises Unavailable, unless it has become our turn in this very moment. What is under way may be committed yet."""
    with _lock:
        if mine.leads:
            return
        if mine in _gathered.get(key, ()):
            _gathered[key].remove(mine)
    raise Unavailable("It could not be kept in time.")


def _lead(key: tuple[int, Run], mine: Waiting) -> None:
    with _lock:
        several = _taken(_gathered[key], mine)
    try:
        _commit(key, several)
    finally:
        with _lock:
            _hand_on(key)
        for each in several:
            each.is_next.set()


def _taken(waiting: list[Waiting], mine: Waiting) -> list[Waiting]:
    """The first ones, within measure, behind `mine`."""
    several, size = [mine], mine.size
    while waiting and len(several) < MOST and size + waiting[0].size <= MOST_BYTES:
        size += waiting[0].size
        several.append(waiting.pop(0))
    return several


def _hand_on(key: tuple[int, Run]) -> None:
    """The next of those that have gathered meanwhile leads; when there is none, whoever comes first."""
    if waiting := _gathered[key]:
        following = waiting.pop(0)
        following.leads = True
        following.is_next.set()
    else:
        del _gathered[key]


def _commit(key: tuple[int, Run], several: Sequence[Waiting]) -> None:
    """All at once; where that fails, each alone, so that one does not spoil it for the others."""
    account_id, run = key
    try:
        with transaction(account_id):
            run([each.given for each in several])
    except BaseException as failure:
        if len(several) > 1 and not _is_everybodys(failure):
            for each in several:
                _commit(key, [each])
            return
        for each in several:
            each.failure = failure


def _is_everybodys(failure: BaseException) -> bool:
    """Each alone would fail as well: the database is away, or this process ends."""
    if isinstance(failure, OperationalError):
        return getattr(failure.orig, "pgcode", None) != DEADLOCK
    return not isinstance(failure, Exception)
