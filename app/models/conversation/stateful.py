"""Open, pending, snoozed, resolved: the states of a conversation and the ways between them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.errors import Invalid
from app.lib import clock
from app.lib.queue import later
from app.models.actor import Actor
from app.models.event import record

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped


class Stateful:
    if TYPE_CHECKING:
        account_id: Mapped[int]
        id: Mapped[int]
        status: Mapped[str]
        snoozed_until: Mapped[datetime | None]
        waiting_since: Mapped[datetime | None]

        def changed(self) -> None: ...

        note_activity: Any

    @property
    def is_open(self) -> bool:
        return self.status == "open"

    @property
    def is_resolved(self) -> bool:
        return self.status == "resolved"

    def resolve(self, *, by: Actor) -> None:
        if self._move_to("resolved"):
            self.waiting_since = None
            self.note_activity("resolved", by=by)
            record("conversation.resolved", self, by=by)

    def reopen(self, *, by: Actor, reason: str = "") -> None:
        """Back to open, from whichever state; `reason` names why Parley itself did it."""
        before = self.status
        if self._move_to("open"):
            self.note_activity(f"reopened_{reason}" if reason else "reopened", by=by)
            record("conversation.reopened", self, by=by, before=before)

    def mark_pending(self, *, by: Actor) -> None:
        if self._move_to("pending"):
            self.note_activity("pended", by=by)
            record("conversation.pended", self, by=by)

    def snooze(self, *, by: Actor, until: datetime | None) -> None:
        """Sleep until that hour, or until the customer writes again. Raises Invalid for an hour that has passed."""
        if until is not None and until <= clock.now():
            raise Invalid({"snoozed_until": "Choose a time to come."})
        self.changed()
        self.status, self.snoozed_until = "snoozed", until
        self.note_activity("snoozed", by=by, until=until.isoformat() if until else None)
        record("conversation.snoozed", self, by=by, until=until.isoformat() if until else None)
        if until is not None:
            later("wake_conversation", self.account_id, self.id, until.isoformat(), run_at=until)

    def wake(self, until: datetime, *, by: Actor) -> None:
        """The hour `until` has come: reopen, unless it was woken or snoozed anew in the meantime."""
        self.changed()
        if self.status == "snoozed" and self.snoozed_until == until:
            self.reopen(by=by, reason="snooze_over")

    def _move_to(self, status: str) -> bool:
        self.changed()
        if self.status == status:
            return False
        self.status, self.snoozed_until = status, None
        return True
