"""Makes an inbox of a line that was tried, and keeps it anew: what was wrong with it is looked at again."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from sqlalchemy import select

from app.actions.poll import wish_poll
from app.actions.sync_templates import wish_sync
from app.actions.watch_over import wish_probe
from app.channels import CHANNELS
from app.channels.base import Line
from app.lib.database import db
from app.models.actor import Actor
from app.models.event import record
from app.models.inbox import Inbox


def connect(account_id: int, kind: str, line: Line, *, members: Set[int], by: Actor) -> Inbox:
    """A new inbox on a line that was tried. The database refuses an address that is taken: IntegrityError."""
    inbox = Inbox(account_id=account_id, channel=kind)
    if line.token:
        inbox.token = line.token
    _write(inbox, line)
    db.session.add(inbox)
    db.session.flush()
    inbox.set_members(set(members))
    record("inbox.created", inbox, by=by)
    _begin(inbox)
    return inbox


def keep(inbox: Inbox, line: Line, *, by: Actor, before: Line | None = None) -> None:
    """The line of an inbox, now that it was tried. What was renewed while it was, since `before`, is not undone by values
    that were only carried along.
    """
    if before is not None:
        renewed = {
            name: value
            for name, value in inbox.credentials.items()
            if value != before.credentials.get(name) == line.credentials.get(name)
        }
        line = replace(line, credentials={**line.credentials, **renewed})
    _write(inbox, line)
    record("inbox.updated", inbox, by=by)
    _begin(inbox)


def staff(inbox: Inbox, members: Set[int], *, by: Actor) -> None:
    """These answer it."""
    if members != {member.user_id for member in inbox.members}:
        inbox.set_members(set(members))
        record("inbox.members_changed", inbox, by=by, members=sorted(members))


def at(account_id: int, kind: str, address: str) -> Inbox | None:
    """The account's inbox of that address."""
    return db.session.scalar(
        select(Inbox).where(Inbox.account_id == account_id, Inbox.channel == kind, Inbox.address == address)
    )


def all_of(account_id: int, kind: str) -> Sequence[Inbox]:
    return db.session.scalars(select(Inbox).where(Inbox.account_id == account_id, Inbox.channel == kind)).all()


def _write(inbox: Inbox, line: Line) -> None:
    inbox.address, inbox.name = line.address, line.name
    # Letters that name an address would not know which of two inboxes is meant, whoever's they are.
    inbox.claim = line.address if CHANNELS[inbox.channel].is_addressed else None
    inbox.credentials, inbox.channel_settings = dict(line.credentials), dict(line.settings)


def _begin(inbox: Inbox) -> None:
    """What waits is fetched at once, and the desk hears how the line stands."""
    if inbox.abilities.is_polled:
        wish_poll(inbox.account_id, inbox.id)
    if inbox.abilities.has_templates:
        wish_sync(inbox)
    wish_probe(inbox.account_id, inbox.id)
