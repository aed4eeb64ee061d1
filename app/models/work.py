"""Work to be done: a row written with the change that caused it, drained by the workers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.lib import clock
from app.lib.database import Model

READY = text("state = 'ready'")


class Work(Model):
    """`ready` waits or is claimed; `parked` failed too often; `unsure` was handed over and never heard of again.

    A finished row is deleted: what happened stands in the events.
    """

    __tablename__ = "work"
    __table_args__ = (
        CheckConstraint("state in ('ready', 'parked', 'unsure')", name="state"),
        Index("ix_work_due", "queue", "run_at", "id", postgresql_where=READY),
        Index("ix_work_lane", "queue", "lane", "id", postgresql_where=text("state = 'ready' and lane is not null")),
        Index("ix_work_share", "queue", "share", "run_at", "id", postgresql_where=READY),
        Index(
            "ix_work_claimed",
            "queue",
            "share",
            postgresql_where=text("state = 'ready' and claimed_until is not null"),
        ),
        Index("ix_work_stopped", "account_id", "id", postgresql_where=text("state <> 'ready'")),
        Index(
            "uq_work_once",
            "account_id",
            "queue",
            "once",
            unique=True,
            postgresql_where=text("state = 'ready' and once is not null"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    queue: Mapped[str]
    job: Mapped[str]
    args: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    lane: Mapped[str | None]
    once: Mapped[str | None]
    share: Mapped[str] = mapped_column(default="", server_default="")
    """Whose work it is (an account, or one of its inboxes): a queue is worked through share by share, in turn."""
    run_at: Mapped[datetime] = mapped_column(default=clock.now)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    claimed_until: Mapped[datetime | None]
    handed_over_at: Mapped[datetime | None]
    holds_until: Mapped[datetime | None]
    """How long a row that fails keeps its lane waiting; null: until it is done or parked."""
    last_error: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="ready", server_default="ready")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
