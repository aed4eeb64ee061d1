"""Which lines to providers are in trouble, of those somebody works with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.lib.database import db
from app.models.connection import Connection
from app.models.inbox import Inbox
from app.models.membership import Membership


@dataclass(frozen=True)
class Trouble:
    """`words` say what is wrong, `since` when it began."""

    inbox_id: int
    inbox_name: str
    words: Sequence[str]
    since: datetime | None


def troubles(membership: Membership, *, inbox_id: int | None = None) -> Sequence[Trouble]:
    """By the inbox's name; of one inbox, or of all that they see."""
    query = (
        select(Connection, Inbox)
        .join(Inbox, (Inbox.account_id == Connection.account_id) & (Inbox.id == Connection.inbox_id))
        .where(
            Connection.account_id == membership.account_id,
            Connection.state == "trouble",
            Inbox.visible_to(membership),
            Inbox.is_enabled,
        )
        .order_by(Inbox.name, Inbox.id)
    )
    if inbox_id is not None:
        query = query.where(Connection.inbox_id == inbox_id)
    return [_trouble(connection, inbox) for connection, inbox in db.session.execute(query)]


def _trouble(connection: Connection, inbox: Inbox) -> Trouble:
    words = [str(each["words"]) for each in connection.problems if isinstance(each, dict) and each.get("words")]
    return Trouble(inbox.id, inbox.name, words, connection.failing_since)
