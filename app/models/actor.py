"""Who did something: a person at the desk, a customer, or Parley itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    USER = "user"
    CONTACT = "contact"
    BOT = "bot"
    CAPTAIN = "captain"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    kind: ActorKind
    id: int | None = None
    name: str = ""


SYSTEM = Actor(ActorKind.SYSTEM, name="Parley")
