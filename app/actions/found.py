"""Founds an account with its first administrator, and adds people who need no invitation."""

from __future__ import annotations

from sqlalchemy import select, text

from app.actions.join import join
from app.errors import NotFound
from app.lib import address, clock
from app.lib.database import db
from app.models.account import Account
from app.models.actor import SYSTEM
from app.models.event import record
from app.models.membership import Membership, Role
from app.models.token import AccessToken
from app.models.user import User

# One number for everyone who might be the first visitor at the same moment; 7_275_391 and _392 lock other things.
FOUNDING = 7_275_393


def is_empty() -> bool:
    """Whether no account was founded yet; in a system frame."""
    return db.session.scalar(select(Account.id).limit(1)) is None


def found_first_account(name: str, user_name: str, email: str, password: str) -> Account:
    """As `found_account`, for the first visitor alone. Raises NotFound for everybody after."""
    db.session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": FOUNDING})
    if not is_empty():
        raise NotFound
    return found_account(name, user_name, email, password)


def found_account(name: str, user_name: str, email: str, password: str) -> Account:
    """A new account, administered by a new or known person; in a system frame.

    Raises Invalid for an address or a password that cannot be taken.
    """
    email = address.email(email)
    user = _person(user_name, email, password)
    account = Account(name=name)
    db.session.add(account)
    db.session.flush()
    founder = join(account, user, Role.ADMINISTRATOR)
    record("account.created", account, by=founder.actor)
    record("membership.created", founder, by=founder.actor)
    return account


def add_person(account: Account, name: str, email: str, role: Role, password: str | None = None) -> Membership:
    """A person who is in at once; without a password they set one by "Forgot it?". In a system frame.

    Raises Invalid for an address or a password that cannot be taken, and for someone who is in the account already.
    """
    membership = join(account, _person(name, address.email(email), password), role)
    record("membership.created", membership, by=SYSTEM)
    return membership


def _person(name: str, email: str, password: str | None) -> User:
    known = User.with_email(email)
    if known is not None:
        return known
    user = User(name=name, email=email, confirmed_at=clock.now())
    if password is not None:
        user.set_password(password)
    db.session.add(user)
    db.session.flush()
    AccessToken.of(user)
    return user
