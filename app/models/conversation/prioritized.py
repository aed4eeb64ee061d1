"""How urgent a conversation is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.errors import Invalid
from app.models.actor import Actor
from app.models.event import record

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped

PRIORITIES = ("low", "medium", "high", "urgent")


class Prioritized:
    if TYPE_CHECKING:
        priority: Mapped[str | None]

        def changed(self) -> None: ...

        note_activity: Any

    def prioritize(self, priority: str | None, *, by: Actor) -> None:
        """Set low, medium, high or urgent, or None for no priority. Raises Invalid for any other word."""
        if priority is not None and priority not in PRIORITIES:
            raise Invalid({"priority": f"Choose one of {', '.join(PRIORITIES)}, or none."})
        self.changed()
        if self.priority == priority:
            return
        before, self.priority = self.priority, priority
        if priority:
            self.note_activity("prioritized", by=by, priority=priority)
        else:
            self.note_activity("unprioritized", by=by)
        record("conversation.prioritized", self, by=by, before=before, priority=priority)
