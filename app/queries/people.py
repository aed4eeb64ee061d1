"""The people of an account: who is here, who was invited, who has left."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.lib.database import db
from app.models.event import Event
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


def unreachable(account_id: int, people: Sequence[Membership]) -> dict[int, str]:
    """Why the mail server would not take the invitation of some, by user id, in its own words."""
    waiting = {person.user_id: person.invited_at for person in people if person.is_invited and person.invited_at}
    if not waiting:
        return {}
    refusals = db.session.scalars(
        select(Event)
        .where(
            Event.account_id == account_id,
            Event.name == "membership.unreachable",
            Event.created_at >= min(waiting.values()),
        )
        .order_by(Event.id)
    )
    return {
        event.subject_id: str(event.data["reason"])
        for event in refusals
        if event.subject_id in waiting and event.created_at >= waiting[event.subject_id]
    }


def colleagues(account_id: int) -> Sequence[Membership]:
    """Those who are here, by name."""
    return [membership for membership in everyone(account_id) if membership.is_active]
