"""Who calls: an inbox by its public identifier, a customer by their source id, which is all the right they need."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, current_app, g
from sqlalchemy import select

from app.actions.meet import session_of
from app.blueprints.guards import take_body
from app.blueprints.widget.visitor import Key, limit_address, limit_session
from app.errors import NotFound
from app.ledger.transaction import system, transaction
from app.lib.database import db
from app.models.account import Account
from app.models.contact import ContactInbox
from app.models.conversation import Conversation
from app.models.inbox import ChannelKind, Inbox
from app.queries.visitor_conversations import are_of

View = Callable[..., Any]

# A backend speaks for all its customers from one address.
CALLS_PER_MINUTE = 3000


def caller(view: View) -> View:
    """Whoever knows the inbox's identifier, in a frame of its account; `the_inbox()` is that inbox."""

    @wraps(view)
    def framed(identifier: str, **values: Any) -> Response:
        limit_address("client-api", limit=CALLS_PER_MINUTE, seconds=60)
        account_id, inbox_id = _whose(identifier)
        take_body()
        with transaction(account_id):
            g.inbox = db.session.get(Inbox, (account_id, inbox_id))
            if g.inbox is None:
                raise NotFound
            return current_app.make_response(view(**values))

    return framed


def _whose(identifier: str) -> tuple[int, int]:
    """Account and id of the open API inbox of that identifier. Raises NotFound."""
    with system(why="finding the inbox of a client"):
        found = db.session.execute(
            select(Inbox.account_id, Inbox.id)
            .join(Account, Account.id == Inbox.account_id)
            .where(
                Inbox.channel == ChannelKind.API,
                Inbox.address == identifier,
                Inbox.is_enabled,
                Account.status == "active",
            )
            .limit(1)
        ).first()
    if found is None:
        raise NotFound
    return found.account_id, found.id


def the_inbox() -> Inbox:
    inbox: Inbox = g.inbox
    return inbox


def session_called(source_id: str) -> ContactInbox:
    """Raises NotFound when nobody is called so in this inbox."""
    session = session_of(the_inbox(), source_id)
    if session is None:
        raise NotFound
    return session


def conversation_of(session: ContactInbox, number: int) -> Conversation:
    """One of theirs by its number; once they are proven, of all their proven sessions here. Raises NotFound."""
    conversation = db.session.scalar(select(Conversation).where(are_of(session), Conversation.display_id == number))
    if conversation is None:
        raise NotFound
    return conversation


def limit_writing(source_id: str, what: str, *, limit: int, seconds: int) -> None:
    """Bound what one session may do. Raises TooMany."""
    inbox = the_inbox()
    limit_session(Key(inbox.account_id, inbox.id, source_id), f"client-{what}", limit=limit, seconds=seconds)
