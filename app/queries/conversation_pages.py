"""The list of conversations as programs ask for it: filters, exact counts and numbered pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.sql.base import ExecutableOption

from app.lib import clock
from app.lib.database import db
from app.models.conversation import Conversation
from app.models.label import Label
from app.models.membership import Membership
from app.queries import search

PAGE = 25
MOST = 200

_activity, _id = Conversation.last_activity_at, Conversation.id
SORTS: dict[str, tuple[Any, ...]] = {
    "last_activity_at_desc": (_activity.desc(), _id.desc()),
    "last_activity_at_asc": (_activity.asc(), _id.asc()),
    "created_at_desc": (Conversation.created_at.desc(), _id.desc()),
    "created_at_asc": (Conversation.created_at.asc(), _id.asc()),
    "priority_desc": (Conversation.priority_rank.desc(), _activity.desc(), _id.desc()),
    "priority_asc": (Conversation.priority_rank.asc(), _activity.asc(), _id.asc()),
    "waiting_since_desc": (Conversation.waiting_since.desc().nulls_last(), _id.desc()),
    "waiting_since_asc": (Conversation.waiting_since.asc().nulls_last(), _id.asc()),
}
ALIASES = {
    "latest": "last_activity_at_desc",
    "sort_on_created_at": "created_at_asc",
    "sort_on_priority": "priority_desc",
    "sort_on_waiting_since": "waiting_since_asc",
}


@dataclass(frozen=True)
class Filter:
    """`status` is one or "all"; `q` are words of a message, whose conversation may have any status."""

    status: str = "open"
    assignee_type: str = "all"
    inbox_id: int | None = None
    team_id: int | None = None
    labels: Sequence[str] = ()
    conversation_type: str = ""
    q: str = ""
    source_id: str = ""
    updated_within: int | None = None


@dataclass(frozen=True)
class Counts:
    mine: int
    assigned: int
    unassigned: int
    all: int


def page(
    wanted: Filter, membership: Membership, *, sort: str, number: int, options: tuple[ExecutableOption, ...]
) -> Sequence[Conversation]:
    """The page of that number, from 1; an unknown sort is the latest first. `updated_within` turns paging off."""
    order = SORTS.get(ALIASES.get(sort, sort), SORTS["last_activity_at_desc"])
    query = select(Conversation.id).where(*_conditions(wanted, membership), *_assigned(wanted, membership))
    one_page = query.order_by(*order).limit(PAGE).offset((number - 1) * PAGE)
    query = one_page if wanted.updated_within is None else query.order_by(*order).limit(MOST)
    # What is shown of them is read for this page alone, not for all that come before it.
    ids = list(db.session.scalars(query))
    shown = select(Conversation).where(Conversation.account_id == membership.account_id, Conversation.id.in_(ids))
    by_id = {found.id: found for found in db.session.scalars(shown.options(*options))}
    return [by_id[each] for each in ids if each in by_id]


def count(wanted: Filter, membership: Membership) -> Counts:
    """Of what fits, whoever it is assigned to."""
    mine = func.count().filter(Conversation.assignee_id == membership.user_id)
    assigned = func.count().filter(Conversation.assignee_id.is_not(None))
    row = db.session.execute(
        select(mine, assigned, func.count()).select_from(Conversation).where(*_conditions(wanted, membership))
    ).one()
    return Counts(mine=row[0], assigned=row[1], unassigned=row[2] - row[1], all=row[2])


def _assigned(wanted: Filter, membership: Membership) -> list[ColumnElement[bool]]:
    if wanted.assignee_type == "me":
        return [Conversation.assignee_id == membership.user_id]
    if wanted.assignee_type == "unassigned":
        return [Conversation.assignee_id.is_(None)]
    if wanted.assignee_type == "assigned":
        return [Conversation.assignee_id.is_not(None)]
    return []


def _conditions(wanted: Filter, membership: Membership) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Conversation.visible_to(membership)]
    if wanted.q:
        found = search.messages(wanted.q, membership, wanted=MOST)
        conditions.append(_id.in_({message.conversation_id for message in found}))
    elif wanted.status != "all":
        conditions.append(Conversation.status == wanted.status)
    if wanted.inbox_id is not None:
        conditions.append(Conversation.inbox_id == wanted.inbox_id)
    if wanted.team_id is not None:
        conditions.append(Conversation.team_id == wanted.team_id)
    if wanted.source_id:
        conditions.append(Conversation.contact_inbox.has(source_id=wanted.source_id))
    if wanted.conversation_type == "unattended":
        conditions.append(Conversation.first_reply_created_at.is_(None) | Conversation.waiting_since.is_not(None))
    if wanted.labels:
        conditions.append(Conversation.labels.any(Label.title.in_([title.lower() for title in wanted.labels])))
    if wanted.conversation_type in ("mention", "participating"):
        # Nobody is mentioned or takes part yet.
        conditions.append(false())
    if wanted.updated_within is not None:
        conditions.append(Conversation.updated_at > clock.now() - timedelta(seconds=wanted.updated_within))
    return conditions
