"""The names of streams, and who may hear which; a name is not a permission."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.lib.database import db
from app.models.inbox import Inbox
from app.models.membership import Membership


def of_account(account_id: int) -> str:
    """All people of an account: presence, and changes of who may see what."""
    return f"account:{account_id}"


def of_inbox(inbox_id: int) -> str:
    """Everyone who may see an inbox's conversations."""
    return f"inbox:{inbox_id}"


def of_user(account_id: int, user_id: int) -> str:
    return f"user:{account_id}:{user_id}"


def of_visitor(session_uuid: UUID) -> str:
    """One customer's session on a website."""
    return f"visitor:{session_uuid}"


def heard_by(membership: Membership) -> set[str]:
    """The streams this person may hear now."""
    inboxes = db.session.scalars(select(Inbox.id).where(Inbox.visible_to(membership)))
    return {
        of_account(membership.account_id),
        of_user(membership.account_id, membership.user_id),
        *(of_inbox(inbox_id) for inbox_id in inboxes),
    }
