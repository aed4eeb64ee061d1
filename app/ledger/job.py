"""What a job is: inside work, which touches only the database, or outside work, which hands something over to the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.lib.queue import Refused, Unheard

__all__ = ["Inside", "Job", "Jobs", "Outside", "Refused", "Unheard"]


@dataclass(frozen=True)
class Inside:
    """`run(*args)` in a frame: its effect and the end of its row commit together, so it happens exactly once."""

    run: Callable[..., None]
    window: float = 24 * 3600
    """How long a failing job is tried again before it is parked, in seconds."""


@dataclass(frozen=True)
class Outside:
    """Three steps: `prepare(*args)` in a frame, `call(plan)` in none, `settle(plan, result)` in a frame again.

    `prepare` returns None when there is nothing to do. `call` raises `Refused` when trying again is of no use: then
    `refuse(plan, reason)` settles it. A worker that dies after the hand-over leaves it open whether the call arrived:
    with `repeatable` it is made again, else `lost(*args)` tells the story and the row becomes unsure.
    """

    prepare: Callable[..., Any]
    call: Callable[[Any], Any]
    settle: Callable[[Any, Any], None]
    refuse: Callable[[Any, str], None]
    lost: Callable[..., None]
    repeatable: bool = False
    window: float = 24 * 3600


Job = Inside | Outside
Jobs = Mapping[str, Job]
