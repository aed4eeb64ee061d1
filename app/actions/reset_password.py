"""Lets a person who forgot their password set a new one, by a link to their address."""

from __future__ import annotations

from app.actions.send_mail import post
from app.actions.sign_out import sign_out_everywhere
from app.errors import NotFound
from app.models.user import OneTimeToken, Purpose, User


def ask_for_reset(email: str) -> None:
    """Mail a link to whoever has this address.

    Whether anybody has it is looked up by the worker: here the same is done for all, in the same time.
    """
    post("reset", email=email)


def reset_of(secret: str) -> User:
    """Whose password a link resets. Raises NotFound when the link is used, ended or none."""
    return _owner(OneTimeToken.peek(secret, Purpose.RESET))


def reset_password(secret: str, password: str) -> User:
    """Set the password and sign every browser out. Raises NotFound as `reset_of`, and Invalid for a weak password."""
    user = _owner(OneTimeToken.use(secret, Purpose.RESET))
    user.set_password(password)
    sign_out_everywhere(user.id)
    post("password_changed", user_id=user.id)
    return user


def change_password(user: User, password: str, *, login_id: int) -> None:
    """Set a new password, and sign all other browsers out. Raises Invalid for one that cannot be taken."""
    user.set_password(password)
    sign_out_everywhere(user.id, but=login_id)
    post("password_changed", user_id=user.id)


def _owner(token: OneTimeToken | None) -> User:
    # An address that changed since takes the links to the old one with it.
    if token is None or token.email != token.user.email:
        raise NotFound
    return token.user
