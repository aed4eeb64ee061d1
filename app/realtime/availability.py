"""Tells colleagues that someone is now online, busy or offline by their own choice."""

from __future__ import annotations

from collections.abc import Sequence

from app.models.event import Event
from app.models.membership import Availability
from app.realtime import frames, presence, streams


def tell_availability(events: Sequence[Event]) -> None:
    for event in events:
        stream = streams.of_account(event.account_id)
        chosen = event.data["availability"]
        is_there = f"user:{event.subject_id}" in presence.there(stream)
        online = is_there and chosen != Availability.OFFLINE
        frames.tell(stream, "presence", user=event.subject_id, online=online, availability=chosen)
