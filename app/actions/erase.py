"""Deletes a contact: who they were at once, what they said piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, or_, select, update

from app.actions.merge import hold_merges
from app.errors import Invalid
from app.lib import clock, storage
from app.lib.database import db
from app.lib.queue import Queue, later
from app.models.actor import Actor
from app.models.attachment import Attachment
from app.models.contact import Contact, ContactNote
from app.models.conversation import Conversation
from app.models.event import record
from app.models.likeness import ContactKey, Suggestion
from app.models.merge import Merge
from app.models.message import Message
from app.realtime import signals

AT_ONCE = 50
WINDOW_SECONDS = 7 * 24 * 3600
NAME = "Deleted contact"


@dataclass(frozen=True)
class Piece:
    """Some of a contact's conversations, and the files in them."""

    account_id: int
    contact_id: int
    conversations: list[int]
    files: list[str]


def erase(contact: Contact, *, by: Actor) -> None:
    """Nothing is known of them from now on; their conversations, and the row itself, go in a slow job.

    Raises Invalid while they have the chat open: what they write would be lost under their hands.
    """
    if signals.is_online(contact):
        raise Invalid({"contact": f"{contact.display_name} is online now. Wait until they have left."})
    hold_merges(contact.account_id)
    db.session.refresh(contact, with_for_update={"of": Contact})
    own = [contact.avatar_key] if contact.avatar_key else []
    for name in ("email", "phone_number", "identifier", "location", "country_code", "locale", "avatar_key"):
        setattr(contact, name, None)
    contact.name, contact.middle_name, contact.last_name = NAME, "", ""
    contact.custom_attributes, contact.additional_attributes, contact.proofs, contact.claims = {}, {}, {}, {}
    contact.blocked, contact.deleted_at = True, clock.now()
    _forget(contact)
    record("contact.deleted", contact, by=by)
    later("erase_contact", contact.account_id, contact.id, own, queue=Queue.SLOW, once=f"erase:{contact.id}")


def prepare(account_id: int, contact_id: int, files: list[str]) -> Piece | None:
    contact = db.session.get(Contact, (account_id, contact_id))
    if contact is None:
        return None
    theirs = select(Conversation.id).where(Conversation.account_id == account_id, Conversation.contact_id == contact_id)
    conversations = list(db.session.scalars(theirs.order_by(Conversation.id.desc()).limit(AT_ONCE)))
    return Piece(account_id, contact_id, conversations, [*files, *files_in(account_id, conversations)])


def files_in(account_id: int, conversations: Sequence[int]) -> list[str]:
    """Where the storage has what was sent in them."""
    kept = (
        select(Attachment.storage_key)
        .join(Message, (Message.account_id == Attachment.account_id) & (Message.id == Attachment.message_id))
        .where(
            Attachment.account_id == account_id,
            Message.conversation_id.in_(conversations),
            Attachment.storage_key.is_not(None),
        )
    )
    of_cards = select(Message.additional_attributes["pictures"]).where(
        Message.account_id == account_id,
        Message.conversation_id.in_(conversations),
        Message.additional_attributes.has_key("pictures"),
    )
    pictures = [str(key) for keys in db.session.scalars(of_cards) if isinstance(keys, list) for key in keys]
    return [*(key for key in db.session.scalars(kept) if key), *pictures]


def call(piece: Piece) -> None:
    for key in piece.files:
        storage.delete(key)


def settle(piece: Piece, _: None) -> bool:
    """Returns whether there is more."""
    drop(piece.account_id, piece.conversations)
    if len(piece.conversations) == AT_ONCE:
        return True
    _erase_row(piece)
    return False


def drop(account_id: int, conversations: Sequence[int]) -> None:
    """These conversations with all that was said in them; pages take them off."""
    these = [Conversation.account_id == account_id, Conversation.id.in_(conversations)]
    for conversation in db.session.scalars(select(Conversation).where(*these)):
        record("conversation.deleted", conversation, uuid=str(conversation.uuid), inbox=conversation.inbox_id)
    db.session.execute(delete(Conversation).where(*these).execution_options(synchronize_session=False))


def refuse(piece: Piece, reason: str) -> None:
    """The storage takes no such key: the rows go all the same."""
    if settle(piece, None):
        later("erase_contact", piece.account_id, piece.contact_id, [], queue=Queue.SLOW)


def _erase_row(piece: Piece) -> None:
    """What they said in the conversations of others stays, and is nobody's."""
    said = [Message.account_id == piece.account_id, Message.sender_contact_id == piece.contact_id]
    db.session.execute(update(Message).where(*said).values(sender_contact_id=None))
    db.session.execute(delete(Contact).where(Contact.account_id == piece.account_id, Contact.id == piece.contact_id))


def _forget(contact: Contact) -> None:
    """Whatever else tells of them: notes, likenesses, and those who were merged into them."""
    for table in (ContactNote, ContactKey):
        db.session.execute(delete(table).where(table.account_id == contact.account_id, table.contact_id == contact.id))
    pair = or_(Suggestion.contact_id == contact.id, Suggestion.other_id == contact.id)
    db.session.execute(delete(Suggestion).where(Suggestion.account_id == contact.account_id, pair))
    bases = [contact.id]
    while bases:
        merged = delete(Merge).where(Merge.account_id == contact.account_id, Merge.base_id.in_(bases))
        bases = list(db.session.scalars(merged.returning(Merge.merged_id)))
