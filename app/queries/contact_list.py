"""The list of contacts, a page at a time, reading no more rows than it shows however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, select, tuple_

from app.errors import Invalid
from app.lib.database import db
from app.models.contact import Contact
from app.models.conversation import Conversation
from app.models.membership import Membership
from app.queries import search

PAGE = 50
CONVERSATIONS = 25


class Who(StrEnum):
    """KNOWN can be reached or recognised; EVERYONE has the passing visitors too."""

    KNOWN = "known"
    EVERYONE = "everyone"


class Sort(StrEnum):
    RECENT = "recent"
    NAME = "name"
    NEWEST = "newest"


@dataclass(frozen=True)
class Page:
    """`after` is where the next page begins; empty at the end."""

    contacts: Sequence[Contact]
    after: str = ""


@dataclass(frozen=True)
class ConversationPage:
    conversations: Sequence[Conversation]
    after: str = ""


def page(account_id: int, *, who: Who = Who.KNOWN, sort: Sort = Sort.RECENT, words: str = "", after: str = "") -> Page:
    """The contacts behind `after`; what is searched for has one page. Raises Invalid for an `after` that no page gave."""
    if words:
        ids = search.contact_ids(words, 200)
        found = {
            c.id: c
            for c in db.session.scalars(
                select(Contact).where(
                    Contact.account_id == account_id, Contact.id.in_(ids), Contact.deleted_at.is_(None)
                )
            )
        }
        return Page([found[each] for each in ids if each in found])
    query = select(Contact).where(Contact.account_id == account_id, Contact.deleted_at.is_(None))
    if who is Who.KNOWN:
        query = query.where(Contact.known())
    contacts = _walk(query, sort, after)
    more = len(contacts) > PAGE
    return Page(contacts[:PAGE], _written(contacts[PAGE - 1], sort) if more else "")


def conversations(contact: Contact, membership: Membership, *, after: str = "") -> ConversationPage:
    """Theirs that the person may see, the latest first."""
    query = select(Conversation).where(
        Conversation.visible_to(membership),
        Conversation.account_id == contact.account_id,
        Conversation.contact_id == contact.id,
    )
    if after:
        moment, number = _pair(after, datetime.fromisoformat)
        query = query.where(tuple_(Conversation.last_activity_at, Conversation.id) < (moment, number))
    newest_first = query.order_by(Conversation.last_activity_at.desc(), Conversation.id.desc())
    found = db.session.scalars(newest_first.limit(CONVERSATIONS + 1).options(*Conversation.shown())).all()
    more = len(found) > CONVERSATIONS
    shown = found[:CONVERSATIONS]
    return ConversationPage(shown, f"{shown[-1].last_activity_at.isoformat()}~{shown[-1].id}" if more else "")


def _walk(query: Select[Contact], sort: Sort, after: str) -> list[Contact]:
    if sort is Sort.NEWEST:
        query = query.where(Contact.id < _number(after)) if after else query
        return list(db.session.scalars(query.order_by(Contact.id.desc()).limit(PAGE + 1)))
    if sort is Sort.NAME:
        if after:
            name, number = _pair(after, str)
            query = query.where(tuple_(Contact.name, Contact.id) > (name, number))
        return list(db.session.scalars(query.order_by(Contact.name, Contact.id).limit(PAGE + 1)))
    return _walk_recent(query, after)


def _walk_recent(query: Select[Contact], after: str) -> list[Contact]:
    """Whoever never wrote comes after all who did: two walks along the same index."""
    moment, number = _pair(after, _moment) if after else (None, None)
    ordered = query.order_by(Contact.last_activity_at.desc().nulls_last(), Contact.id.desc())
    contacts: list[Contact] = []
    if not after or moment is not None:
        first = ordered.where(Contact.last_activity_at.is_not(None))
        if moment is not None:
            first = first.where(tuple_(Contact.last_activity_at, Contact.id) < (moment, number))
        contacts = list(db.session.scalars(first.limit(PAGE + 1)))
        number = None
    if len(contacts) <= PAGE:
        rest = ordered.where(Contact.last_activity_at.is_(None))
        if number is not None:
            rest = rest.where(Contact.id < number)
        contacts += db.session.scalars(rest.limit(PAGE + 1 - len(contacts)))
    return contacts


def _written(contact: Contact, sort: Sort) -> str:
    if sort is Sort.NEWEST:
        return str(contact.id)
    if sort is Sort.NAME:
        return f"{contact.name}~{contact.id}"
    return f"{contact.last_activity_at.isoformat() if contact.last_activity_at else ''}~{contact.id}"


def _pair(after: str, read: Any) -> tuple[Any, int]:
    value, _, number = after.rpartition("~")
    try:
        return read(value), _number(number)
    except ValueError:
        raise Invalid({"after": "No page of the list ends there."}) from None


def _moment(written: str) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _number(written: str) -> int:
    if not written.isascii() or not written.isdigit() or len(written) > 18:
        raise Invalid({"after": "No page of the list ends there."})
    return int(written)
