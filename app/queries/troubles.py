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

# What is to be done, as the button that leads there says it.
REPAIRS = {"reconnect": "Connect again", "register": "Register again", "settings": "Settings"}


@dataclass(frozen=True)
class Trouble:
    """`words` say what is wrong, `since` when it began; `path` is where it can be mended, `repair` what is to be done there."""

    inbox_id: int
    inbox_name: str
    words: Sequence[str]
    since: datetime | None
    path: str
    repair: str


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
    problems = [each for each in connection.problems if isinstance(each, dict)]
    words = [str(each["words"]) for each in problems if each.get("words")]
    repair = next((REPAIRS[each["repair"]] for each in problems if each.get("repair") in REPAIRS), "Settings")
    return Trouble(inbox.id, inbox.name, words, connection.failing_since, f"{inbox.settings_path}#health", repair)
