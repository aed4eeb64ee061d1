"""All that was said with a person, over all their conversations and channels, in the order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, true
from sqlalchemy.orm import joinedload

from app.lib.database import db
from app.models.contact import Contact
from app.models.conversation import Conversation
from app.models.membership import Membership
from app.models.message import Message

PAGE = 40


@dataclass(frozen=True)
class Page:
    """Oldest first. `before` is the id behind which older ones are; None at the beginning."""

    messages: Sequence[Message]
    before: int | None = None


def timeline(contact: Contact, membership: Membership, *, before: int | None = None) -> Page:
    """The latest page, or the one before that message id, of the conversations that the person may see.

    Of each conversation the index gives its newest few; no more rows are read than the page could need of it.
    """
    of_one = select(Message.id).where(
        Message.account_id == Conversation.account_id, Message.conversation_id == Conversation.id
    )
    if before is not None:
        of_one = of_one.where(Message.id < before)
    newest = of_one.order_by(Message.id.desc()).limit(PAGE + 1).correlate(Conversation).lateral("newest")
    ids = list(
        db.session.scalars(
            select(newest.c.id)
            .select_from(Conversation)
            .join(newest, true())
            .where(
                Conversation.visible_to(membership),
                Conversation.account_id == contact.account_id,
                Conversation.contact_id == contact.id,
            )
            .order_by(newest.c.id.desc())
            .limit(PAGE + 1)
        )
    )
    shown = ids[:PAGE]
    found = db.session.scalars(
        select(Message)
        .where(Message.account_id == contact.account_id, Message.id.in_(shown))
        .order_by(Message.id)
        .options(
            *Message.shown(),
            joinedload(Message.sender_user).joinedload(Membership.user),
            joinedload(Message.sender_contact),
            joinedload(Message.conversation).joinedload(Conversation.inbox),
        )
    )
    return Page(found.unique().all(), shown[-1] if len(ids) > PAGE else None)
