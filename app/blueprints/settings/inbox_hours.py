"""When an inbox is open, in its own time zone, and what it says while it is not."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.blueprints.forms import Form
from app.blueprints.guards import Door, administrator, viewer
from app.errors import Invalid, NotFound
from app.lib.database import db
from app.lib.week import DAY, Hours, zones
from app.models.event import record
from app.models.inbox import Inbox
from app.models.working_hours import MOST_A_DAY, USUAL, set_week, week_of

blueprint = Door("inbox_hours", __name__, guard=administrator, url_prefix="/accounts/<int:account_id>/settings/inboxes")

# The week begins on Monday, though Sunday is day 0.
DAYS = ((1, "Monday"), (2, "Tuesday"), (3, "Wednesday"), (4, "Thursday"), (5, "Friday"), (6, "Saturday"), (0, "Sunday"))
Spans = dict[int, list[tuple[str, str]]]


class HoursForm(Form):
    working_hours_enabled: bool = False
    timezone: str = Field("UTC", max_length=64)
    out_of_office_message: str = Field("", max_length=10_000)


@blueprint.get("/<int:inbox_id>/hours")
def show(inbox_id: int) -> str:
    inbox = found(inbox_id)
    hours = week_of(inbox).hours or (() if inbox.working_hours_enabled else USUAL)
    spans: Spans = {day: [] for day, _ in DAYS}
    for each in hours:
        spans[each.day].append((_clock(each.opens_at), _clock(each.closes_at)))
    typed = {name: getattr(inbox, name) for name in HoursForm.model_fields}
    return _page(inbox, typed, spans)


@blueprint.post("/<int:inbox_id>/hours")
def update(inbox_id: int) -> ResponseReturnValue:
    inbox = found(inbox_id)
    spans = _spans()
    try:
        form = HoursForm.read()
        with db.session.begin_nested():
            set_week(inbox, form.timezone, _hours(spans))
    except Invalid as refused:
        return _page(inbox, {**request.form}, spans, refused.fields), 422
    inbox.working_hours_enabled = form.working_hours_enabled
    inbox.out_of_office_message = form.out_of_office_message or None
    record("inbox.updated", inbox, by=viewer().actor)
    flash("The business hours are saved")
    return redirect(f"/accounts/{inbox.account_id}/settings/inboxes/{inbox.id}/hours", 303)


def found(inbox_id: int) -> Inbox:
    """An inbox of this account, of any channel. Raises NotFound."""
    inbox = Inbox.find(viewer().account.id, inbox_id)
    if inbox is None:
        raise NotFound
    return inbox


def _spans() -> Spans:
    """As they were typed; a line that is wholly empty was not meant."""
    spans: Spans = {}
    for day, _ in DAYS:
        opens, closes = request.form.getlist(f"opens-{day}"), request.form.getlist(f"closes-{day}")
        whole_day = request.form.get(f"whole-{day}")
        pairs = [(one, other) for one, other in zip(opens, closes, strict=False) if one or other]
        spans[day] = [("00:00", "00:00")] if whole_day else pairs[: MOST_A_DAY + 1]
    return spans


def _hours(spans: Spans) -> list[Hours]:
    wrong = {f"hours.{day}": f"At most {MOST_A_DAY} times a day." for day in spans if len(spans[day]) > MOST_A_DAY}
    hours = []
    for day, pairs in spans.items():
        for opens, closes in pairs:
            begins, ends = _minutes(opens), _minutes(closes)
            if begins is None or ends is None:
                wrong[f"hours.{day}"] = "Give times of the day, as in 09:00."
            else:
                hours.append(Hours(day, begins, ends or DAY))
    if wrong:
        raise Invalid(wrong)
    return hours


def _minutes(clock: str) -> int | None:
    hour, _, minute = clock.partition(":")
    if not (hour.isdecimal() and minute[:2].isdecimal() and len(clock) <= 8):
        return None
    found = int(hour) * 60 + int(minute[:2])
    return found if int(minute[:2]) < 60 and found < DAY else None


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _page(inbox: Inbox, typed: dict[str, Any], spans: Spans, errors: dict[str, str] | None = None) -> str:
    return render_template(
        "settings/inboxes/hours.html",
        inbox=inbox,
        typed=typed,
        spans=spans,
        days=DAYS,
        errors=errors or {},
        zones=sorted(zones()),
        most=MOST_A_DAY,
    )
