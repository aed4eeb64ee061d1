"""Takes what customers say, from whichever channel: the one way in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, select

from app.actions.prompt import prompt
from app.channels.base import Inbound
from app.lib.database import db
from app.models.contact import ContactInbox
from app.models.conversation import Conversation
from app.models.message import Message


def receive(
    session: ContactInbox,
    inbound: Inbound,
    *,
    begun_with: Mapping[str, Any] | None = None,
    into: Conversation | None = None,
    anew: bool = False,
    is_new: bool = False,
) -> Message:
    """What a customer says in their session, in the conversation it belongs to; a repeat is the message there already is.

    `is_new` says that it is known to be none. `into` is the conversation they chose, `anew` says that they wish to begin another. `begun_with` is kept with a
    conversation that begins here (page, browser). Raises Invalid when it is empty or too long, TooMany past 200 messages
    a minute.
    """
    session.hold()
    if not is_new and (repeated := _known(session, inbound)):
        return repeated
    conversation = Conversation.continue_or_start(
        session, into=into, anew=anew, thread=inbound.thread, additional_attributes=dict(begun_with or {})
    )
    message = conversation.receive(inbound, contact=session.contact, is_new=is_new)
    prompt(conversation, message)
    return message


def _known(session: ContactInbox, inbound: Inbound) -> Message | None:
    """The same message from before, even in a conversation that has been closed since."""
    same: ColumnElement[bool]
    if inbound.client_id:
        same = Message.client_id == inbound.client_id
    elif inbound.source_id:
        same = (Message.inbox_id == session.inbox_id) & (Message.source_id == inbound.source_id)
    else:
        return None
    own = select(Conversation.id).where(
        Conversation.account_id == session.account_id, Conversation.contact_inbox_id == session.id
    )
    return db.session.scalar(
        select(Message).where(Message.account_id == session.account_id, Message.conversation_id.in_(own), same)
    )
