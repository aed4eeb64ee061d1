"""How a contact is added and changed by the desk: normalised, checked, never two with the same address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.errors import Conflict, Invalid
from app.lib import address
from app.lib.database import db
from app.models.actor import Actor, ActorKind
from app.models.event import record
from app.models.provable import Proof

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped

LONGEST_NAME = 255
LONGEST_TEXT = 1_500
LARGEST_NUMBER = 9_999_999_999
MOST_ATTRIBUTES = 32_000

UNIQUE = {"email": "e-mail address", "phone_number": "phone number", "identifier": "identifier"}
TEXTS = {"name": "", "middle_name": "", "last_name": "", "identifier": None, "location": None, "locale": None}


class Taken(Invalid):
    """Another contact has this already; `contact_id` says which."""

    def __init__(self, field: str, name: str, contact_id: int) -> None:
        self.contact_id = contact_id
        super().__init__({field: f"{name} has this {UNIQUE[field]} already."})


class Editable:
    if TYPE_CHECKING:
        account_id: Mapped[int]
        id: Mapped[int]
        email: Mapped[str | None]
        phone_number: Mapped[str | None]
        identifier: Mapped[str | None]
        contact_type: Mapped[str]
        blocked: Mapped[bool]
        custom_attributes: Mapped[dict[str, Any]]

        def __init__(self, **values: Any) -> None: ...

        avatar_key: Mapped[str | None]

        @property
        def display_name(self) -> str: ...

        def prove(self, field: str, proof: Proof) -> None: ...

    @classmethod
    def add(cls, account_id: int, *, by: Actor, **values: Any) -> Self:
        """A new contact. Raises Invalid for what cannot be kept, Taken when someone has one of its addresses."""
        contact = cls(account_id=account_id)
        contact._take(checked(values))
        contact._entered(values, by)
        record("contact.created", contact, by=by)
        return contact

    def edit(self, *, by: Actor, **values: Any) -> list[str]:
        """Change what is named and differs; returns the names of what did. Raises Invalid, Taken."""
        changed = {name: value for name, value in checked(values).items() if getattr(self, name) != value}
        if changed:
            self._take(changed)
            self._entered(changed, by)
            record("contact.updated", self, by=by, changed=sorted(changed))
        return sorted(changed)

    def set_attribute(self, name: str, value: str, *, by: Actor) -> None:
        name = name.strip()
        if not name:
            raise Invalid({"name": "Give it a name."})
        self.edit(by=by, custom_attributes={**self.custom_attributes, name: value})

    def forget_attribute(self, name: str, *, by: Actor) -> None:
        self.edit(by=by, custom_attributes={key: kept for key, kept in self.custom_attributes.items() if key != name})

    def block(self, *, by: Actor) -> None:
        """What they write from now on reopens nothing and tells nobody."""
        if not self.blocked:
            self.blocked = True
            record("contact.blocked", self, by=by)

    def unblock(self, *, by: Actor) -> None:
        if self.blocked:
            self.blocked = False
            record("contact.unblocked", self, by=by)

    def _take(self, values: Mapping[str, Any]) -> None:
        self._refuse_taken(values)
        try:
            with db.session.begin_nested():
                for name, value in values.items():
                    setattr(self, name, value)
                if self.contact_type in (None, "visitor") and (self.email or self.phone_number or self.identifier):
                    self.contact_type = "lead"
                db.session.add(self)
                db.session.flush()
        except IntegrityError:
            # Someone else was given the address a moment ago.
            self._refuse_taken(values)
            raise Conflict from None

    def _entered(self, values: Mapping[str, Any], by: Actor) -> None:
        if by.kind is ActorKind.USER:
            for field in UNIQUE.keys() & values.keys():
                self.prove(field, Proof.ENTERED)

    def drop_avatar(self, *, by: Actor) -> None:
        if self.avatar_key:
            self.avatar_key = None
            record("contact.updated", self, by=by, changed=["avatar_key"])

    def _refuse_taken(self, values: Mapping[str, Any]) -> None:
        for name in UNIQUE:
            if values.get(name):
                other = self.having(self.account_id, name, values[name])
                if other is not None and other is not self:
                    raise Taken(name, other.display_name, other.id)

    @classmethod
    def having(cls, account_id: int, name: str, value: str) -> Self | None:
        """The contact of the account with that e-mail, phone_number or identifier."""
        with db.session.no_autoflush:
            return db.session.scalar(select(cls).where(cls.account_id == account_id, getattr(cls, name) == value))


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are kept. Raises Invalid with a word for each that cannot be."""
    kept: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, value in values.items():
        try:
            kept[name] = _checked(name, value)
        except Invalid as refused:
            wrong |= refused.fields
    if wrong:
        raise Invalid(wrong)
    return kept


def _checked(name: str, value: Any) -> Any:
    if name in ("custom_attributes", "additional_attributes"):
        return checked_attributes(value, field=name)
    if name == "email":
        return address.email(value) if value and value.strip() else None
    if name == "phone_number":
        return address.phone(value) if value and value.strip() else None
    if name in TEXTS:
        text = " ".join((value or "").split())
        if len(text) > LONGEST_NAME:
            raise Invalid({name: f"This is too long: {LONGEST_NAME} characters fit."})
        return text or TEXTS[name]
    return value


def checked_attributes(values: Mapping[str, Any], *, field: str = "custom_attributes") -> dict[str, Any]:
    """Plain values by name. Raises Invalid for names, texts and numbers that are too large."""
    for name, value in values.items():
        if not name.strip() or len(name) > LONGEST_NAME:
            raise Invalid({field: f"A name has 1 to {LONGEST_NAME} characters."})
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            raise Invalid({field: f"“{name[:40]}” is too long: {LONGEST_TEXT:,} characters fit."})
        if isinstance(value, int | float) and not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
            raise Invalid({field: f"“{name[:40]}” is too large a number."})
    if len(json.dumps(values)) > MOST_ATTRIBUTES:
        raise Invalid({field: f"This is too much: {MOST_ATTRIBUTES:,} characters of attributes fit."})
    return dict(values)
