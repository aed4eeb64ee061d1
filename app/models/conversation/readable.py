"""Who has seen how much of a conversation."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.lib import clock
from app.lib.database import db
from app.models.actor import Actor
from app.models.event import record
from app.models.membership import Membership

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped


class Readable:
    if TYPE_CHECKING:
        account_id: Mapped[int]
        id: Mapped[int]
        version: Mapped[int]
        assignee_id: Mapped[int | None]
        unread_count: Mapped[int]
        agent_last_seen_at: Mapped[datetime | None]
        assignee_last_seen_at: Mapped[datetime | None]
        contact_last_seen_at: Mapped[datetime | None]
        last_incoming_at: Mapped[datetime | None]

        def changed(self) -> None: ...

        def lock(self) -> None: ...

    def mark_seen(self, *, by: Membership) -> None:
        """A colleague has it before their eyes."""
        self.lock()
        self.agent_last_seen_at = clock.now()
        if self.assignee_id == by.user_id:
            self.assignee_last_seen_at = self.agent_last_seen_at
        if self.unread_count:
            self.changed()
            self.unread_count = 0
            record("conversation.seen", self, by=by.actor)

    def mark_unread(self, *, by: Membership) -> None:
        """As if the customer's last message had not been seen."""
        if self.last_incoming_at is None:
            return
        self.changed()
        self.agent_last_seen_at = self.assignee_last_seen_at = self.last_incoming_at - timedelta(seconds=1)
        self.unread_count = max(self.unread_count, 1)
        record("conversation.unseen", self, by=by.actor)

    def mark_seen_by_contact(self, *, by: Actor) -> int:
        """The customer has read all there is: our messages become read. Returns how many did."""
        return self._advance(("sent", "delivered"), "read", by)

    def mark_delivered(self, *, by: Actor) -> int:
        """Our messages have reached the customer's screen or device. Returns how many did."""
        return self._advance(("sent",), "delivered", by)

    def _advance(self, from_: tuple[str, ...], to: str, by: Actor) -> int:
        from app.models.message import Message

        self.lock()
        if to == "read":
            self.contact_last_seen_at = clock.now()
        messages = db.session.scalars(
            select(Message).where(
                Message.account_id == self.account_id,
                Message.conversation_id == self.id,
                Message.private.is_(False),
                Message.message_type.in_(("outgoing", "template")),
                Message.status.in_(from_),
            )
        ).all()
        if messages:
            self.changed()
            for message in messages:
                message.status, message.version = to, self.version
            record(
                f"conversation.{'read' if to == 'read' else 'delivered'}",
                self,
                by=by,
                messages=[m.id for m in messages],
            )
        return len(messages)
