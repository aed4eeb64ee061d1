"""Two contacts that were made one: what each had before, so that it can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from app.errors import NotFound
from app.lib import clock
from app.lib.database import Model, db


class Why(StrEnum):
    """What said that the two are one person."""

    VERIFIED = "verified"
    EMAIL = "email"
    PHONE = "phone"
    BY_HAND = "by_hand"
    TYPED = "typed"


class Merge(Model):
    """`snapshot` are the columns of the contact that is gone, `filled` what the one that stayed took over from it,
    `moved` the ids of what changed hands. There is no key to `contacts`: the one that stayed may be merged in its turn.
    """

    __tablename__ = "merges"
    __table_args__ = (
        CheckConstraint("why in ('verified', 'email', 'phone', 'by_hand', 'typed')", name="why"),
        Index("ix_merges_base", "account_id", "base_id", "id"),
        Index("ix_merges_merged", "account_id", "merged_id", "id"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    base_id: Mapped[int]
    merged_id: Mapped[int]
    merged_name: Mapped[str]
    why: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(default="", server_default="")
    snapshot: Mapped[dict[str, Any]]
    filled: Mapped[dict[str, Any]]
    moved: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    undone_at: Mapped[datetime | None]

    @classmethod
    def standing(cls, account_id: int, base_id: int) -> Sequence[Self]:
        """Those into this contact that can be undone, the latest first."""
        return db.session.scalars(
            select(cls)
            .where(cls.account_id == account_id, cls.base_id == base_id, cls.undone_at.is_(None))
            .order_by(cls.id.desc())
            .limit(50)
        ).all()

    @classmethod
    def into(cls, account_id: int, merged_id: int) -> int | None:
        """The id of whom that contact was merged into."""
        last = select(cls.base_id).where(
            cls.account_id == account_id, cls.merged_id == merged_id, cls.undone_at.is_(None)
        )
        return db.session.scalar(last.order_by(cls.id.desc()).limit(1))

    @classmethod
    def found(cls, account_id: int, merge_id: int) -> Self:
        """Raises NotFound."""
        merge = db.session.get(cls, (account_id, merge_id))
        if merge is None:
            raise NotFound
        return merge
