"""Makes one contact of two that are the same person, and keeps what each had so that it can be undone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, inspect, select, update

from app.errors import Conflict, Invalid
from app.lib.database import db
from app.models.actor import Actor
from app.models.contact import Contact, ContactInbox, ContactNote
from app.models.conversation import Conversation
from app.models.event import record
from app.models.merge import Merge, Why
from app.models.message import Message

FILLED = (
    *("name", "middle_name", "last_name", "email", "phone_number", "identifier"),
    *("location", "country_code", "locale", "avatar_key", "company_id"),
)
ATTRIBUTES = ("custom_attributes", "additional_attributes")
TOLD = 50
GONE = "One of them was merged or deleted a moment ago."


def merge(base: Contact, other: Contact, *, by: Actor, why: Why = Why.BY_HAND) -> Merge:
    """All that `other` has becomes `base`'s, whose own values win; `other` is gone until the merge is undone.

    Of two merges at once the second sees what the first has done. Raises Invalid for one and the same, Conflict when
    one of the two is there no more.
    """
    if base.id == other.id:
        raise Invalid({"contact": "A contact cannot be merged with itself."})
    hold(base.account_id, base.id, other.id)
    kept = Merge(
        account_id=base.account_id,
        base_id=base.id,
        merged_id=other.id,
        merged_name=other.display_name,
        why=why.value,
        actor_kind=by.kind.value,
        actor_id=by.id,
        actor_name=by.name,
        snapshot=snapshot(other),
        moved=_move(base, other),
    )
    # Gone before its values are taken over: an address is unique in the account.
    db.session.execute(delete(Contact).where(Contact.account_id == other.account_id, Contact.id == other.id))
    db.session.expunge(other)
    kept.filled = _fill(base, other)
    db.session.add(kept)
    db.session.flush()
    forget_loaded()
    record("contact.merged", base, by=by, merged=other.id, merge=kept.id)
    tell_of(base.account_id, kept.moved["conversations"], by=by, before=other.id)
    return kept


def hold(account_id: int, *ids: int) -> None:
    """Nobody else merges, parts, moves or deletes these until the transaction ends, and their values are the newest.

    What a message that comes in holds (its session, its conversation, then its contact) is held in the same order.
    Raises Conflict when one of them is there no more.
    """
    hold_merges(account_id)
    for table in (ContactInbox, Conversation):
        mine = [table.account_id == account_id, table.contact_id.in_(ids)]
        db.session.execute(select(table.id).where(*mine).order_by(table.id).with_for_update())
    found = db.session.scalars(
        select(Contact)
        .where(Contact.account_id == account_id, Contact.id.in_(ids), Contact.deleted_at.is_(None))
        .order_by(Contact.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if len(found) != len(set(ids)):
        raise Conflict(GONE)


def hold_merges(account_id: int) -> None:
    """No other contacts of the account are merged, parted, moved or deleted until the transaction ends."""
    db.session.flush()
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("merge", account_id))))


def snapshot(contact: Contact) -> dict[str, Any]:
    """All columns as plain values."""
    columns = [each.key for each in inspect(Contact).column_attrs if each.key != "search"]
    values = {name: getattr(contact, name) for name in columns}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}


def forget_loaded() -> None:
    """What was loaded before of what changes hands is read again."""
    for each in list(db.session()):
        if isinstance(each, ContactInbox | Conversation | ContactNote | Message):
            db.session.expire(each)


def tell_of(account_id: int, conversation_ids: list[int], *, by: Actor, before: int) -> None:
    """Show the newest of them as somebody else's than `before`'s; a page with older ones sees it when it looks again."""
    for conversation in db.session.scalars(
        select(Conversation)
        .where(Conversation.account_id == account_id, Conversation.id.in_(conversation_ids))
        .order_by(Conversation.last_activity_at.desc())
        .limit(TOLD)
        .execution_options(populate_existing=True)
    ):
        record("conversation.moved", conversation, by=by, before=before, contact=conversation.contact_id)


def deeply(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Both, and `over` where they disagree, at every depth."""
    both = {**under, **over}
    for key in under.keys() & over.keys():
        if isinstance(under[key], dict) and isinstance(over[key], dict):
            both[key] = deeply(under[key], over[key])
    return both


def _fill(base: Contact, other: Contact) -> dict[str, Any]:
    """What `base` lacks is taken from `other`; returns what was, for the way back."""
    fields = {name: getattr(other, name) for name in FILLED if getattr(other, name) and not getattr(base, name)}
    if base.contact_type == "visitor" and other.contact_type != "visitor":
        fields["contact_type"] = other.contact_type
    attributes = {}
    for name, value in fields.items():
        setattr(base, name, value)
        if proof := other.noted_proof_of(name):
            base.prove(name, proof)
    for name in ATTRIBUTES:
        before = getattr(base, name)
        after = deeply(getattr(other, name), before)
        setattr(base, name, after)
        attributes[name] = {"before": before, "after": after}
    # What they typed may be theirs now.
    base.claims = {
        name: value for name, value in {**other.claims, **base.claims}.items() if getattr(base, name) != value
    }
    if other.last_activity_at and (base.last_activity_at is None or base.last_activity_at < other.last_activity_at):
        base.last_activity_at = other.last_activity_at
    return {"fields": fields, "attributes": attributes}


def _move(base: Contact, other: Contact) -> dict[str, Any]:
    """Everything that is `other`'s changes hands; returns the ids of it."""
    conversations = _ids(Conversation, Conversation.contact_id, other, base)
    own = Message.conversation_id.in_(conversations)
    mine = [Message.account_id == base.account_id, Message.sender_contact_id == base.id]
    moved = {
        "conversations": conversations,
        "sessions": _ids(ContactInbox, ContactInbox.contact_id, other, base),
        "notes": _ids(ContactNote, ContactNote.contact_id, other, base),
        # What `base` had said in these conversations before, and `other` in those of third persons.
        "kept": list(db.session.scalars(select(Message.id).where(*mine, own))) if conversations else [],
        "messages": _ids(Message, Message.sender_contact_id, other, base, ~own),
    }
    _ids(Message, Message.sender_contact_id, other, base)
    moved["verified"] = _unverify(base, other, moved["sessions"])
    return moved


def _ids(table: Any, column: Any, other: Contact, base: Contact, *conditions: Any) -> list[int]:
    of_other = [table.account_id == base.account_id, column == other.id, *conditions]
    changed = update(table).where(*of_other).values({column.key: base.id}).returning(table.id)
    return sorted(db.session.scalars(changed.execution_options(synchronize_session=False)))


def _unverify(base: Contact, other: Contact, sessions: list[int]) -> list[int]:
    """A proof of another identity than the one that stays proves nothing here; returns whose it was."""
    if not (other.identifier and base.identifier and other.identifier != base.identifier):
        return []
    proven = [ContactInbox.account_id == base.account_id, ContactInbox.id.in_(sessions), ContactInbox.hmac_verified]
    changed = update(ContactInbox).where(*proven).values(hmac_verified=False).returning(ContactInbox.id)
    return sorted(db.session.scalars(changed.execution_options(synchronize_session=False)))
