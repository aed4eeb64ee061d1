"""Putting a conversation to sleep until an hour, or until the customer writes again."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import field_validator

from app.blueprints.agent.opened import PREFIX, changed, opened
from app.blueprints.forms import Form
from app.blueprints.guards import Door, member, viewer

door = Door("snooze", __name__, guard=member, url_prefix=f"{PREFIX}/snooze")


class Snooze(Form):
    """The browser says the hour, for it knows the reader's zone; empty is “until the next reply”."""

    until: datetime | None = None

    @field_validator("until", mode="before")
    @classmethod
    def _empty(cls, value: object) -> object:
        return value or None

    @field_validator("until")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


@door.post("")
def create(number: int) -> str:
    form, conversation = Snooze.read(), opened(number)
    since = conversation.version
    conversation.snooze(by=viewer().actor, until=form.until)
    return changed(conversation, since, done=f"Snoozed #{number}")
