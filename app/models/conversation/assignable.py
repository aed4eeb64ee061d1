"""Who answers a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.errors import Invalid
from app.lib.database import db
from app.models.actor import Actor
from app.models.event import record
from app.models.inbox import InboxMember
from app.models.membership import Membership

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped


class Assignable:
    if TYPE_CHECKING:
        account_id: Mapped[int]
        inbox_id: Mapped[int]
        assignee_id: Mapped[int | None]

        def changed(self) -> None: ...

        note_activity: Any

    def assign(self, to: Membership | None, *, by: Actor) -> None:
        """Give it to `to`, or to nobody. Raises Invalid when that person does not work in the inbox."""
        self.changed()
        if (to.user_id if to else None) == self.assignee_id:
            return
        if to and not self.can_be_assigned_to(to):
            raise Invalid({"assignee_id": f"{to.user.available_name} is not a member of this inbox."})
        previous = self.assignee_id
        self.assignee_id = to.user_id if to else None
        if to:
            self_taken = by.kind == "user" and by.id == to.user_id
            self.note_activity("self_assigned" if self_taken else "assigned", by=by, assignee=to.user.available_name)
            record("conversation.assigned", self, by=by, assignee_id=to.user_id, previous=previous)
        else:
            self.note_activity("unassigned", by=by)
            record("conversation.unassigned", self, by=by, previous=previous)

    def can_be_assigned_to(self, person: Membership) -> bool:
        if person.account_id != self.account_id or not person.is_active:
            return False
        if person.is_administrator:
            return True
        return db.session.get(InboxMember, (self.account_id, self.inbox_id, person.user_id)) is not None
