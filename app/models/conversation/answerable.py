"""Until when a customer can be answered: by the rule of their channel, or by one that the inbox sets itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from app.lib import clock

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped

    from app.models.inbox import Inbox


class WindowKind(StrEnum):
    ALWAYS = "always"
    """This inbox knows no such limit."""
    OPEN = "open"
    LATE = "late"
    """Too late for what is sent by itself; what a person marks as their own answer is still taken."""
    CLOSED = "closed"


class Window(NamedTuple):
    """`closes_at` is when this kind of window ends, or ended; None where there is none, or where nobody has written yet."""

    closes_at: datetime | None
    kind: WindowKind


class Answerable:
    if TYPE_CHECKING:
        identifier: Mapped[str | None]
        inbox: Mapped[Inbox]
        last_incoming_at: Mapped[datetime | None]

    @property
    def is_public(self) -> bool:
        """Whether everybody can read it, at its provider."""
        return self.identifier is not None and self.inbox.abilities.answers_privately

    @property
    def can_reply(self) -> bool:
        """Whether an answer would be taken now."""
        return self.reply_window().kind is not WindowKind.CLOSED

    def reply_window(self) -> Window:
        """How long an answer to the customer's last message is taken. Nobody can be written to who has never written."""
        abilities, length = self.inbox.abilities, self.answers_within
        if abilities.has_calls:
            # Nothing can be written to a phone, at any time.
            return Window(None, WindowKind.CLOSED)
        if length is None:
            return Window(None, WindowKind.ALWAYS)
        if self.last_incoming_at is None:
            return Window(None, WindowKind.CLOSED)
        closes_at = self.last_incoming_at + length
        if clock.now() < closes_at:
            return Window(closes_at, WindowKind.OPEN)
        if abilities.late_window is None:
            return Window(closes_at, WindowKind.CLOSED)
        closes_at = self.last_incoming_at + abilities.late_window
        return Window(closes_at, WindowKind.LATE if clock.now() < closes_at else WindowKind.CLOSED)

    @property
    def answers_within(self) -> timedelta | None:
        """How long after the customer's last message an answer is taken; None where it always is."""
        return self.inbox.abilities.reply_window or self._own_window()

    def _own_window(self) -> timedelta | None:
        hours = self.inbox.channel_settings.get("agent_reply_time_window")
        return timedelta(hours=hours) if hours else None
