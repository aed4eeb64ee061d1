"""The contacts as programs ask for them: sorted, counted, in numbered pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select

from app.lib.database import db
from app.models.contact import Contact
from app.queries import search

PAGE = 15

SORTS: dict[str, Any] = {
    "name": Contact.name,
    "email": Contact.email,
    "phone_number": Contact.phone_number,
    "last_activity_at": Contact.last_activity_at,
    "created_at": Contact.created_at,
    "company_name": Contact.additional_attributes["company_name"].astext,
    "city": Contact.additional_attributes["city"].astext,
    "country": Contact.additional_attributes["country"].astext,
}


@dataclass(frozen=True)
class Page:
    """`count` is of all pages; where words were searched for, it ends at a thousand."""

    contacts: Sequence[Contact]
    count: int
    number: int


def page(account_id: int, *, sort: str, number: int, words: str = "", only: Sequence[ColumnElement[bool]] = ()) -> Page:
    """Those whom one can reach or recognise, `only` who fits. `sort` is a name of SORTS, downwards with `-`; any other is by name."""
    conditions: list[ColumnElement[bool]] = [Contact.account_id == account_id, Contact.known(), *only]
    if words:
        conditions.append(Contact.id.in_(search.contact_ids(words)))
    column = SORTS.get(sort.removeprefix("-"), Contact.name)
    directed = column.desc() if sort.startswith("-") else column.asc()
    count = db.session.scalar(select(func.count()).select_from(Contact).where(*conditions)) or 0
    contacts = db.session.scalars(
        select(Contact)
        .where(*conditions)
        .order_by(directed.nulls_last(), Contact.id)
        .limit(PAGE)
        .offset((number - 1) * PAGE)
    ).all()
    return Page(contacts, count, number)
