"""A message template of an inbox, as its provider has it: what is approved may be sent, with its blanks filled in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from sqlalchemy import ColumnElement, ForeignKeyConstraint, Identity, Index, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.channels.base import Template
from app.lib.database import Model, Stamped, db
from app.models.inbox import Inbox

FIELDS = ("name", "language", "category", "status", "body", "header_kind", "header", "footer", "hindrance")


class MessageTemplate(Stamped, Model):
    """`key` is the provider's, unique in the inbox; `buttons` are as `TemplateButton`; `payload` is the provider's own form."""

    __tablename__ = "message_templates"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "inbox_id"], ["inboxes.account_id", "inboxes.id"], ondelete="CASCADE"),
        Index("uq_message_templates_key", "account_id", "inbox_id", "key", unique=True),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    inbox_id: Mapped[int]
    key: Mapped[str]
    name: Mapped[str]
    language: Mapped[str]
    category: Mapped[str] = mapped_column(default="", server_default="")
    status: Mapped[str]
    body: Mapped[str] = mapped_column(default="", server_default="")
    header_kind: Mapped[str] = mapped_column(default="", server_default="")
    header: Mapped[str] = mapped_column(default="", server_default="")
    footer: Mapped[str] = mapped_column(default="", server_default="")
    buttons: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    hindrance: Mapped[str] = mapped_column(default="", server_default="")

    inbox: Mapped[Inbox] = relationship(viewonly=True)

    def follow(self, template: Template) -> None:
        """As the provider has it now."""
        for name in FIELDS:
            setattr(self, name, getattr(template, name))
        self.buttons = [{"kind": each.kind, "text": each.text, "value": each.value} for each in template.buttons]
        self.payload = dict(template.payload)

    @classmethod
    def of(cls, inbox: Inbox) -> Sequence[Self]:
        """All there are, by name."""
        own = (cls.account_id == inbox.account_id, cls.inbox_id == inbox.id)
        return db.session.scalars(select(cls).where(*own).order_by(cls.name, cls.language, cls.id)).all()

    @classmethod
    def sendable(cls, inbox: Inbox, *, search: str = "", limit: int = 50) -> Sequence[Self]:
        """Those that may be sent from here and whose name or words have every word of `search`, by name."""
        found = select(cls).where(*cls._may_be_sent(inbox), *(cls._has(word) for word in search.split()[:8]))
        return db.session.scalars(found.order_by(cls.name, cls.language, cls.id).limit(limit)).all()

    @classmethod
    def named(cls, inbox: Inbox, *, key: str = "", name: str = "", language: str = "") -> Self | None:
        """The one that may be sent, by its key, or by its name and language; by its name alone where it has but one."""
        own = [cls.key == key] if key else [cls.name == name, *([cls.language == language] if language else [])]
        found = db.session.scalars(select(cls).where(*cls._may_be_sent(inbox), *own).limit(2)).all()
        return found[0] if len(found) == 1 else None

    @classmethod
    def _may_be_sent(cls, inbox: Inbox) -> list[ColumnElement[bool]]:
        own = [cls.account_id == inbox.account_id, cls.inbox_id == inbox.id]
        return [*own, cls.status == "approved", cls.hindrance == ""]

    @classmethod
    def _has(cls, word: str) -> ColumnElement[bool]:
        looked_for = word.lower()
        places = (func.replace(cls.name, "_", " "), cls.name, cls.body, cls.header, cls.language)
        return or_(*(func.strpos(func.lower(place), looked_for) > 0 for place in places))
