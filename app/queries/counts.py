"""How many conversations there are in each view: exact to a thousand, so that no count reads more rows than that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ScalarSelect, func, literal, select, true

from app.lib.database import db
from app.models.conversation import Conversation, Status
from app.models.inbox import Inbox
from app.models.membership import Membership
from app.queries.conversation_list import Listing, View, goes_by_inbox, listed

EXACT = 1000
COUNTED = (Status.OPEN, Status.PENDING, Status.SNOOZED)


@dataclass(frozen=True)
class Counts:
    """`views` and `inboxes` count what is open; `statuses` what the listing's own view and inbox hold."""

    views: dict[View, int]
    inboxes: Sequence[tuple[Inbox, int]]
    statuses: dict[Status, int]


def count(listing: Listing, membership: Membership) -> Counts:
    """All that the desk counts around a list, in two statements."""
    wanted = {view: Listing(view=view) for view in View}
    shown = {status: replace(listing, status=status) for status in COUNTED}
    numbers = db.session.execute(
        select(*(_number(each, membership) for each in (*wanted.values(), *shown.values())))
    ).one()
    return Counts(
        views=dict(zip(wanted, numbers[: len(wanted)], strict=True)),
        inboxes=_of_inboxes(membership),
        statuses=dict(zip(shown, numbers[len(wanted) :], strict=True)),
    )


def words(number: int) -> str:
    """As it is shown: nothing at zero, exact to a thousand."""
    return "" if not number else str(number) if number <= EXACT else "1k+"


def _number(listing: Listing, membership: Membership) -> ScalarSelect[Any]:
    ids = listed(listing, membership).limit(EXACT + 1)
    if not goes_by_inbox(listing, membership):
        return select(func.count()).select_from(ids.subquery()).scalar_subquery()
    inboxes = select(Inbox.id.label("inbox")).where(Inbox.visible_to(membership)).subquery()
    of_inbox = ids.where(Conversation.inbox_id == inboxes.c.inbox).correlate(inboxes).lateral()
    every = select(literal(1)).select_from(inboxes.join(of_inbox, true())).limit(EXACT + 1).subquery()
    return select(func.count()).select_from(every).scalar_subquery()


def _of_inboxes(membership: Membership) -> list[tuple[Inbox, int]]:
    """Every inbox one may see, by name, with how many are open in it."""
    waiting = select(Conversation.id).where(
        Conversation.account_id == membership.account_id,
        Conversation.inbox_id == Inbox.id,
        Conversation.status == Status.OPEN,
    )
    number = select(func.count()).select_from(waiting.limit(EXACT + 1).correlate(Inbox).lateral()).scalar_subquery()
    rows = db.session.execute(
        select(Inbox, number)
        .where(Inbox.account_id == membership.account_id, Inbox.visible_to(membership))
        .order_by(Inbox.name, Inbox.id)
    )
    return [(inbox, number) for inbox, number in rows]
