"""Parts two contacts again who were merged: each gets back what was theirs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, inspect, update
from sqlalchemy.dialects.postgresql import insert

from app.actions.merge import ATTRIBUTES, forget_loaded, hold, hold_merges, tell_of
from app.errors import Conflict
from app.lib import clock
from app.lib.database import db
from app.models.actor import Actor
from app.models.contact import Contact, ContactInbox, ContactNote
from app.models.conversation import Conversation
from app.models.editable import UNIQUE
from app.models.event import record
from app.models.likeness import Suggestion
from app.models.merge import Merge
from app.models.message import Message

HOURS = ("last_activity_at", "created_at", "updated_at", "deleted_at")
TEXTS = ("name", "middle_name", "last_name")


def unmerge(kept: Merge, *, by: Actor) -> Contact:
    """The contact who was merged, back with their own id, values, conversations, sessions and notes.

    What was begun since in one of their sessions goes with the session: it is the same person who writes there. All
    else that came later stays with the one who was merged into, who loses again what only the merge had filled in and
    nobody has changed since. An address that a third contact was given meanwhile stays with that one. The two are
    remembered as not the same. Raises Conflict when it was undone already, or when the other one is there no more.
    """
    hold_merges(kept.account_id)
    db.session.refresh(kept, with_for_update=True)
    if kept.undone_at:
        raise Conflict("This merge was undone already.")
    base = db.session.get(Contact, (kept.account_id, kept.base_id), populate_existing=True)
    if base is None or base.deleted_at:
        raise Conflict("The contact they were merged into is there no more. If it was merged too, undo that first.")
    hold(kept.account_id, base.id)
    _empty(base, kept.filled)
    contact = _restored(kept)
    conversations = _give_back(kept, base.id)
    kept.undone_at = clock.now()
    remember_as_two(kept.account_id, base.id, contact.id, by=by)
    record("contact.unmerged", base, by=by, restored=contact.id, merge=kept.id)
    tell_of(base.account_id, conversations, by=by, before=base.id)
    return contact


def remember_as_two(account_id: int, one_id: int, other_id: int, *, by: Actor) -> None:
    """Never to be suggested, nor joined by themselves."""
    low, high = sorted((one_id, other_id))
    values = {"dismissed_at": clock.now(), "dismissed_by": by.id if by.kind == "user" else None}
    pair = {"account_id": account_id, "contact_id": low, "other_id": high, "reason": "parted"}
    told = insert(Suggestion).values(**pair, created_at=clock.now(), **values)
    db.session.execute(
        told.on_conflict_do_update(
            index_elements=["account_id", "contact_id", "other_id"],
            set_={"dismissed_at": func.coalesce(Suggestion.dismissed_at, told.excluded.dismissed_at), **_by(values)},
        )
    )


def _by(values: dict[str, Any]) -> dict[str, Any]:
    return {"dismissed_by": func.coalesce(Suggestion.dismissed_by, values["dismissed_by"])}


def _empty(base: Contact, filled: dict[str, Any]) -> None:
    """Take out what came by the merge and is as it came."""
    for name, value in filled["fields"].items():
        if getattr(base, name) == value:
            setattr(base, name, {"contact_type": "visitor"}.get(name, "" if name in TEXTS else None))
    for name in ATTRIBUTES:
        change = filled["attributes"][name]
        setattr(base, name, without(getattr(base, name), change["before"], change["after"]))
    db.session.flush()


def without(now: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """`now`, less what `after` had more than `before` and what still is as it was in `after`."""
    kept = {}
    for key, value in now.items():
        was, became = before.get(key), after.get(key)
        if key in before and isinstance(value, dict) and isinstance(was, dict) and isinstance(became, dict):
            kept[key] = without(value, was, became)
        elif key in before or key not in after or value != became:
            kept[key] = value
    return kept


def _restored(kept: Merge) -> Contact:
    columns = {each.key for each in inspect(Contact).column_attrs}
    values = {name: value for name, value in kept.snapshot.items() if name in columns}
    for name in HOURS:
        values[name] = datetime.fromisoformat(values[name]) if values.get(name) else None
    for field in UNIQUE:
        if values.get(field) and Contact.having(kept.account_id, field, values[field]):
            values["claims"] = {**values.get("claims", {}), field: values[field]}
            values[field] = None
    contact = Contact(**values)
    db.session.add(contact)
    db.session.flush()
    return contact


def _give_back(kept: Merge, base_id: int) -> list[int]:
    """Returns the ids of the conversations that went."""
    moved = kept.moved
    sessions = _back(kept, base_id, ContactInbox, ContactInbox.contact_id, ContactInbox.id.in_(moved["sessions"]))
    own = Conversation.id.in_(moved["conversations"]) | Conversation.contact_inbox_id.in_(sessions)
    conversations = _back(kept, base_id, Conversation, Conversation.contact_id, own)
    _back(kept, base_id, ContactNote, ContactNote.contact_id, ContactNote.id.in_(moved["notes"]))
    said = Message.conversation_id.in_(conversations) & Message.id.not_in(moved["kept"])
    _back(kept, base_id, Message, Message.sender_contact_id, said)
    _back(kept, base_id, Message, Message.sender_contact_id, Message.id.in_(moved["messages"]))
    verified = [ContactInbox.account_id == kept.account_id, ContactInbox.id.in_(set(moved["verified"]) & set(sessions))]
    db.session.execute(
        update(ContactInbox).where(*verified).values(hmac_verified=True).execution_options(synchronize_session=False)
    )
    forget_loaded()
    return conversations


def _back(kept: Merge, base_id: int, table: Any, column: Any, which: Any) -> list[int]:
    """Only what still is with the one they were merged into."""
    of_base = [table.account_id == kept.account_id, column == base_id, which]
    changed = update(table).where(*of_base).values({column.key: kept.merged_id}).returning(table.id)
    return sorted(db.session.scalars(changed.execution_options(synchronize_session=False)))
