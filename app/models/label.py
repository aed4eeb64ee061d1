"""Labels: words of the account's own that conversations are sorted by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Identity, Index
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.errors import Invalid
from app.lib.colour import hex_colour
from app.lib.database import Model, Stamped, db
from app.models.actor import Actor
from app.models.event import record

DEFAULT_COLOR = "#1f93ff"
LONGEST_TITLE = 100
LONGEST_DESCRIPTION = 1_000
TITLE = re.compile(r"[\w-]+")


class Label(Stamped, Model):
    """`title` is what programs and the widget name it by: lower case, one word, unique in its account."""

    __tablename__ = "labels"
    __table_args__ = (Index("uq_labels_title", "account_id", "title", unique=True),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    title: Mapped[str]
    color: Mapped[str] = mapped_column(default=DEFAULT_COLOR, server_default=DEFAULT_COLOR)
    description: Mapped[str] = mapped_column(default="", server_default="")
    show_on_sidebar: Mapped[bool] = mapped_column(default=False, server_default="false")

    @classmethod
    def create(cls, account_id: int, values: dict[str, Any], *, by: Actor) -> Label:
        """`values` are columns by name. Raises Invalid for a title that is none, or that there is already."""
        label = cls(account_id=account_id, **checked({"title": "", **values}))
        with _unique():
            db.session.add(label)
        record("label.created", label, by=by, title=label.title)
        return label

    def change(self, values: dict[str, Any], *, by: Actor) -> None:
        """Raises Invalid, as `create` does."""
        before, values = self.title, checked(values)
        with _unique():
            for name, value in values.items():
                setattr(self, name, value)
        record("label.updated", self, by=by, title=self.title, previous=before)

    def delete(self, *, by: Actor) -> None:
        """It is taken off every conversation, too."""
        record("label.deleted", self, by=by, title=self.title)
        db.session.delete(self)
        db.session.flush()


class ConversationLabel(Model):
    """That a conversation has a label."""

    __tablename__ = "conversation_labels"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "conversation_id"], ["conversations.account_id", "conversations.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["account_id", "label_id"], ["labels.account_id", "labels.id"], ondelete="CASCADE"),
        Index("ix_conversation_labels_label", "account_id", "label_id", "conversation_id"),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(primary_key=True)
    label_id: Mapped[int] = mapped_column(primary_key=True)


@contextmanager
def _unique() -> Iterator[None]:
    try:
        with db.session.begin_nested():
            yield
            db.session.flush()
    except IntegrityError:
        raise Invalid({"title": "There is a label of this name already."}) from None


def checked(values: dict[str, Any]) -> dict[str, Any]:
    """The values as they are stored. Raises Invalid."""
    kept: dict[str, Any] = {
        name: values[name] for name in ("title", "color", "description", "show_on_sidebar") if name in values
    }
    if "title" in kept:
        kept["title"] = stored_title(str(kept["title"]))
    if "color" in kept:
        kept["color"] = hex_colour(str(kept["color"] or DEFAULT_COLOR))
    if "description" in kept:
        kept["description"] = str(kept["description"] or "").strip()
        if len(kept["description"]) > LONGEST_DESCRIPTION:
            raise Invalid({"description": f"This is too long: {LONGEST_DESCRIPTION:,} characters fit."})
    return kept


def stored_title(typed: str) -> str:
    title = typed.strip().lower()
    if not TITLE.fullmatch(title) or len(title) > LONGEST_TITLE:
        raise Invalid({"title": "A label is one word of letters, digits, - and _, 100 at the most."})
    return title
