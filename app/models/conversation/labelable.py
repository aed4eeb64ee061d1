"""The labels on a conversation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from app.errors import Invalid
from app.lib.database import db
from app.models.actor import Actor
from app.models.event import record
from app.models.label import ConversationLabel, Label

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped

MOST_LABELS = 100


class Labelable:
    if TYPE_CHECKING:
        account_id: Mapped[int]
        id: Mapped[int]
        labels: Mapped[list[Label]]

        def changed(self) -> None: ...

        def lock(self) -> None: ...

        note_activity: Any

    @property
    def label_titles(self) -> list[str]:
        return [label.title for label in self.labels]

    def add_labels(self, titles: Iterable[str], *, by: Actor) -> None:
        """Raises Invalid for a label that the account does not have."""
        self.lock()
        self._relabel(_distinct([*self._titles_now(), *_distinct(titles)]), by)

    def remove_labels(self, titles: Iterable[str], *, by: Actor) -> None:
        """What it does not have is passed over."""
        self.lock()
        away = set(_distinct(titles))
        self._relabel([title for title in self._titles_now() if title not in away], by)

    def set_labels(self, titles: Iterable[str], *, by: Actor) -> None:
        """It has these, and no others. Raises Invalid for a label that the account does not have."""
        self.lock()
        self._relabel(_distinct(titles), by)

    def _titles_now(self) -> list[str]:
        db.session.expire(self, ["labels"])
        return self.label_titles

    def _relabel(self, titles: list[str], by: Actor) -> None:
        had = self._titles_now()
        added = self._labels_called([title for title in titles if title not in had])
        removed = [label for label in self.labels if label.title not in titles]
        if len(titles) > MOST_LABELS:
            raise Invalid({"labels": f"A conversation has {MOST_LABELS} labels at the most."})
        if not added and not removed:
            return
        self.changed()
        db.session.execute(
            delete(ConversationLabel).where(
                ConversationLabel.account_id == self.account_id,
                ConversationLabel.conversation_id == self.id,
                ConversationLabel.label_id.in_([label.id for label in removed]),
            )
        )
        db.session.add_all(
            ConversationLabel(account_id=self.account_id, conversation_id=self.id, label_id=label.id) for label in added
        )
        db.session.flush()
        db.session.expire(self, ["labels"])
        self._tell_labels("labeled", [label.title for label in added], by)
        self._tell_labels("unlabeled", [label.title for label in removed], by)

    def _labels_called(self, titles: list[str]) -> list[Label]:
        """Held meanwhile, so that nobody deletes them before they are given. Raises Invalid."""
        found = db.session.scalars(
            select(Label)
            .where(Label.account_id == self.account_id, Label.title.in_(titles))
            .order_by(Label.title)
            .with_for_update(read=True, key_share=True)
        ).all()
        if missing := set(titles) - {label.title for label in found}:
            raise Invalid({"labels": f"There is no label “{min(missing)[:100]}”."})
        return list(found)

    def _tell_labels(self, what: str, titles: list[str], by: Actor) -> None:
        if not titles:
            return
        self.note_activity(what, by=by, labels=titles)
        record(f"conversation.{what}", self, by=by, labels=titles)


def _distinct(titles: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(title.strip().lower() for title in titles if title.strip()))
