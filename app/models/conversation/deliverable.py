"""How far our messages have come on their way to the customer: only forward, whatever order the news has."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app.errors import NotFound
from app.lib import clock
from app.lib.database import db
from app.lib.queue import Queue, later
from app.models.actor import SYSTEM, Actor
from app.models.event import record
from app.models.message import Message
from app.models.message_part import MessagePart
from app.models.work import Work

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped

    from app.models.inbox import Inbox

ORDER = ("queued", "sending", "unsure", "failed", "sent", "delivered", "read")


class Deliverable:
    if TYPE_CHECKING:
        account_id: Mapped[int]
        id: Mapped[int]
        inbox_id: Mapped[int]
        version: Mapped[int]
        inbox: Mapped[Inbox]

        def changed(self) -> None: ...

        def message(self, client_id: str) -> Message: ...

    def wish_delivery(self, message: Message) -> None:
        """Have it sent; the answers of one conversation go one after another."""
        later(
            "deliver",
            self.account_id,
            message.id,
            queue=Queue.OUTBOUND,
            lane=f"conversation:{self.id}",
            share=f"{self.account_id}:{self.inbox_id}",
        )

    def send_again(self, client_id: str, *, by: Actor) -> Message:
        """Deliver once more what failed or may not have arrived; anything else stays as it is. Raises NotFound."""
        message = self.message(client_id)
        self._hold(message)
        if message.is_incoming or message.status not in ("failed", "unsure"):
            return message
        live = self.inbox.abilities.is_live
        self._forget_unsure(message)
        self._settle(message, "sent" if live else "queued", by=by)
        if not live:
            db.session.execute(delete(MessagePart).where(_of(message), MessagePart.status == "failed"))
            self.wish_delivery(message)
        return message

    def send_on(self, message: Message) -> None:
        """It is known what became of it so far: the rest is sent."""
        self._hold(message)
        self._forget_unsure(message)
        self._settle(message, "queued")
        self.wish_delivery(message)

    def check_delivery(self, client_id: str, *, by: Actor) -> Message:
        """Ask the provider what became of one that may have been sent. Raises NotFound where it cannot be asked."""
        message = self.message(client_id)
        if not self.inbox.abilities.can_look_up:
            raise NotFound
        if message.status == "unsure":
            self.wish_check(message)
        return message

    def wish_check(self, message: Message) -> None:
        later(
            "check_delivery",
            self.account_id,
            message.id,
            queue=Queue.OUTBOUND,
            once=f"check:{message.id}",
            share=f"{self.account_id}:{self.inbox_id}",
        )

    def begin_sending(self, message: Message) -> None:
        """It is being handed over from now on."""
        self._hold(message)
        message.retry_at = None
        self._settle(message, "sending")

    def note_delay(self, message: Message, reason: str, at: datetime) -> None:
        """It failed for now, and is tried again then."""
        self._hold(message)
        if message.status in ("queued", "sending"):
            message.retry_at = at
            self._settle(message, "queued", error=reason)

    def note_unsure(self, message: Message) -> None:
        """It may have been sent."""
        self._hold(message)
        if message.status in ("queued", "sending"):
            self._settle(message, "unsure")

    def note_failed(self, message: Message, reason: str) -> None:
        """It was refused for good, in the provider's words."""
        self._hold(message)
        self._forget_unsure(message)
        if message.status not in ("delivered", "read"):
            self._settle(message, "failed", error=reason)

    def note_sent(self, message: Message, position: int, source_id: str, *, is_last: bool) -> None:
        """One part was taken by the provider; the message is sent with its last. A repeat changes nothing."""
        self._hold(message)
        known = source_id and _is_taken(self.inbox_id, source_id, message)
        values = {
            "account_id": self.account_id,
            "message_id": message.id,
            "position": position,
            "inbox_id": self.inbox_id,
            "source_id": None if known else source_id or None,
            "sent_at": clock.now(),
        }
        db.session.execute(insert(MessagePart).values(values).on_conflict_do_nothing())
        if position == 0 and source_id and not known:
            message.source_id = source_id
        if is_last:
            self._forget_unsure(message)
            parts = db.session.scalars(select(MessagePart.status).where(_of(message))).all()
            if ORDER.index(message.status) < ORDER.index("sent"):
                self._settle(message, min(parts, key=ORDER.index))

    def advance(
        self, message: Message, status: str, *, source_id: str = "", error: str = "", by: Actor = SYSTEM
    ) -> None:
        """News of how far it has come; what would be a step back is passed over. `source_id` names one part of several."""
        self._hold(message)
        parts = {part.position: part for part in db.session.scalars(select(MessagePart).where(_of(message)))}
        named = [part for part in parts.values() if part.source_id == source_id] or list(parts.values())
        for part in named:
            if _is_forward(part.status, status):
                part.status, part.error = status, error or None
        reached = min((part.status for part in parts.values()), key=ORDER.index) if parts else status
        is_whole = not parts or message.status not in ("queued", "sending") or reached == "failed"
        if is_whole and _is_forward(message.status, reached):
            self._forget_unsure(message)
            self._settle(message, reached, error=error if reached == "failed" else "", by=by)

    def _hold(self, message: Message) -> None:
        """It changes now, under the conversation's lock: what became of it since it was looked up is seen first."""
        self.changed()
        db.session.refresh(message)

    def _settle(self, message: Message, status: str, *, error: str = "", by: Actor = SYSTEM) -> None:
        message.status, message.external_error, message.version = status, error or None, self.version
        if status not in ("queued",) or not error:
            message.retry_at = None
        record("message.updated", message, by=by, status=status, **({"error": error[:500]} if error else {}))

    def _forget_unsure(self, message: Message) -> None:
        """What became of it is known now, or it is sent anew."""
        args: Any = [message.account_id, message.id]
        db.session.execute(
            delete(Work).where(
                Work.account_id == self.account_id, Work.state != "ready", Work.job == "deliver", Work.args == args
            )
        )


