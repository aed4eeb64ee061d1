"""Begins a conversation from the desk: somebody of ours writes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from app.channels import CHANNELS
from app.errors import Invalid
from app.lib.database import db
from app.lib.storage import Stored
from app.models.actor import Actor
from app.models.contact import Contact, ContactInbox
from app.models.conversation import Conversation
from app.models.inbox import Inbox
from app.models.membership import Membership
from app.models.message import Message

ANYBODY = ("api",)


def reachable(contact: Contact, membership: Membership) -> Sequence[Inbox]:
    """The inboxes this member may write to the contact from, by name."""
    inboxes = db.session.scalars(
        select(Inbox)
        .where(Inbox.account_id == contact.account_id, Inbox.visible_to(membership), Inbox.is_enabled)
        .order_by(Inbox.name, Inbox.id)
    ).all()
    known = {session.inbox_id for session in contact.sessions}
    return [inbox for inbox in inboxes if inbox.channel in CHANNELS and _is_reached(contact, inbox, known)]


def begin(
    contact: Contact,
    inbox: Inbox,
    content: str,
    *,
    by: Actor,
    client_id: str,
    subject: str = "",
    recipients: Mapping[str, Any] | None = None,
    attachments: Sequence[Stored] = (),
) -> Message:
    """The first message of a new conversation; a repeat of `client_id` in one that was begun so is that one.

    Raises Invalid for what cannot be said, or where the contact cannot be reached from this inbox.
    """
    # Before anything is begun: what is refused leaves nothing behind.
    if not content.strip() and not attachments:
        raise Invalid({"content": "Write something, or attach a file."})
    if needs_template(inbox):
        raise Invalid({"content": "Only a template can be the first message there."})
    if not _is_reached(contact, inbox, {session.inbox_id for session in contact.sessions}):
        raise Invalid({"inbox": "They cannot be written to from this inbox."})
    session = _session(contact, inbox)
    db.session.refresh(session, with_for_update=True)
    repeated = db.session.scalar(
        select(Message)
        .join(
            Conversation,
            (Conversation.account_id == Message.account_id) & (Conversation.id == Message.conversation_id),
        )
        .where(
            Message.account_id == contact.account_id,
            Message.client_id == client_id,
            Conversation.contact_inbox_id == session.id,
        )
    )
    if repeated is not None:
        return repeated
    about = {"mail_subject": subject} if subject else {}
    conversation = Conversation.start(session, by=by, subject=subject or None, additional_attributes=about)
    # Nobody waits for an answer where we wrote first.
    conversation.waiting_since = None
    return conversation.reply(
        content, by=by, client_id=client_id, attachments=attachments, content_attributes=dict(recipients or {})
    )


def begin_by_template(contact: Contact, inbox: Inbox, *, by: Actor) -> Conversation:
    """The conversation that a template will be the first word of: the one that goes on, or a new one.

    Raises Invalid where the contact cannot be reached from this inbox.
    """
    if not _is_reached(contact, inbox, {session.inbox_id for session in contact.sessions}):
        raise Invalid({"inbox": "They cannot be written to from this inbox."})
    conversation = Conversation.continue_or_start(_session(contact, inbox), by=by)
    if conversation.last_message_id is None:
        conversation.waiting_since = None
    return conversation


def needs_template(inbox: Inbox) -> bool:
    """Whether nobody can be written to first in words of one's own."""
    return inbox.abilities.has_templates and inbox.abilities.reply_window is not None


def _is_reached(contact: Contact, inbox: Inbox, known: set[int]) -> bool:
    if inbox.abilities.has_calls:
        return False
    if inbox.abilities.reply_window or inbox.channel_settings.get("agent_reply_time_window"):
        # Such a channel takes answers only: a new conversation has nothing yet to be answered.
        return needs_template(inbox) and (inbox.id in known or bool(_number_in(contact, inbox)))
    if inbox.id in known or inbox.channel in ANYBODY:
        return True
    if inbox.abilities.is_mail:
        return bool(contact.email)
    return bool(_number_in(contact, inbox))


def _session(contact: Contact, inbox: Inbox) -> ContactInbox:
    """Theirs in this inbox, the newest; made now where the channel calls them by an address we know."""
    known = [session for session in contact.sessions if session.inbox_id == inbox.id]
    if known:
        return known[-1]
    if inbox.abilities.is_mail:
        return ContactInbox.begin(contact, inbox, contact.email)
    return ContactInbox.begin(contact, inbox, _number_in(contact, inbox) or None)


def _number_in(contact: Contact, inbox: Inbox) -> str:
    """How the inbox's channel calls them by their number, where it calls people so."""
    return inbox.speaks.source_id_of(contact.phone_number or "") if contact.phone_number else ""
