"""The people of an account: who is here, who was invited, who has left."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.lib.database import db
from app.models.membership import Membership
from app.models.user import User


def everyone(account_id: int) -> Sequence[Membership]:
    """Those who are here first, then the invited, then those who have left; each by name."""
    return db.session.scalars(
        select(Membership)
        .join(User, User.id == Membership.user_id)
        .where(Membership.account_id == account_id)
        .options(joinedload(Membership.user))
        .order_by(
            Membership.deactivated_at.is_not(None), Membership.invited_at.is_not(None), User.name, Membership.user_id
        )
    ).all()


def colleagues(account_id: int) -> Sequence[Membership]:
    """Those who are here, by name."""
    return [membership for membership in everyone(account_id) if membership.is_active]
