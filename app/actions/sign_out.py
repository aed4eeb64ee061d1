"""Ends sign-ins, and closes what those browsers still have open."""

from __future__ import annotations

from sqlalchemy import update

from app.lib import clock
from app.lib.database import db
from app.models.event import record
from app.models.membership import Membership
from app.models.user import Login


def sign_out(login: Login) -> None:
    """Sign one browser out; in a system frame."""
    login.ended_at = clock.now()
    _tell(login.user_id, "user.signed_out")


def sign_out_everywhere(user_id: int, *, but: int | None = None) -> None:
    """Sign every browser of a user out, except the login `but`; in a system frame."""
    ended = update(Login).where(Login.user_id == user_id, Login.ended_at.is_(None)).values(ended_at=clock.now())
    db.session.execute(ended if but is None else ended.where(Login.id != but))
    _tell(user_id, "user.signed_out_everywhere")


def _tell(user_id: int, name: str) -> None:
    for membership in Membership.all_of(user_id):
        record(name, membership, by=membership.actor)
