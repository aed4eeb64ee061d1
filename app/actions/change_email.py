"""Changes a person's address, once a link sent to the new one was followed."""

from __future__ import annotations

from sqlalchemy import select

from app.actions.send_mail import post
from app.errors import Invalid, NotFound
from app.lib import clock
from app.lib.database import db
from app.models.user import OneTimeToken, Purpose, User


def ask_for_new_email(user: User, email: str) -> None:
    """Mail a link to the new address; until it is followed nothing changes."""
    if email == user.email:
        raise Invalid({"email": "This is your address already."})
    # Whether somebody else has it is told only to who reads its mail.
    post("new_email", user_id=user.id, email=email)


def new_email_of(secret: str) -> str:
    """The address a link confirms. Raises NotFound when the link is used, ended or none."""
    return _address(OneTimeToken.peek(secret, Purpose.NEW_EMAIL))


def confirm_new_email(secret: str) -> User:
    """Raises NotFound as `new_email_of`, and Invalid when somebody else has the address."""
    token = OneTimeToken.use(secret, Purpose.NEW_EMAIL)
    email = _address(token)
    assert token is not None
    if User.with_email(email):
        raise Invalid({"email": "Somebody uses this address to sign in already."})
    before, token.user.email = token.user.email, email
    OneTimeToken.withdraw(token.user_id, Purpose.RESET)
    post("email_changed", user_id=token.user_id, before=before)
    return token.user


def awaited_email(user: User) -> str | None:
    """The new address that waits to be confirmed."""
    return db.session.scalar(
        select(OneTimeToken.email)
        .where(
            OneTimeToken.user_id == user.id,
            OneTimeToken.purpose == Purpose.NEW_EMAIL,
            OneTimeToken.used_at.is_(None),
            OneTimeToken.expires_at > clock.now(),
        )
        .order_by(OneTimeToken.id.desc())
        .limit(1)
    )


def _address(token: OneTimeToken | None) -> str:
    if token is None or token.email is None:
        raise NotFound
    return token.email
