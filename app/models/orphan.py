"""Letters that came with others of ours to an address that is none: kept, so that nothing vanishes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Identity, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.lib import clock
from app.lib.database import Model


class Orphan(Model):
    """Of no account: only the system sees it."""

    __tablename__ = "orphans"
    __table_args__ = (UniqueConstraint("channel", "address", "key"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    channel: Mapped[str]
    address: Mapped[str]
    key: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    raw: Mapped[bytes | None]
    received_at: Mapped[datetime] = mapped_column(default=clock.now)
