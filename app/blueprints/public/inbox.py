"""An inbox, as its customers may know it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, jsonify

from app.blueprints.guards import Door
from app.blueprints.public.client import caller, the_inbox
from app.channels.api import ApiSettings
from app.lib.week import DAY, Hours
from app.models.working_hours import week_of

door = Door("inbox", __name__, guard=caller)


@door.get("")
def show() -> Response:
    inbox = the_inbox()
    hours = week_of(inbox).hours
    return jsonify(
        identifier=inbox.address,
        name=inbox.name,
        timezone=inbox.timezone,
        working_hours=[_day(number, hours) for number in range(7)],
        working_hours_enabled=inbox.working_hours_enabled,
        csat_survey_enabled=inbox.csat_survey_enabled,
        greeting_enabled=inbox.greeting_enabled,
        identity_validation_enabled=ApiSettings.model_validate(inbox.channel_settings).hmac_mandatory,
    )


def _day(number: int, hours: Sequence[Hours]) -> dict[str, Any]:
    """A day, 0 is Sunday, from its first opening to its last closing: callers know of no break in between."""
    of_day = [each for each in hours if each.day == number]
    opens = min((each.opens_at for each in of_day), default=0)
    closes = max((each.closes_at for each in of_day), default=0)
    is_whole = (opens, closes) == (0, DAY)
    told: dict[str, Any] = {"day_of_week": number, "open_all_day": is_whole, "closed_all_day": not of_day}
    if of_day and not is_whole:
        # Minute 1440 is the end of the day, which clocks call 23:59.
        last = min(closes, DAY - 1)
        told |= {"open_hour": opens // 60, "open_minutes": opens % 60}
        told |= {"close_hour": last // 60, "close_minutes": last % 60}
    return told
