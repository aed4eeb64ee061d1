"""Who may see what has changed: sockets ask again, and those who may no longer listen are closed."""

from __future__ import annotations

from collections.abc import Sequence

from app.models.event import Event
from app.realtime import frames, streams


def revoke(events: Sequence[Event]) -> None:
    for stream in {_concerned(event) for event in events}:
        frames.recheck(stream)


def _concerned(event: Event) -> str:
    if event.subject_kind == "memberships":
        return streams.of_user(event.account_id, event.subject_id)
    return streams.of_account(event.account_id)
