"""Brings an inbox's message templates from its provider: new ones come, changed ones follow, those that are gone go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, or_, select

from app.channels import CHANNELS
from app.channels.base import Line, NotConnected, Template, Unreachable
from app.lib import clock
from app.lib.database import db
from app.lib.queue import Queue, later
from app.lib.storable import storable
from app.models.connection import Connection
from app.models.inbox import Inbox
from app.models.message_template import FIELDS, MessageTemplate

EVERY = timedelta(hours=3)
# Of one turn of the clock: a big installation is spread over the hours.
MOST_AT_ONCE = 500
MOST_TEMPLATES = 12_000


@dataclass(frozen=True)
class Plan:
    account_id: int
    inbox_id: int
    kind: str
    line: Line


def sync_all_templates() -> None:
    """In a system frame: order a sync of every inbox with templates whose last one was too long ago."""
    due = (
        select(Inbox)
        .outerjoin(Connection, (Connection.account_id == Inbox.account_id) & (Connection.inbox_id == Inbox.id))
        .where(
            Inbox.channel.in_(CHANNELS),
            Inbox.is_enabled,
            or_(Connection.templates_synced_at.is_(None), Connection.templates_synced_at < clock.now() - EVERY),
        )
        .order_by(Connection.templates_synced_at.asc().nulls_first(), Inbox.id)
    )
    with_templates = [inbox for inbox in db.session.scalars(due) if inbox.abilities.has_templates]
    for inbox in with_templates[:MOST_AT_ONCE]:
        wish_sync(inbox)


def wish_sync(inbox: Inbox) -> None:
    """Have it done soon; one that is under way is not ordered twice."""
    later(
        "sync_templates",
        inbox.account_id,
        inbox.id,
        queue=Queue.SLOW,
        once=f"templates:{inbox.account_id}:{inbox.id}",
        share=f"{inbox.account_id}:{inbox.id}:templates",
        account_id=inbox.account_id,
    )


def prepare(account_id: int, inbox_id: int) -> Plan | None:
    inbox = db.session.get(Inbox, (account_id, inbox_id))
    if inbox is None or not inbox.abilities.has_templates:
        return None
    return Plan(account_id, inbox_id, inbox.channel, inbox.line)


def call(plan: Plan) -> Sequence[Template] | str:
    """The templates, or what is in the way of having them."""
    try:
        return CHANNELS[plan.kind](plan.line).templates()
    except (NotConnected, Unreachable) as away:
        return str(away) or "The provider cannot be asked."


def settle(plan: Plan, found: Sequence[Template] | str) -> None:
    """What is in the way is told, and nothing is lost: the templates stay as they were."""
    inbox = db.session.get(Inbox, (plan.account_id, plan.inbox_id))
    if inbox is None:
        return
    connection = Connection.of(inbox, lock=True)
    connection.templates_synced_at = clock.now()
    connection.templates_error = found[:1000] if isinstance(found, str) else None
    if not isinstance(found, str):
        _follow(inbox, {each.key: each for each in map(_fit, found[:MOST_TEMPLATES])})


def _fit(template: Template) -> Template:
    """As it can be kept."""
    kept = {name: storable(getattr(template, name)) for name in ("key", *FIELDS)}
    buttons = [type(each)(each.kind, storable(each.text), storable(each.value)) for each in template.buttons]
    return Template(**kept, buttons=buttons, payload=storable(dict(template.payload)))


def _follow(inbox: Inbox, found: dict[str, Template]) -> None:
    known = {each.key: each for each in MessageTemplate.of(inbox)}
    for key, template in found.items():
        row = known.get(key)
        if row is None:
            row = MessageTemplate(account_id=inbox.account_id, inbox_id=inbox.id, key=key)
            db.session.add(row)
        row.follow(template)
    gone = [each.id for key, each in known.items() if key not in found]
    if gone:
        db.session.execute(
            delete(MessageTemplate).where(MessageTemplate.account_id == inbox.account_id, MessageTemplate.id.in_(gone))
        )


def refuse(_: Plan, reason: str) -> None:
    """Nothing is refused: what is wrong is the outcome."""
