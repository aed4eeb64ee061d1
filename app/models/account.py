"""An account: one business with its people, inboxes and customers; the tenant that the database keeps apart."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, update
from sqlalchemy.orm import Mapped, mapped_column

from app.lib.database import Model, Stamped, db


class AccountStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


class Account(Stamped, Model):
    __tablename__ = "accounts"
    __table_args__ = (CheckConstraint("status in ('active', 'suspended')", name="status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    locale: Mapped[str] = mapped_column(default="en", server_default="en")
    timezone: Mapped[str] = mapped_column(default="UTC", server_default="UTC")
    domain: Mapped[str | None]
    support_email: Mapped[str | None]
    status: Mapped[str] = mapped_column(default=AccountStatus.ACTIVE, server_default="active")
    features: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    limits: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    custom_attributes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    internal_attributes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    last_display_id: Mapped[int] = mapped_column(default=0, server_default="0")

    @property
    def is_suspended(self) -> bool:
        return self.status == AccountStatus.SUSPENDED

    @classmethod
    def next_display_id(cls, account_id: int) -> int:
        """The next conversation number; numbers begin at 1, and none is used twice."""
        taken: int = db.session.execute(
            update(Account)
            .where(Account.id == account_id)
            .values(last_display_id=Account.last_display_id + 1)
            .returning(Account.last_display_id)
            .execution_options(synchronize_session=False)
        ).scalar_one()
        return taken
