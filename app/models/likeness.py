"""Which contacts may be the same person: what they are found by, and the pairs that were found."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.lib import clock
from app.lib.database import Model, db
from app.models.actor import Actor

if TYPE_CHECKING:
    from app.models.contact import Contact


class ContactKey(Model):
    """Something by which a contact who looks like another is found: contacts with the same `kind` and `key` are compared."""

    __tablename__ = "contact_keys"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "contact_id"], ["contacts.account_id", "contacts.id"], ondelete="CASCADE"),
        Index("ix_contact_keys_contact", "account_id", "contact_id"),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(primary_key=True)


class Suggestion(Model):
    """Two contacts who may be one person; once `dismissed_at` is set, the pair is never suggested again.

    `contact_id` is the lower of the two ids. `proof` is how sure what they have in common is.
    """

    __tablename__ = "merge_suggestions"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "contact_id"], ["contacts.account_id", "contacts.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["account_id", "other_id"], ["contacts.account_id", "contacts.id"], ondelete="CASCADE"),
        CheckConstraint("contact_id < other_id", name="order"),
        Index("uq_merge_suggestions_pair", "account_id", "contact_id", "other_id", unique=True),
        Index("ix_merge_suggestions_other", "account_id", "other_id"),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    contact_id: Mapped[int]
    other_id: Mapped[int]
    reason: Mapped[str]
    value: Mapped[str] = mapped_column(default="", server_default="")
    proof: Mapped[str] = mapped_column(default="typed", server_default="typed")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    dismissed_at: Mapped[datetime | None]
    dismissed_by: Mapped[int | None]

    contact: Mapped[Contact] = relationship(
        viewonly=True, foreign_keys="[Suggestion.account_id, Suggestion.contact_id]"
    )
    other: Mapped[Contact] = relationship(viewonly=True, foreign_keys="[Suggestion.account_id, Suggestion.other_id]")

    def beside(self, contact_id: int) -> Contact:
        """The other one of the two."""
        return self.other if self.contact_id == contact_id else self.contact

    @classmethod
    def told_apart(cls, account_id: int, one_id: int, other_id: int) -> bool:
        """Whether somebody has said that the two are two."""
        low, high = sorted((one_id, other_id))
        pair = select(cls.dismissed_at).where(
            cls.account_id == account_id, cls.contact_id == low, cls.other_id == high, cls.dismissed_at.is_not(None)
        )
        return db.session.scalar(pair) is not None

    def dismiss(self, *, by: Actor) -> None:
        """The two are two: never suggested again."""
        self.dismissed_at = self.dismissed_at or clock.now()
        self.dismissed_by = by.id if by.kind == "user" else None
        db.session.flush()
