"""A letter: one thing a channel sent us, kept whole before anything is made of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.lib import clock
from app.lib.database import Model


class Letter(Model):
    """`key` is unique in its inbox: a channel that repeats itself is kept once. `raw` holds what was not JSON.

    `kept` is to be worked through, `waiting` is a receipt whose message is not there yet, `ignored` said nothing of interest.
    """

    __tablename__ = "letters"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "inbox_id"], ["inboxes.account_id", "inboxes.id"], ondelete="CASCADE"),
        UniqueConstraint("inbox_id", "key"),
        CheckConstraint("state in ('kept', 'waiting', 'received', 'ignored')", name="state"),
        Index("ix_letters_received_at", "account_id", "received_at"),
        Index("ix_letters_inbox", "account_id", "inbox_id", "id"),
        Index("ix_letters_message", "account_id", "message_id", postgresql_where=text("message_id is not null")),
        Index("ix_letters_open", "account_id", "id", postgresql_where=text("state in ('kept', 'waiting')")),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    inbox_id: Mapped[int]
    sender: Mapped[str]
    key: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    raw: Mapped[bytes | None]
    state: Mapped[str] = mapped_column(default="kept", server_default="kept")
    error: Mapped[str | None]
    message_id: Mapped[int | None]
    provider_at: Mapped[datetime | None]
    received_at: Mapped[datetime] = mapped_column(default=clock.now)
    settled_at: Mapped[datetime | None]
