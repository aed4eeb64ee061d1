"""Invites people into an account by mail, and lets them come."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from app.actions.join import join, taken_words
from app.actions.send_mail import post
from app.errors import Conflict, Invalid, NotFound
from app.lib import clock
from app.lib.database import db
from app.models.account import Account
from app.models.actor import Actor
from app.models.event import record
from app.models.inbox import InboxMember
from app.models.membership import Membership, Role
from app.models.token import AccessToken
from app.models.user import OneTimeToken, Purpose, User


def invite_all(account: Account, emails: Sequence[str], *, role: Role, by: Actor) -> list[Membership]:
    """Invite everyone, or nobody. Raises Invalid as `invite` does, naming all whom it concerns."""
    placed = db.session.execute(
        select(User.email, Membership)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.account_id == account.id, User.email.in_(emails))
        .order_by(User.email)
    ).all()
    if placed:
        raise Invalid({"emails": " ".join(taken_words(membership, email) for email, membership in placed)})
    return [invite(account, email, role=role, by=by) for email in emails]


def invite(account: Account, email: str, *, role: Role, by: Actor, name: str = "") -> Membership:
    """Offer the person behind `email` a place, and mail them; in a system frame.

    Raises Invalid when they have a place there already, whatever its state.
    """
    user = User.with_email(email)
    if user is None:
        user = User(email=email, name=name or email.partition("@")[0])
        db.session.add(user)
        db.session.flush()
    membership = join(account, user, role, inviter_id=by.id, invited_at=clock.now())
    record("membership.invited", membership, by=by, role=role)
    _mail(membership)
    return membership


def invite_again(membership: Membership, *, by: Actor) -> None:
    """Send a new link; the one before ends. Raises Conflict when they have come meanwhile."""
    _require_invited(membership)
    membership.invited_at, membership.inviter_id = clock.now(), by.id
    _mail(membership)


def withdraw(membership: Membership, *, by: Actor) -> None:
    """End an invitation, and forget whoever was only known by it. Raises Conflict when they have come meanwhile."""
    _require_invited(membership)
    account_id, user = membership.account_id, membership.user
    OneTimeToken.withdraw(user.id, Purpose.INVITATION, account_id)
    record("membership.withdrawn", membership, by=by, email=user.email)
    db.session.execute(delete(InboxMember).where(InboxMember.account_id == account_id, InboxMember.user_id == user.id))
    db.session.delete(membership)
    db.session.flush()
    if user.confirmed_at is None and not _is_anywhere(user):
        db.session.delete(user)


def invitation(secret: str) -> Membership:
    """What a link of an invitation offers, to be shown. Raises NotFound when the link is used, ended or none."""
    return _offered(OneTimeToken.peek(secret, Purpose.INVITATION))


def accept(secret: str, *, name: str = "", password: str = "") -> Membership:
    """Come in. Who is new gives a name and a password; who has both only says yes.

    Raises NotFound when the link is used, ended or none, and Invalid for a password that cannot be taken.
    """
    membership = _offered(OneTimeToken.use(secret, Purpose.INVITATION))
    user = membership.user
    if user.confirmed_at is None:
        user.set_password(password)
        user.name, user.confirmed_at = name, clock.now()
        AccessToken.of(user)
    membership.invited_at = None
    record("membership.created", membership, by=membership.actor)
    return membership


def _mail(membership: Membership) -> None:
    post("invitation", account_id=membership.account_id, user_id=membership.user_id)


def _require_invited(membership: Membership) -> None:
    if not membership.is_invited:
        raise Conflict("They have come already, or left.")


def _offered(token: OneTimeToken | None) -> Membership:
    if token is None or token.account_id is None:
        raise NotFound
    membership = Membership.found(token.account_id, token.user_id)
    if not membership.is_invited or membership.account.is_suspended:
        raise NotFound
    return membership


def _is_anywhere(user: User) -> bool:
    return db.session.scalar(select(Membership.account_id).where(Membership.user_id == user.id).limit(1)) is not None
