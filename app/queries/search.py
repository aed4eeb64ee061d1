"""Finds conversations by number, contacts by name and reach, and messages by words, over the whole history."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from app.lib.database import db
from app.models.contact import Contact
from app.models.conversation import Conversation
from app.models.inbox import Inbox, InboxMember
from app.models.membership import Membership
from app.models.message import Message

QUICK, PAGE = 5, 25
LARGEST_NUMBER = 2**63 - 1
MOST_CONTACTS = 1000


@dataclass(frozen=True)
class Found:
    """`more` is the id behind which further messages are; None at the end."""

    conversation: Conversation | None
    contacts: Sequence[Contact]
    messages: Sequence[Message]
    more: int | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.conversation or self.contacts or self.messages)


def search(words: str, membership: Membership, *, before: int | None = None) -> Found:
    """All that fits, a page of messages at a time, newest first; `before` is where the last page ended."""
    found = messages(words, membership, wanted=PAGE + 1, before=before)
    more = found[PAGE - 1].id if len(found) > PAGE else None
    if before is not None:
        return Found(None, [], found[:PAGE], more)
    return Found(numbered(words, membership), contacts(words, membership, wanted=PAGE), found[:PAGE], more)


def glance(words: str, membership: Membership) -> Found:
    """The first few of each kind, while someone types."""
    return Found(
        numbered(words, membership),
        contacts(words, membership, wanted=QUICK),
        messages(words, membership, wanted=QUICK, deep=False) if len(words.strip()) > 2 else [],
    )


def numbered(words: str, membership: Membership) -> Conversation | None:
    """The conversation of that number, written `4821` or `#4821`."""
    number = re.fullmatch(r"#?([0-9]{1,19})", words.strip(), re.ASCII)
    if number is None or int(number[1]) > LARGEST_NUMBER:
        return None
    return db.session.scalar(
        select(Conversation)
        .where(Conversation.visible_to(membership), Conversation.display_id == int(number[1]))
        .options(*Conversation.shown())
    )


def contacts(words: str, membership: Membership, *, wanted: int) -> Sequence[Contact]:
    """Every word begins a part of their name, e-mail, phone, identifier or company; who was active last comes first."""
    ids = contact_ids(words, wanted)
    by_id = {
        contact.id: contact
        for contact in db.session.scalars(
            select(Contact).where(Contact.account_id == membership.account_id, Contact.id.in_(ids))
        )
    }
    return [by_id[each] for each in ids if each in by_id]


def contact_ids(words: str, wanted: int = MOST_CONTACTS) -> list[int]:
    return list(db.session.scalars(select(func.search_contacts(words, wanted))))


def messages(
    words: str, membership: Membership, *, wanted: int, before: int | None = None, deep: bool = True
) -> Sequence[Message]:
    """Newest first, in the inboxes that the person may see. Not `deep`: among the newest only, for a common word."""
    ids = func.search_messages(words, wanted, _inboxes(membership), before, deep)
    found = list(db.session.scalars(select(ids)))
    return db.session.scalars(
        select(Message)
        .where(
            Message.account_id == membership.account_id,
            Message.id.in_(found),
            Message.inbox_id.in_(select(Inbox.id).where(Inbox.visible_to(membership))),
        )
        .order_by(Message.id.desc())
        .options(
            joinedload(Message.conversation).options(
                joinedload(Conversation.contact), joinedload(Conversation.inbox), joinedload(Conversation.contact_inbox)
            ),
            joinedload(Message.sender_user).joinedload(Membership.user),
            joinedload(Message.sender_contact),
            selectinload(Message.attachments),
        )
    ).all()


def _inboxes(membership: Membership) -> list[int] | None:
    """None is every inbox."""
    if membership.is_administrator:
        return None
    own = select(InboxMember.inbox_id).where(
        InboxMember.account_id == membership.account_id, InboxMember.user_id == membership.user_id
    )
    return list(db.session.scalars(own))
