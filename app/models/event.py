"""Facts: every change of meaning is one row, written in the transaction that made the change."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ForeignKey, Identity, Index, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.lib import clock
from app.lib.database import Model, db
from app.models.actor import SYSTEM, Actor


class Event(Model):
    """`subject_kind` and `subject_id` say what it happened to; `data` holds only plain values."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_conversation", "account_id", "conversation_id", "id"),
        Index("ix_events_name", "account_id", "name", "id"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[int]
    conversation_id: Mapped[int | None]
    actor_kind: Mapped[str]
    actor_id: Mapped[int | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    @classmethod
    def newest(cls, account_id: int) -> int:
        """The id of the account's newest fact, 0 before the first: a page that has seen less looks again."""
        return db.session.scalar(select(func.max(cls.id)).where(cls.account_id == account_id)) or 0


class Subject(Protocol):
    """Anything of an account that something can happen to."""

    __tablename__: str
    account_id: Any
    id: Any


def record(name: str, subject: Any, *, by: Actor = SYSTEM, **data: Any) -> Event:
    """Write down that `name` (past tense, as in `conversation.resolved`) happened to `subject`, done by `by`.

    What follows from it is said by REACTIONS in the ledger.
    """
    if getattr(subject, "id", 0) is None:
        db.session.flush()
    subject_id = getattr(subject, "id", None) or getattr(subject, "user_id", 0)
    if subject.__tablename__ == "conversations":
        conversation_id = subject.id
    else:
        conversation_id = getattr(subject, "conversation_id", None)
    event = Event(
        account_id=getattr(subject, "account_id", None) or subject.id,
        name=name,
        subject_kind=subject.__tablename__,
        subject_id=subject_id,
        conversation_id=conversation_id,
        actor_kind=by.kind,
        actor_id=by.id,
        data=data,
    )
    db.session.add(event)
    db.session().info.setdefault("events", []).append(event)
    return event
