"""Keeps who somebody is when their channel calls them otherwise from now on: with another number, or another id."""

from __future__ import annotations

from sqlalchemy import select

from app.actions.meet import session_of
from app.channels.incoming import Renamed
from app.errors import Invalid
from app.lib import address
from app.lib.database import db
from app.models.contact import Contact
from app.models.event import record
from app.models.inbox import Inbox


def rename(inbox: Inbox, news: Renamed) -> None:
    """Their session goes on under the new name. Whoever has that name here already stays who they are: people can merge them."""
    session = session_of(inbox, news.source_id, hold=True)
    if session is None or not news.new_source_id or session_of(inbox, news.new_source_id) is not None:
        return
    session.source_id = news.new_source_id
    contact = session.contact
    if contact.phone_number == news.phone_number and _is_free(contact, news.new_phone_number):
        contact.phone_number = news.new_phone_number
        record("contact.updated", contact, by=contact.actor, changed=["phone_number"])


def _is_free(contact: Contact, number: str) -> bool:
    try:
        checked = address.phone(number)
    except Invalid:
        return False
    taken = select(Contact.id).where(Contact.account_id == contact.account_id, Contact.phone_number == checked)
    return bool(number) and checked == number and db.session.scalar(taken.limit(1)) is None
