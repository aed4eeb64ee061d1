"""How an inbox's line to its provider stands: its health, what was fetched so far, and what was compared."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.lib.database import Model, db
from app.models.inbox import Inbox


class Connection(Model):
    """One row an inbox. `problems` are as `standing.Problem`; `cursor` is the channel's own, as `poll` left it;
    `reconciled` holds the last comparison with what the provider lists.
    """

    __tablename__ = "connections"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "inbox_id"], ["inboxes.account_id", "inboxes.id"], ondelete="CASCADE"),
        CheckConstraint("state in ('unknown', 'well', 'trouble')", name="state"),
        Index("ix_connections_trouble", "account_id", postgresql_where=text("state = 'trouble'")),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    inbox_id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(default="unknown", server_default="unknown")
    problems: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    expires_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    last_in_at: Mapped[datetime | None]
    last_out_at: Mapped[datetime | None]
    cursor: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    polled_at: Mapped[datetime | None]
    reconciled: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    templates_synced_at: Mapped[datetime | None]
    templates_error: Mapped[str | None]
    """What was in the way of syncing the templates, the last time."""

    inbox: Mapped[Inbox] = relationship(viewonly=True)

    @classmethod
    def of(cls, inbox: Inbox, *, lock: bool = False) -> Connection:
        """The inbox's row, made now if there is none; `lock` holds it until the transaction ends."""
        key = {"account_id": inbox.account_id, "inbox_id": inbox.id}
        db.session.execute(insert(cls).values(key).on_conflict_do_nothing())
        return db.session.scalars(
            select(cls).filter_by(**key).execution_options(populate_existing=lock).with_for_update()
            if lock
            else select(cls).filter_by(**key)
        ).one()
