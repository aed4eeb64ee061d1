"""What each of Parley's own mails says: MAILS, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

from flask import current_app
from sqlalchemy import select

from app.actions.transcript import transcript
from app.config import settings
from app.lib import mail
from app.lib.database import db
from app.models.connection import Connection
from app.models.inbox import Inbox
from app.models.membership import Membership, Role
from app.models.user import OneTimeToken, Purpose, User

INVITATION_LASTS = timedelta(days=7)
LINK_LASTS = timedelta(hours=6)

Compose = Callable[..., EmailMessage | None]


def invitation(*, account_id: int, user_id: int) -> EmailMessage | None:
    """To whoever was invited; nothing when they have come, or the invitation was withdrawn."""
    membership = db.session.get(Membership, (account_id, user_id))
    if membership is None or not membership.is_invited:
        return None
    user = membership.user
    secret = OneTimeToken.issue(user, Purpose.INVITATION, lasts=INVITATION_LASTS, account_id=account_id)
    inviter = db.session.get(User, membership.inviter_id) if membership.inviter_id else None
    return _mail(
        user.email,
        f"Join {membership.account.name} on Parley",
        "invitation",
        link=_link("invitation", secret),
        account=membership.account.name,
        inviter=inviter.available_name if inviter else "An administrator",
        is_new=user.confirmed_at is None,
        days=INVITATION_LASTS.days,
    )


def reset(*, email: str) -> EmailMessage | None:
    """To whoever has the address; nothing when nobody has, or they have not come yet."""
    user = User.with_email(email)
    if user is None or user.confirmed_at is None:
        return None
    secret = OneTimeToken.issue(user, Purpose.RESET, lasts=LINK_LASTS)
    return _mail(user.email, "Set a new password", "reset", link=_link("reset", secret), name=user.available_name)


def password_changed(*, user_id: int) -> EmailMessage | None:
    user = db.session.get(User, user_id)
    if user is None:
        return None
    return _mail(
        user.email, "Your password was changed", "password_changed", link=_link("reset"), name=user.available_name
    )


def new_email(*, user_id: int, email: str) -> EmailMessage | None:
    """To the address that a person wants to use from now on."""
    user = db.session.get(User, user_id)
    if user is None:
        return None
    secret = OneTimeToken.issue(user, Purpose.NEW_EMAIL, lasts=LINK_LASTS, email=email)
    return _mail(
        email, "Confirm your new address", "new_email", link=_link("new-email", secret), name=user.available_name
    )


def email_changed(*, user_id: int, before: str) -> EmailMessage | None:
    """To the address that was used until now."""
    user = db.session.get(User, user_id)
    if user is None:
        return None
    return _mail(before, "Your address was changed", "email_changed", name=user.available_name, email=user.email)


def inbox_trouble(*, account_id: int, inbox_id: int) -> EmailMessage | None:
    """To the administrators: nothing may come in or go out there until somebody looks; nothing when it is well again."""
    return _of_inbox("inbox_trouble", "{} needs attention", account_id, inbox_id, is_in_trouble=True)


def inbox_well(*, account_id: int, inbox_id: int) -> EmailMessage | None:
    """To the administrators who were told of its trouble: it is over."""
    return _of_inbox("inbox_well", "{} works again", account_id, inbox_id, is_in_trouble=False)


def _of_inbox(
    template: str, subject: str, account_id: int, inbox_id: int, *, is_in_trouble: bool
) -> EmailMessage | None:
    inbox = db.session.get(Inbox, (account_id, inbox_id))
    administrators = db.session.scalars(
        select(Membership).where(
            Membership.account_id == account_id, Membership.role == Role.ADMINISTRATOR, Membership.is_active
        )
    ).all()
    if inbox is None or not administrators:
        return None
    connection = Connection.of(inbox)
    if (connection.state == "trouble") is not is_in_trouble:
        return None
    return _mail(
        sorted(member.user.email for member in administrators),
        subject.format(inbox.name),
        template,
        link=_link(inbox.settings_path.strip("/")),
        inbox=inbox.name,
        problems=[str(problem["words"]) for problem in connection.problems],
        since=connection.failing_since,
    )


MAILS: Mapping[str, Compose] = {
    "invitation": invitation,
    "reset": reset,
    "password_changed": password_changed,
    "new_email": new_email,
    "email_changed": email_changed,
    "transcript": transcript,
    "inbox_trouble": inbox_trouble,
    "inbox_well": inbox_well,
}


def _link(*parts: str) -> str:
    return "/".join((settings().public_url, *parts))


def _mail(to: str | list[str], subject: str, template: str, **words: Any) -> EmailMessage:
    words |= {"subject": subject, "public_url": settings().public_url, "hours": int(LINK_LASTS.total_seconds() // 3600)}
    text, html = (
        current_app.jinja_env.get_template(f"mail/{template}.{kind}").render(**words) for kind in ("txt", "html")
    )
    return mail.compose(to, " ".join(subject.split()), text, html)
