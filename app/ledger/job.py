"""What a job is: inside work, which touches only the database, or outside work, which hands something over to the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.lib.queue import NotYet, Refused, TryAgain, Unheard

__all__ = ["Inside", "Job", "Jobs", "NotYet", "Outside", "Refused", "TryAgain", "Unheard"]


@dataclass(frozen=True)
class Inside:
    """`run(*args)` in a frame: its effect and the end of its row commit together, so it happens exactly once."""

    run: Callable[..., None]
    window: float = 24 * 3600
    """How long a failing job is tried again before it is parked, in seconds."""
    ahead: Callable[[Sequence[Sequence[Any]]], None] | None = None
    """Given the arguments of several runs that follow in the same frame, looks up together what each would ask for."""


@dataclass(frozen=True)
class Outside:
    """Three steps: `prepare(*args)` in a frame, `call(plan)` in none, `settle(plan, result)` in a frame again.

    `prepare` returns None when there is nothing to do, and may raise `NotYet`. `settle` returns True when there is more
    to do under the same row. `call` raises `Refused` when trying again is of no use: then `refuse(plan, reason)`
    settles it; `TryAgain`, or anything else, is a failure for now. A worker that dies after the hand-over, or a call
    that raises `Unheard`, leaves it open whether it arrived: where it is `repeatable` it is made again, else
    `lost(*args)` tells the story and the row becomes unsure: what is never made twice needs it.
    """

    prepare: Callable[..., Any]
    call: Callable[[Any], Any]
    settle: Callable[[Any, Any], Any]
    refuse: Callable[[Any, str], None]
    lost: Callable[..., None] | None = None
    repeatable: bool | Callable[..., bool] = False
    window: float | Callable[..., float] = 24 * 3600
    delayed: Callable[..., None] | None = None
    """`delayed(*args, reason=…, at=…)` is told that a call failed for now, and when it is made again."""
    give_up: Callable[..., None] | None = None
    """`give_up(*args, reason)` settles what failed for the whole window, instead of parking it."""
    holds: float | None = None
    """How many seconds a row that fails keeps those behind it in its lane waiting; None: until it is settled."""

    def __post_init__(self) -> None:
        if self.lost is None and self.repeatable is not True:
            raise ValueError("What is not simply made again has to say when it is lost.")


Job = Inside | Outside
Jobs = Mapping[str, Job]
