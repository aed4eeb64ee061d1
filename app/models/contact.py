"""A customer, and their sessions in inboxes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR, UUID
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app.errors import Invalid, NotAllowed, NotFound
from app.lib import clock
from app.lib.database import Model, Stamped, db
from app.models.actor import Actor, ActorKind
from app.models.editable import Editable
from app.models.event import record
from app.models.inbox import Inbox
from app.models.likeness import Suggestion
from app.models.membership import Membership
from app.models.merge import Merge
from app.models.provable import Provable

UNNAMED = "Visitor"
LONGEST_NOTE = 20_000
MOST_LOOKALIKES = 3
MOST_TURNS = 20

SEARCH = (
    "array_to_tsvector(array['@' || account_id::text]) || to_tsvector('simple', left(parley_fold(left("
    "name || ' ' || middle_name || ' ' || last_name"
    " || ' ' || coalesce(email, '') || ' ' || translate(coalesce(email, ''), '@._-+', '     ')"
    " || ' ' || coalesce(phone_number, '') || ' ' || translate(coalesce(phone_number, ''), '+', ' ')"
    " || ' ' || coalesce(identifier, '') || ' ' || coalesce(additional_attributes ->> 'company_name', ''), 4000)), 8000))"
)

KNOWN = "email is not null or phone_number is not null or identifier is not null"


class Contact(Editable, Provable, Stamped, Model):
    """E-mail is stored in lower case, phone as E.164; each is unique in its account.

    `claims` are addresses that they typed and that somebody else has.
    """

    __tablename__ = "contacts"
    __table_args__ = (
        Index("uq_contacts_email", "account_id", "email", unique=True),
        Index("uq_contacts_phone_number", "account_id", "phone_number", unique=True),
        Index("uq_contacts_identifier", "account_id", "identifier", unique=True),
        Index("ix_contacts_recent", "account_id", text("last_activity_at DESC NULLS LAST"), text("id DESC")),
        Index("ix_contacts_name", "account_id", "name", "id"),
        Index(
            "ix_contacts_known_recent",
            "account_id",
            text("last_activity_at DESC NULLS LAST"),
            text("id DESC"),
            postgresql_where=text(KNOWN),
        ),
        Index("ix_contacts_known_name", "account_id", "name", "id", postgresql_where=text(KNOWN)),
        Index("ix_contacts_known_newest", "account_id", "id", postgresql_where=text(KNOWN)),
        Index("ix_contacts_search", "search", postgresql_using="gin"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(default="", server_default="")
    middle_name: Mapped[str] = mapped_column(default="", server_default="")
    last_name: Mapped[str] = mapped_column(default="", server_default="")
    email: Mapped[str | None]
    phone_number: Mapped[str | None]
    identifier: Mapped[str | None]
    contact_type: Mapped[str] = mapped_column(default="visitor", server_default="visitor")
    location: Mapped[str | None]
    country_code: Mapped[str | None]
    locale: Mapped[str | None]
    blocked: Mapped[bool] = mapped_column(default=False, server_default="false")
    avatar_key: Mapped[str | None]
    company_id: Mapped[int | None]
    additional_attributes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    custom_attributes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    proofs: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    claims: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    last_activity_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    """Since when their conversations are being deleted; the row goes last."""
    search: Mapped[Any] = mapped_column(TSVECTOR, Computed(SEARCH, persisted=True), deferred=True)

    sessions: Mapped[list[ContactInbox]] = relationship(viewonly=True, order_by="ContactInbox.id")

    @classmethod
    def found(cls, account_id: int, contact_id: int) -> Contact:
        """Raises NotFound."""
        contact = db.session.get(cls, (account_id, contact_id))
        if contact is None or contact.deleted_at:
            raise NotFound
        return contact

    @classmethod
    def now(cls, account_id: int, contact_id: int) -> int | None:
        """The id of whom a contact who was merged, once or in turns, is part of; None for one who was not."""
        for _ in range(MOST_TURNS):
            base_id = Merge.into(account_id, contact_id)
            if base_id is None:
                return None
            if db.session.get(Contact, (account_id, base_id)) is not None:
                return base_id
            contact_id = base_id
        return None

    @property
    def display_name(self) -> str:
        return " ".join(filter(None, [self.name, self.last_name])) or self.email or self.phone_number or UNNAMED

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.CONTACT, self.id, self.display_name)

    @classmethod
    def known(cls) -> ColumnElement[bool]:
        """A condition: there is a way to reach or to recognise them again; the others are passing visitors."""
        return cls.email.is_not(None) | cls.phone_number.is_not(None) | cls.identifier.is_not(None)

    @property
    def place(self) -> str:
        """Where they are, as far as is known."""
        city, country = (self.additional_attributes.get(key) for key in ("city", "country"))
        return ", ".join(str(part) for part in (city, country) if part) or self.location or ""

    @property
    def traits(self) -> list[tuple[str, str]]:
        """What is known beyond name and reach, as names and values for reading."""
        company, name = (self.additional_attributes.get(key) for key in ("company_name", "username"))
        fixed = [("User name", name), ("Company", company), ("Identifier", self.identifier), ("Language", self.locale)]
        known = fixed + list(self.custom_attributes.items())
        return [(str(name), _readable(value)) for name, value in known if value not in (None, "")]

    @property
    def attributes(self) -> list[tuple[str, str]]:
        """The free names and values, for reading and editing."""
        return [(name, _readable(value)) for name, value in sorted(self.custom_attributes.items())]

    @property
    def lookalikes(self) -> list[Suggestion]:
        """Who may be the same person and has not been told apart, the surest first."""
        found: list[Suggestion] = []
        for mine in (Suggestion.contact_id, Suggestion.other_id):
            one_side = select(Suggestion).where(
                Suggestion.account_id == self.account_id, mine == self.id, Suggestion.dismissed_at.is_(None)
            )
            shown = (joinedload(Suggestion.contact), joinedload(Suggestion.other))
            found += db.session.scalars(one_side.order_by(Suggestion.id).limit(MOST_LOOKALIKES).options(*shown))
        return found[:MOST_LOOKALIKES]

    @property
    def merges(self) -> Sequence[Merge]:
        """Who was merged into them and can be parted again."""
        return Merge.standing(self.account_id, self.id)

    @property
    def latest_notes(self) -> list[ContactNote]:
        return self.notes(limit=3)

    def notes(self, limit: int = 200) -> list[ContactNote]:
        """Newest first, with their authors."""
        newest_first = (
            select(ContactNote)
            .where(ContactNote.account_id == self.account_id, ContactNote.contact_id == self.id)
            .order_by(ContactNote.id.desc())
            .limit(limit)
            .options(joinedload(ContactNote.author).joinedload(Membership.user))
        )
        return list(db.session.scalars(newest_first))

    def write_note(self, content: str, *, by: Membership) -> ContactNote:
        """Raises Invalid when there is nothing in it, or too much."""
        content = content.strip()
        if not content or len(content) > LONGEST_NOTE:
            words = f"This is too long: {LONGEST_NOTE:,} characters fit." if content else "Write something first."
            raise Invalid({"content": words})
        note = ContactNote(account_id=self.account_id, contact_id=self.id, user_id=by.user_id, content=content)
        db.session.add(note)
        db.session.flush()
        record("contact.noted", self, by=by.actor, note_id=note.id)
        return note

    def erase_note(self, note_id: int, *, by: Membership) -> None:
        """One's own, or, as an administrator, anyone's. Raises NotFound, NotAllowed."""
        note = db.session.get(ContactNote, (self.account_id, note_id))
        if note is None or note.contact_id != self.id:
            raise NotFound
        if note.user_id != by.user_id and not by.is_administrator:
            raise NotAllowed("Only its author or an administrator may delete a note.")
        db.session.delete(note)
        record("contact.note_deleted", self, by=by.actor, note_id=note_id)


def _readable(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class ContactInbox(Stamped, Model):
    """A contact's session in an inbox: `source_id` is how that channel calls them."""

    __tablename__ = "contact_inboxes"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "contact_id"], ["contacts.account_id", "contacts.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["account_id", "inbox_id"], ["inboxes.account_id", "inboxes.id"], ondelete="CASCADE"),
        UniqueConstraint("inbox_id", "source_id"),
        Index(None, "account_id", "contact_id"),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    contact_id: Mapped[int]
    inbox_id: Mapped[int]
    source_id: Mapped[str]
    uuid: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), default=uuid.uuid4)
    hmac_verified: Mapped[bool] = mapped_column(default=False, server_default="false")

    contact: Mapped[Contact] = relationship(viewonly=True)
    inbox: Mapped[Inbox] = relationship(viewonly=True)

    def hold(self) -> None:
        """Keep the row until the transaction ends: of two first words of a customer, one waits for the other."""
        if (type(self), self.id) not in db.session().info.get("locked", ()):
            db.session.refresh(self, with_for_update={"of": type(self)})
            self.is_held()

    def is_held(self) -> None:
        """It was read for update."""
        db.session().info.setdefault("locked", set()).add((type(self), self.id))

    @classmethod
    def begin(cls, contact: Contact, inbox: Inbox, source_id: str | None = None) -> ContactInbox:
        """A session for a contact whom the desk made. Raises Invalid when that channel calls somebody else so."""
        source_id = source_id or str(uuid.uuid4())
        session = cls(account_id=contact.account_id, contact_id=contact.id, inbox_id=inbox.id, source_id=source_id)
        try:
            # A website's visitors are called by the UUID of their session.
            session.uuid = uuid.UUID(source_id)
        except ValueError:
            session.uuid = uuid.uuid4()
        try:
            with db.session.begin_nested():
                db.session.add(session)
                db.session.flush()
        except IntegrityError:
            raise Invalid({"source_id": "Somebody else has this source id already."}) from None
        return session


class ContactNote(Model):
    """What colleagues should know about a customer; the customer never sees it."""

    __tablename__ = "contact_notes"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "contact_id"], ["contacts.account_id", "contacts.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["account_id", "user_id"], ["memberships.account_id", "memberships.user_id"]),
        Index(None, "account_id", "contact_id", "id"),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    contact_id: Mapped[int]
    user_id: Mapped[int | None]
    content: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    author: Mapped[Membership | None] = relationship(viewonly=True)
