"""Gives a conversation to the contact whose it really is."""

from __future__ import annotations

from sqlalchemy import select, update

from app.actions.merge import GONE, forget_loaded, hold_merges
from app.errors import Conflict, Invalid
from app.lib.database import db
from app.models.actor import Actor
from app.models.contact import Contact, ContactInbox
from app.models.conversation import Conversation
from app.models.event import record
from app.models.message import Message


def move(conversation: Conversation, to: Contact, *, by: Actor) -> None:
    """What was said in it is `to`'s from now on.

    The conversation keeps its session, so that answers still leave by the way the questions came. The session goes along
    when this is the last conversation in it: whoever writes there next is `to`. Earlier conversations of that session
    stay whose they are, and so does the session when a later one has begun in it. A proof that the session had was of
    the other person, and is void. Raises Invalid when it is theirs already, Conflict when they are there no more.
    """
    hold_merges(conversation.account_id)
    session = db.session.get_one(ContactInbox, (conversation.account_id, conversation.contact_inbox_id))
    db.session.refresh(session, with_for_update={"of": ContactInbox})
    conversation.changed()
    db.session.refresh(to, with_for_update={"of": Contact, "key_share": True})
    if to.deleted_at:
        raise Conflict(GONE)
    before = conversation.contact
    if before.id == to.id:
        raise Invalid({"contact_id": f"It is {to.display_name}'s already."})
    if session.contact_id == before.id and _is_last(conversation):
        session.contact_id, session.hmac_verified = to.id, False
    conversation.contact_id = to.id
    said = [Message.conversation_id == conversation.id, Message.sender_contact_id == before.id]
    db.session.execute(
        update(Message)
        .where(Message.account_id == conversation.account_id, *said)
        .values(sender_contact_id=to.id)
        .execution_options(synchronize_session=False)
    )
    db.session.flush()
    forget_loaded()
    conversation.note_activity("moved", by=by, to=to.display_name, **{"from": before.display_name})
    record("conversation.moved", conversation, by=by, before=before.id, contact=to.id)


def _is_last(conversation: Conversation) -> bool:
    later = select(Conversation.id).where(
        Conversation.account_id == conversation.account_id,
        Conversation.contact_inbox_id == conversation.contact_inbox_id,
        Conversation.id > conversation.id,
    )
    return db.session.scalar(later.limit(1)) is None
