"""Where a contact can be written to first, and how each channel calls them there."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from app.channels import CHANNELS
from app.lib.database import db
from app.models.contact import Contact, ContactInbox
from app.models.inbox import ChannelKind, Inbox
from app.models.membership import Membership


def contactable(contact: Contact, membership: Membership) -> list[tuple[Inbox, str]]:
    """The person's inboxes that can reach the contact, each with the source id, new or known."""
    inboxes = db.session.scalars(
        select(Inbox)
        .where(Inbox.account_id == contact.account_id, Inbox.visible_to(membership), Inbox.is_enabled)
        .order_by(Inbox.id)
    )
    sessions = db.session.execute(
        select(ContactInbox.inbox_id, ContactInbox.source_id)
        .where(ContactInbox.account_id == contact.account_id, ContactInbox.contact_id == contact.id)
        .order_by(ContactInbox.id)
    )
    known = {inbox_id: source_id for inbox_id, source_id in sessions}  # noqa: C416  # rows are no pairs to mypy
    found = [(inbox, source_id_in(inbox, contact, known.get(inbox.id, ""))) for inbox in inboxes]
    return [(inbox, source_id) for inbox, source_id in found if source_id]


def source_id_in(inbox: Inbox, contact: Contact, known: str = "") -> str:
    """How the inbox's channel calls them; empty when it cannot reach them."""
    if inbox.channel == ChannelKind.EMAIL:
        return contact.email or ""
    if inbox.channel in CHANNELS and contact.phone_number:
        by_number = inbox.speaks.source_id_of(contact.phone_number)
        if by_number:
            return known or by_number
    if inbox.channel == ChannelKind.API:
        return known or str(uuid.uuid4())
    return known if inbox.channel == ChannelKind.WEB_WIDGET else ""