def sent_parts(message: Message) -> int:
    """How many parts of it the provider has taken."""
    return db.session.scalar(select(func.count()).select_from(MessagePart).where(_of(message))) or 0


def newest_id(message: Message) -> str:
    """The provider's id of what it goes on from: of its part before, else of the newest that the customer said."""
    parts = select(MessagePart.source_id).where(_of(message), MessagePart.source_id.is_not(None))
    said = select(Message.source_id).where(
        Message.account_id == message.account_id,
        Message.conversation_id == message.conversation_id,
        Message.message_type == "incoming",
        Message.source_id.is_not(None),
    )
    part = db.session.scalar(parts.order_by(MessagePart.position.desc()).limit(1))
    return part or db.session.scalar(said.order_by(Message.sequence.desc()).limit(1)) or ""


def ids_since(message: Message) -> frozenset[str]:
    """The provider's ids of all that has gone to the same customer since it was written, its own parts too."""
    conversation = message.conversation
    return frozenset(
        db.session.scalars(
            select(MessagePart.source_id)
            .join(Message, (Message.account_id == MessagePart.account_id) & (Message.id == MessagePart.message_id))
            .join(
                type(conversation),
                (type(conversation).account_id == Message.account_id)
                & (type(conversation).id == Message.conversation_id),
            )
            .where(
                MessagePart.account_id == message.account_id,
                MessagePart.inbox_id == message.inbox_id,
                MessagePart.sent_at >= message.created_at,
                MessagePart.source_id.is_not(None),
                type(conversation).contact_inbox_id == conversation.contact_inbox_id,
            )
        )
    )


def _of(message: Message) -> Any:
    return (MessagePart.account_id == message.account_id) & (MessagePart.message_id == message.id)


def _is_taken(inbox_id: int, source_id: str, message: Message) -> bool:
    """Whether a provider gave this id to another message before: careless ones do."""
    other = select(Message.id).where(
        Message.account_id == message.account_id,
        Message.inbox_id == inbox_id,
        Message.source_id == source_id,
        Message.id != message.id,
    )
    part = select(MessagePart.position).where(
        MessagePart.account_id == message.account_id,
        MessagePart.inbox_id == inbox_id,
        MessagePart.source_id == source_id,
        MessagePart.message_id != message.id,
    )
    return db.session.scalar(other.limit(1)) is not None or db.session.scalar(part.limit(1)) is not None


def _is_forward(before: str, after: str) -> bool:
    """A message fails on its way, after it was taken too; what has arrived has not failed."""
    if after == "failed":
        return before in ("queued", "sending", "unsure", "sent")
    return ORDER.index(after) > ORDER.index(before)
