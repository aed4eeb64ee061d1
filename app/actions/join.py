"""Gives a person a place in an account."""

from __future__ import annotations

from datetime import datetime

from app.errors import Invalid
from app.lib.database import db
from app.models.account import Account
from app.models.membership import Membership, Role
from app.models.user import User

TAKEN = {
    "active": "{email} is in this account already.",
    "invited": "{email} is invited already.",
    "deactivated": "{email} was deactivated here; reactivate them instead.",
}


def join(
    account: Account, user: User, role: Role, *, inviter_id: int | None = None, invited_at: datetime | None = None
) -> Membership:
    """The new membership. Raises Invalid when they have a place there already."""
    taken = db.session.get(Membership, (account.id, user.id))
    if taken is not None:
        raise Invalid({"email": taken_words(taken, user.email)})
    membership = Membership(
        account_id=account.id, user_id=user.id, role=role, inviter_id=inviter_id, invited_at=invited_at
    )
    db.session.add(membership)
    db.session.flush()
    return membership


def taken_words(membership: Membership, email: str) -> str:
    return TAKEN[membership.state].format(email=email)
