"""An account's labels, and on how many conversations each is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select

from app.lib.database import db
from app.models.label import ConversationLabel, Label


class Used(NamedTuple):
    label: Label
    conversations: int


def labels_used(account_id: int) -> Sequence[Used]:
    """By their names."""
    on = (
        select(ConversationLabel.label_id, func.count().label("conversations"))
        .where(ConversationLabel.account_id == account_id)
        .group_by(ConversationLabel.label_id)
        .subquery()
    )
    found = db.session.execute(
        select(Label, func.coalesce(on.c.conversations, 0))
        .outerjoin(on, on.c.label_id == Label.id)
        .where(Label.account_id == account_id)
        .order_by(Label.title)
    )
    return [Used(label, count) for label, count in found]
