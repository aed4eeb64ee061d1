"""A person's place in an account: role, availability, and which inboxes they work in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app.errors import Conflict, NotFound
from app.lib.database import Model, Stamped, db
from app.models.actor import Actor, ActorKind
from app.models.event import record
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
    """Begins with an invitation (`invited_at`, until they have come), and is kept when a person leaves
    (`deactivated_at`), so that what they wrote keeps its author.
    """

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
    call_number: Mapped[str | None]
    """Their own phone, in E.164: where customers' calls ring, and calls to customers begin."""
    takes_calls: Mapped[bool] = mapped_column(default=True, server_default="true")
    rung_at: Mapped[datetime | None]
    """When their phone last rang for the desk."""
    active_at: Mapped[datetime | None]
    invited_at: Mapped[datetime | None]
    deactivated_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(viewonly=True)
    user: Mapped[User] = relationship(viewonly=True)

    @property
    def is_administrator(self) -> bool:
        return self.role == Role.ADMINISTRATOR

    @hybrid_property
    def is_active(self) -> bool:
        """Has come, and has not left."""
        return self.deactivated_at is None and self.invited_at is None

    @is_active.inplace.expression
    @classmethod
    def _is_active(cls) -> ColumnElement[bool]:
        return cls.deactivated_at.is_(None) & cls.invited_at.is_(None)

    @property
    def is_invited(self) -> bool:
        """Invited, and not yet come."""
        return self.invited_at is not None and self.deactivated_at is None

    @property
    def state(self) -> str:
        return "deactivated" if self.deactivated_at else "invited" if self.invited_at else "active"

    def appoint(self, role: Role, *, by: Actor) -> None:
        """Give them another role. Raises Conflict for the last administrator."""
        if role == self.role:
            return
        self.require_another_administrator()
        self.role = role
        record("membership.updated", self, by=by, role=role)

    def reactivate(self, *, by: Actor) -> None:
        """Let them in again; who never came is invited again as before."""
        if self.deactivated_at is not None:
            self.deactivated_at = None
            record("membership.reactivated", self, by=by)

    def be(self, availability: Availability, *, by: Actor) -> None:
        if availability != self.availability:
            self.availability = availability
            record("membership.availability_changed", self, by=by, availability=availability)

    def require_another_administrator(self) -> None:
        """Raises Conflict when the account would be left without one; two at once cannot both leave."""
        if not (self.is_administrator and self.is_active):
            return
        others = (
            select(Membership.user_id)
            .where(
                Membership.account_id == self.account_id,
                Membership.role == Role.ADMINISTRATOR,
                Membership.is_active,
            )
            .with_for_update()
        )
        if set(db.session.scalars(others)) <= {self.user_id}:
            raise Conflict("The account needs an administrator: appoint another one first.")

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.USER, self.user_id, self.user.available_name)

    @classmethod
    def of(cls, account_id: int, user_id: int) -> Membership | None:
        """The active membership of a user in an account."""
        found = db.session.get(cls, (account_id, user_id))
        return found if found and found.is_active else None

    @classmethod
    def found(cls, account_id: int, user_id: int) -> Membership:
        """That person's place in the account, whatever its state, with the person. Raises NotFound."""
        found = db.session.get(cls, (account_id, user_id), options=[joinedload(cls.user)])
        if found is None:
            raise NotFound
        return found

    @classmethod
    def all_of(cls, user_id: int) -> list[Membership]:
        """Every account a user is active in, the one they were in last first; in a system frame."""
        return list(
            db.session.scalars(
                select(cls)
                .where(cls.user_id == user_id, cls.is_active)
                .options(joinedload(cls.account))
                .order_by(cls.active_at.desc().nulls_last(), cls.account_id)
            )
        )
