"""A person's place in an account: role, availability, and which inboxes they work in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.lib.database import Model, Stamped, db
from app.models.actor import Actor, ActorKind
from app.models.user import User

if TYPE_CHECKING:
    from app.models.account import Account


class Role(StrEnum):
    AGENT = "agent"
    ADMINISTRATOR = "administrator"


class Availability(StrEnum):
    ONLINE = "online"
    BUSY = "busy"
    OFFLINE = "offline"


class Membership(Stamped, Model):
    """Kept when a person leaves (`deactivated_at`), so that what they wrote keeps its author."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("role in ('agent', 'administrator')", name="role"),
        CheckConstraint("availability in ('online', 'busy', 'offline')", name="availability"),
        Index(None, "user_id"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    role: Mapped[str] = mapped_column(default=Role.AGENT, server_default="agent")
    availability: Mapped[str] = mapped_column(default=Availability.ONLINE, server_default="online")
    auto_offline: Mapped[bool] = mapped_column(default=True, server_default="true")
    inviter_id: Mapped[int | None]
    custom_role_id: Mapped[int | None]
    agent_capacity_policy_id: Mapped[int | None]
    active_at: Mapped[datetime | None]
    deactivated_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(viewonly=True)
    user: Mapped[User] = relationship(viewonly=True)

    @property
    def is_administrator(self) -> bool:
        return self.role == Role.ADMINISTRATOR

    @property
    def is_active(self) -> bool:
        return self.deactivated_at is None

    @property
    def is_invited(self) -> bool:
        """Invited, and not yet come."""
        return self.user.confirmed_at is None

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.USER, self.user_id, self.user.available_name)

    @classmethod
    def of(cls, account_id: int, user_id: int) -> Membership | None:
        """The active membership of a user in an account."""
        found = db.session.get(cls, (account_id, user_id))
        return found if found and found.is_active else None
