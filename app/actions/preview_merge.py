"""What a merge of two contacts would make of them, before it is done."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from app.actions.merge import deeply
from app.lib.database import db
from app.models.contact import Contact
from app.models.conversation import Conversation

NAMES = {
    "name": "First name",
    "last_name": "Last name",
    "email": "E-mail",
    "phone_number": "Phone",
    "identifier": "Identifier",
    "location": "Place",
    "locale": "Language",
}


@dataclass(frozen=True)
class Line:
    """One thing that is known, of the one that stays, of the other, and of both when they are one."""

    name: str
    base: str
    other: str
    result: str

    @property
    def is_lost(self) -> bool:
        """Whether the other's value goes, other than for an undo."""
        return bool(self.other) and self.other != self.result and self.name != "Conversations"


def preview(base: Contact, other: Contact) -> list[Line]:
    """Only what at least one of the two has."""
    lines = []
    for field, words in NAMES.items():
        one, two = _told(getattr(base, field)), _told(getattr(other, field))
        lines.append(Line(words, one, two, one or two))
    mine = {**base.additional_attributes, **base.custom_attributes}
    theirs = {**other.additional_attributes, **other.custom_attributes}
    both = deeply(theirs, mine)
    for name in sorted(both):
        words = name.replace("_", " ").capitalize()
        lines.append(Line(words, _told(mine.get(name)), _told(theirs.get(name)), _told(both[name])))
    one_has, two_has = conversations_of(base), conversations_of(other)
    lines.append(Line("Conversations", str(one_has), str(two_has), str(one_has + two_has)))
    return [line for line in lines if line.base or line.other]


def conversations_of(contact: Contact) -> int:
    own = [Conversation.account_id == contact.account_id, Conversation.contact_id == contact.id]
    return db.session.scalar(select(func.count()).select_from(Conversation).where(*own)) or 0


def _told(value: object) -> str:
    return "" if value in (None, "", {}, []) else str(value)
