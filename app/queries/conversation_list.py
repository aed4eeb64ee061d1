"""The list of conversations, a page at a time, reading no more rows than it shows however many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, select, true, tuple_

from app.errors import Invalid
from app.lib.database import db
from app.models.conversation import Conversation, Status
from app.models.inbox import Inbox
from app.models.membership import Membership

PAGE = 25
MOST = 200


class View(StrEnum):
    MINE = "mine"
    UNASSIGNED = "unassigned"
    ALL = "all"


class Sort(StrEnum):
    ACTIVITY = "activity"
    CREATED = "created"
    PRIORITY = "priority"
    WAITING = "waiting"


class Order(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True)
class Listing:
    """Which conversations are listed, and how; `inbox_id` None is every inbox the person may see."""

    view: View = View.MINE
    status: Status = Status.OPEN
    sort: Sort = Sort.ACTIVITY
    order: Order = Order.NEWEST
    inbox_id: int | None = None


@dataclass(frozen=True)
class Page:
    """`after` is where the next page begins; empty at the end."""

    conversations: Sequence[Conversation]
    after: str = ""


@dataclass(frozen=True)
class Key:
    """A column that conversations are sorted by, and how its value is read from an address."""

    column: Any
    read: Callable[[str], Any]


ACTIVITY = Key(Conversation.last_activity_at, datetime.fromisoformat)
CREATED = Key(Conversation.created_at, datetime.fromisoformat)
WAITING = Key(Conversation.waiting_since, datetime.fromisoformat)
RANK = Key(Conversation.priority_rank, int)
ID = Key(Conversation.id, int)

KEYS: dict[Sort, tuple[Key, ...]] = {
    Sort.ACTIVITY: (ACTIVITY, ID),
    Sort.CREATED: (CREATED, ID),
    Sort.PRIORITY: (RANK, ACTIVITY, ID),
    Sort.WAITING: (WAITING, ID),
}


def page(listing: Listing, membership: Membership, *, after: str = "", limit: int = PAGE) -> Page:
    """The `limit` conversations behind `after`. Raises Invalid for an `after` that no page gave."""
    limit = min(limit, MOST)
    keys = KEYS[listing.sort]
    values = _read(after, keys) if after else ()
    ids = _ids(listing, membership, values, limit + 1)
    found = _loaded(membership.account_id, ids[:limit])
    return Page(found, _written(found[-1], keys) if len(ids) > limit and found else "")


def _ids(listing: Listing, membership: Membership, values: tuple[Any, ...], limit: int) -> list[int]:
    """Whoever waits for nothing comes after all who wait, whatever the order: two walks along the same index."""
    if listing.sort is not Sort.WAITING:
        return _walk(listing, membership, values, limit)
    ids: list[int] = []
    if not values or values[0] is not None:
        ids = _walk(listing, membership, values, limit, Conversation.waiting_since.is_not(None))
        values = ()
    if len(ids) < limit:
        ids += _walk(listing, membership, values, limit - len(ids), Conversation.waiting_since.is_(None))
    return ids


def _walk(
    listing: Listing,
    membership: Membership,
    values: tuple[Any, ...],
    limit: int,
    part: ColumnElement[bool] | None = None,
) -> list[int]:
    keys = KEYS[listing.sort]
    query = listed(listing, membership).add_columns(*(key.column for key in keys[:-1]))
    if part is not None:
        query = query.where(part)
    if values:
        query = query.where(_beyond(keys, values, listing.order))
    query = query.order_by(*(_directed(key.column, listing.order) for key in keys)).limit(limit)
    if goes_by_inbox(listing, membership):
        return _by_inbox(query, membership, keys, listing.order, limit)
    return list(db.session.scalars(query))


def _by_inbox(query: Select[Any], membership: Membership, keys: tuple[Key, ...], order: Order, limit: int) -> list[int]:
    """The first of each inbox one may see, merged: no row of any other inbox is touched."""
    inboxes = _inboxes(membership).subquery()
    each = query.where(Conversation.inbox_id == inboxes.c.id).correlate(inboxes).lateral()
    columns = [each.c[key.column.key] for key in keys]
    merged = select(each.c.id).select_from(inboxes.join(each, true()))
    return list(db.session.scalars(merged.order_by(*(_directed(column, order) for column in columns)).limit(limit)))


def goes_by_inbox(listing: Listing, membership: Membership) -> bool:
    """Whether the rows lie in several inboxes out of all: then each is walked by itself."""
    return not membership.is_administrator and listing.view is not View.MINE and listing.inbox_id is None


def listed(listing: Listing, membership: Membership) -> Select[Any]:
    """The ids of what is listed; where `goes_by_inbox`, still of every inbox."""
    query = select(Conversation.id).where(
        Conversation.account_id == membership.account_id, Conversation.status == listing.status
    )
    if listing.view is View.MINE:
        query = query.where(Conversation.assignee_id == membership.user_id)
    elif listing.view is View.UNASSIGNED:
        query = query.where(Conversation.assignee_id.is_(None))
    if listing.inbox_id is not None:
        query = query.where(Conversation.inbox_id == listing.inbox_id)
    if membership.is_administrator or goes_by_inbox(listing, membership):
        return query
    # Given as values, for a join would have the planner read all of a person's rows and sort them.
    return query.where(Conversation.inbox_id.in_(db.session.scalars(_inboxes(membership)).all()))


def _inboxes(membership: Membership) -> Select[int]:
    return select(Inbox.id).where(Inbox.account_id == membership.account_id, Inbox.visible_to(membership))


def _beyond(keys: tuple[Key, ...], values: tuple[Any, ...], order: Order) -> ColumnElement[bool]:
    if values[0] is None:
        beyond: ColumnElement[bool] = ID.column < values[-1] if order is Order.NEWEST else ID.column > values[-1]
        return beyond
    columns, last_row = tuple_(*(key.column for key in keys)), tuple_(*values)
    return columns < last_row if order is Order.NEWEST else columns > last_row


def _directed(column: Any, order: Order) -> Any:
    return column.desc() if order is Order.NEWEST else column.asc()


def _loaded(account_id: int, ids: Sequence[int]) -> list[Conversation]:
    found = db.session.scalars(
        select(Conversation)
        .where(Conversation.account_id == account_id, Conversation.id.in_(ids))
        .options(*Conversation.shown())
    )
    by_id = {conversation.id: conversation for conversation in found}
    return [by_id[each] for each in ids if each in by_id]


def _written(conversation: Conversation, keys: tuple[Key, ...]) -> str:
    values = [getattr(conversation, key.column.key) for key in keys]
    return "~".join(value.isoformat() if isinstance(value, datetime) else _number(value) for value in values)


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _read(after: str, keys: tuple[Key, ...]) -> tuple[Any, ...]:
    parts = after.split("~")
    try:
        values = tuple(key.read(part) if part else None for key, part in zip(keys, parts, strict=True))
    except ValueError:
        raise Invalid({"after": "No page of the list ends there."}) from None
    if None in values[1:] or (values[0] is None and keys[0] is not WAITING):
        raise Invalid({"after": "No page of the list ends there."})
    return values
