"""Calls a customer for a colleague, whose own phone is rung first."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.actions.call import VOICE_CALL, WORDS, begun, wish_to_ask
from app.channels import CHANNELS
from app.errors import Conflict, Invalid, NotFound
from app.lib import clock
from app.lib.database import db
from app.models.contact import Contact, ContactInbox
from app.models.conversation import Conversation
from app.models.inbox import Inbox
from app.models.membership import Membership
from app.models.message import Message

CALLING = tuple(kind for kind, channel in CHANNELS.items() if channel.abilities.has_calls)
# Longer than it can ring, and than Twilio and the like let anybody speak.
MOST_RINGING, MOST_SPEAKING = timedelta(minutes=5), timedelta(hours=4)


def calling_inboxes(membership: Membership) -> list[Inbox]:
    """The inboxes this member may call from, by name."""
    return list(
        db.session.scalars(
            select(Inbox)
            .where(
                Inbox.account_id == membership.account_id,
                Inbox.channel.in_(CALLING),
                Inbox.visible_to(membership),
                Inbox.is_enabled,
            )
            .order_by(Inbox.name, Inbox.id)
        )
    )


def call_contact(contact: Contact, inbox: Inbox, *, by: Membership, client_id: str | None = None) -> Message:
    """Call somebody by their number, in the conversation that goes on in that inbox. Raises as `place_call`, Invalid, NotFound."""
    if inbox.channel not in CALLING:
        raise NotFound
    number = CHANNELS[inbox.channel].source_id_of(contact.phone_number or "")
    if not number:
        raise Invalid({"phone_number": "There is no phone number to call."})
    known = [session for session in contact.sessions if session.inbox_id == inbox.id and session.source_id == number]
    session = known[-1] if known else ContactInbox.begin(contact, inbox, number)
    return place_call(Conversation.continue_or_start(session), by=by, client_id=client_id)


def place_call(conversation: Conversation, *, by: Membership, client_id: str | None = None) -> Message:
    """Have the customer called; a repeat of `client_id` is one call.

    Raises Conflict where whoever calls has no phone, or a call is on already, and Invalid where there is nobody to call.
    """
    conversation.lock()
    if client_id and (known := _asked_before(conversation, client_id)):
        return known
    if not by.call_number:
        raise Conflict("Your own phone is rung first: give its number in your profile, under Calls.")
    customer = conversation.contact_inbox.source_id
    if not customer.startswith("+"):
        raise Invalid({"phone_number": "Whoever called withheld their number: there is none to call."})
    if _is_on(conversation):
        raise Conflict("A call with this customer is on already.")
    is_new = conversation.last_sequence == 0
    waiting, answered = conversation.waiting_since, conversation.first_reply_created_at
    now = clock.now()
    data = begun("", "outbound", ours=conversation.inbox.address, theirs=customer, at=now)
    message = conversation.reply(
        WORDS,
        by=by.actor,
        client_id=client_id,
        content_type=VOICE_CALL,
        content_attributes={"data": {**data, "requested_at": now.isoformat()}},
    )
    wish_to_ask(message)
    # Nobody has been spoken with yet: who waits goes on waiting. Nobody waits where we are the first to call.
    conversation.waiting_since = None if is_new else waiting
    conversation.first_reply_created_at = answered
    if conversation.assignee_id is None and conversation.can_be_assigned_to(by):
        conversation.assign(by, by=by.actor)
    return message


def _asked_before(conversation: Conversation, client_id: str) -> Message | None:
    return db.session.scalar(
        select(Message).where(
            Message.account_id == conversation.account_id,
            Message.conversation_id == conversation.id,
            Message.client_id == client_id,
        )
    )


def _is_on(conversation: Conversation) -> bool:
    last = db.session.scalar(
        select(Message)
        .where(
            Message.account_id == conversation.account_id,
            Message.conversation_id == conversation.id,
            Message.content_type == VOICE_CALL,
        )
        .order_by(Message.sequence.desc())
        .limit(1)
    )
    if last is None or last.status == "failed":
        return False
    status, age = last.content_attributes.get("data", {}).get("status"), clock.now() - last.created_at
    return (status == "ringing" and age < MOST_RINGING) or (status == "in-progress" and age < MOST_SPEAKING)
