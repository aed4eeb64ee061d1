"""Who can take a call now: what a channel may ask of the desk while somebody waits on the line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Colleague:
    """`phone` is in E.164."""

    user_id: int
    name: str
    phone: str


@dataclass(frozen=True)
class Standby:
    """`colleagues` are those who can be rung, who was rung longest ago first; `caller` is how the customer is known."""

    colleagues: Sequence[Colleague] = ()
    caller: str = ""
    is_blocked: bool = False
    words: str = ""
    """What the inbox says outside its hours, when nobody is rung."""


Desk = Callable[[str], Standby]
"""Asked with the channel's name for the customer. It answers in a moment: nobody is there when it cannot know in time."""
