"""Who may see a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import ColumnElement, select

from app.errors import NotFound
from app.lib.database import db
from app.models.inbox import InboxMember
from app.models.membership import Membership

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped


class Accessible:
    if TYPE_CHECKING:
        account_id: Mapped[int]
        display_id: Mapped[int]
        inbox_id: Mapped[int]

    @classmethod
    def visible_to(cls, membership: Membership) -> ColumnElement[bool]:
        """A condition: administrators see all, agents what is in their inboxes."""
        own_account = cls.account_id == membership.account_id
        if membership.is_administrator:
            return own_account
        inboxes = select(InboxMember.inbox_id).where(
            InboxMember.account_id == membership.account_id, InboxMember.user_id == membership.user_id
        )
        return own_account & cls.inbox_id.in_(inboxes)

    @classmethod
    def seen_by(cls, membership: Membership, display_id: int, *options: Any) -> Self:
        """The conversation of that number. Raises NotFound when it is not this person's to see."""
        found = db.session.scalar(
            select(cls).where(cls.visible_to(membership), cls.display_id == display_id).options(*options)
        )
        if found is None:
            raise NotFound
        return found
