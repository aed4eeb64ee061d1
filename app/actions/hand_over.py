"""Hands the open conversations of one person over to another, or to nobody."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from app.lib.database import db
from app.lib.queue import Queue, later
from app.models.actor import Actor, ActorKind
from app.models.conversation import Conversation, Status
from app.models.membership import Membership

AT_ONCE = 25


def held(holder: Membership, limit: int = AT_ONCE) -> Sequence[Conversation]:
    """The conversations a person has still to answer, the longest quiet first."""
    return db.session.scalars(
        select(Conversation)
        .where(_is_held(holder))
        .options(joinedload(Conversation.contact), joinedload(Conversation.inbox))
        .order_by(Conversation.last_activity_at, Conversation.id)
        .limit(limit)
    ).all()


def count_held(holder: Membership) -> int:
    return db.session.scalar(select(func.count()).select_from(Conversation).where(_is_held(holder))) or 0


def hand_over(holder: Membership, to: Membership | None, *, by: Actor) -> int:
    """Give all of them to `to`; those of inboxes where `to` does not work go to nobody. Returns how many there are.

    The first AT_ONCE go now, the rest as work: each is shown live to everyone, which takes its time.
    """
    total = count_held(holder)
    for conversation in held(holder):
        conversation.assign(to if to and conversation.can_be_assigned_to(to) else None, by=by)
    if total > AT_ONCE:
        later(
            "hand_over_conversations",
            *(holder.account_id, holder.user_id, to.user_id if to else None, by.id, by.name),
            queue=Queue.SLOW,
        )
    return total


def hand_over_conversations(
    account_id: int, holder_id: int, to_id: int | None, by_id: int | None, by_name: str
) -> None:
    """The job that goes on with it. When the one who takes over has left meanwhile, they go to nobody."""
    holder = db.session.get(Membership, (account_id, holder_id))
    if holder is None:
        return
    to = Membership.of(account_id, to_id) if to_id is not None else None
    hand_over(holder, to, by=Actor(ActorKind.USER, by_id, by_name))


def _is_held(holder: Membership) -> ColumnElement[bool]:
    return (
        (Conversation.account_id == holder.account_id)
        & (Conversation.assignee_id == holder.user_id)
        & Conversation.status.in_([Status.OPEN, Status.PENDING, Status.SNOOZED])
    )
