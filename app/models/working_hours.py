"""When an inbox is open: several intervals a day, in its own time zone; a day without any is closed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, SmallInteger, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.lib.database import Model, db
from app.lib.week import DAY, Hours, Week, week
from app.models.inbox import Inbox

MOST_A_DAY = 6
USUAL = tuple(Hours(day, 9 * 60, 17 * 60) for day in range(1, 6))


class WorkingHours(Model):
    """`day` 0 is Sunday; `opens_at` and `closes_at` are minutes of that day, 1440 its end."""

    __tablename__ = "working_hours"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "inbox_id"], ["inboxes.account_id", "inboxes.id"], ondelete="CASCADE"),
        UniqueConstraint("account_id", "inbox_id", "day", "opens_at"),
        CheckConstraint("day between 0 and 6", name="day"),
        CheckConstraint(f"opens_at >= 0 and closes_at > opens_at and closes_at <= {DAY}", name="hours"),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    inbox_id: Mapped[int]
    day: Mapped[int] = mapped_column(SmallInteger)
    opens_at: Mapped[int] = mapped_column(SmallInteger)
    closes_at: Mapped[int] = mapped_column(SmallInteger)


def week_of(inbox: Inbox) -> Week:
    """Its hours, as they are kept."""
    found = db.session.scalars(
        select(WorkingHours).where(WorkingHours.account_id == inbox.account_id, WorkingHours.inbox_id == inbox.id)
    )
    return Week(inbox.timezone, tuple(sorted(Hours(each.day, each.opens_at, each.closes_at) for each in found)))


def set_week(inbox: Inbox, zone: str, hours: Iterable[Hours]) -> None:
    """Replace its hours and zone. Raises Invalid for what cannot be."""
    checked = week(zone, hours)
    inbox.timezone = zone
    db.session.execute(
        delete(WorkingHours).where(WorkingHours.account_id == inbox.account_id, WorkingHours.inbox_id == inbox.id)
    )
    db.session.add_all(
        WorkingHours(
            account_id=inbox.account_id,
            inbox_id=inbox.id,
            day=each.day,
            opens_at=each.opens_at,
            closes_at=each.closes_at,
        )
        for each in checked.hours
    )


def is_open(inbox: Inbox, moment: datetime) -> bool:
    """An inbox without hours of its own is always open."""
    return not inbox.working_hours_enabled or week_of(inbox).is_open(moment)
