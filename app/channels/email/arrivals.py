"""What has arrived in a mailbox since the last look: every mail once, oldest first, however long nobody looked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.channels.email.imap import Folder, Mailbox, Unfetchable, Waiting
from app.channels.email.letter_key import letter_key
from app.channels.email.settings import Begun
from app.channels.standing import Listed, Polled, Unreachable

LARGEST = 50 * 1024 * 1024
# Of a larger one, the headers and the beginning of its text.
BEGINNING = 256 * 1024
# What one look brings home.
MOST_MAILS = 100
MOST_BYTES = 20 * 1024 * 1024
# What one command asks for.
BITE_MAILS = 50
BITE_BYTES = 8 * 1024 * 1024
# A mail that the server will not give is told of instead, when it was asked for each minute for two days.
MOST_TRIES = 2 * 24 * 60
# As many as are put into order at once; a mail's own date is not believed beyond these.
MOST_WAITING = 5_000
LATEST_DELIVERY = timedelta(days=14)
CLOCKS_DIFFER = timedelta(hours=1)


class Kept(BaseModel):
    """A waiting mail as the cursor keeps it; times are seconds since 1970."""

    model_config = ConfigDict(frozen=True)

    uid: int
    size: int
    at: float
    arrived: float
    tries: int = 0
    """How often the server would not give it, though it gave others."""


class Place(BaseModel):
    """How far a folder was read: everything up to `high` is read, or is `waiting`, in the order of its dates."""

    model_config = ConfigDict(frozen=True)

    validity: int
    high: int
    waiting: tuple[Kept, ...] = ()
    last: float | None = None
    """When the newest that was read had arrived."""


class Cursor(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    folders: dict[str, Place] = Field(default_factory=dict)

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Cursor:
        try:
            return cls.model_validate(dict(kept))
        except ValidationError:
            return cls()


@dataclass(frozen=True)
class Arrival:
    """`raw` is None when the server would not give it, for a `reason`; `is_whole` is False for the beginning of a giant."""

    folder: str
    validity: int
    uid: int
    size: int
    at: datetime
    arrived: datetime
    raw: bytes | None
    reason: str = ""
    is_whole: bool = True


@dataclass
class Look:
    """One look at a mailbox. `begun` says from where on each folder is read, or from `import_days` before that."""

    mailbox: Mailbox
    cursor: Cursor
    begun: Mapping[str, Begun]
    import_days: int = 0
    mark_seen: bool = False
    arrivals: list[Arrival] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    lacking: dict[str, str] = field(default_factory=dict)
    left: int = MOST_BYTES

    def take(self, folders: Sequence[str]) -> bool:
        """Read what one look may; whether there is more. Raises Unreachable when not even one could be read."""
        try:
            for name in folders:
                self._take_from(name)
        except Unreachable:
            # What came home before the line broke is kept, and the rest is fetched next time.
            if not self.arrivals:
                raise
            return True
        if len(self.lacking) == len(folders):
            raise Unreachable("; ".join(f"{name}: {words}" for name, words in self.lacking.items()))
        return any(not kept.tries for place in self.places.values() for kept in place.waiting)

    def polled(self, *, more: bool, letters: Callable[[Iterable[Arrival]], Sequence[Any]]) -> Polled:
        kept = {name: self.places.get(name, place) for name, place in self.cursor.folders.items()}
        cursor = Cursor(folders={**kept, **self.places})
        in_order = sorted(self.arrivals, key=lambda arrival: (arrival.at, arrival.uid))
        return Polled(letters(in_order), cursor.model_dump(mode="json"), more=more)

    def _take_from(self, name: str) -> None:
        try:
            folder = self.mailbox.open(name, to_mark=self.mark_seen)
        except Unfetchable as refused:
            self.lacking[name] = str(refused)
            return
        place = self._noticed(folder)
        self.places[name] = place
        tried: list[Kept] = []
        while place.waiting and len(self.arrivals) < MOST_MAILS and self.left > 0:
            bite = _bite(place.waiting, MOST_MAILS - len(self.arrivals))
            came, failed = self.read(folder, bite)
            tried += failed
            self.arrivals += came
            self.left -= sum(len(arrival.raw or b"") for arrival in came)
            last = max([place.last or 0.0, *(arrival.arrived.timestamp() for arrival in came)])
            place = place.model_copy(update={"waiting": place.waiting[len(bite) :], "last": last or None})
            self.places[name] = place.model_copy(update={"waiting": (*place.waiting, *tried)})
            if self.mark_seen and came:
                self.mailbox.mark_seen([arrival.uid for arrival in came])

    def _noticed(self, folder: Folder) -> Place:
        """The folder's place with everything new among its waiting."""
        begun = self.begun.get(folder.name) or Begun(at=datetime.now(UTC))
        floor = begun.at - timedelta(days=self.import_days) - CLOCKS_DIFFER
        place = self.cursor.folders.get(folder.name)
        if place is None and not self.import_days and begun.validity == folder.validity:
            place = Place(validity=folder.validity, high=begun.next_uid - 1)
        if place is None:
            place, fresh = Place(validity=folder.validity, high=0), self.mailbox.since(floor - timedelta(days=1))
            fresh_ones = [each for each in self.mailbox.describe(fresh) if each.arrived >= floor]
            return _with(place, fresh_ones, high=max([folder.next_uid - 1, *fresh, 0]))
        if place.validity != folder.validity:
            # UIDs mean other mails now (RFC 3501 §2.3.1.1): read again from a day before the last; keys tell repeats.
            started = min([place.last or floor.timestamp(), *(each.arrived for each in place.waiting)])
            day = datetime.fromtimestamp(started, UTC) - timedelta(days=1)
            fresh = self.mailbox.since(day)
            # A restored folder may have made all its mails new: what was sent long before our time stays out.
            known = [each for each in self.mailbox.describe(fresh) if _date(each) >= floor - LATEST_DELIVERY]
            again = Place(validity=folder.validity, high=0, last=place.last)
            return _with(again, known, high=max([folder.next_uid - 1, *fresh, 0]))
        if len(place.waiting) >= MOST_MAILS or (folder.next_uid and folder.next_uid == place.high + 1):
            return place
        fresh = self.mailbox.above(place.high)[:MOST_WAITING]
        return _with(place, self.mailbox.describe(fresh), high=max([place.high, *fresh]))

    def read(self, folder: Folder, bite: Sequence[Kept]) -> tuple[list[Arrival], list[Kept]]:
        """The mails of a bite, without those that are gone; and those that the server would not give, to be asked for again."""
        together = [each for each in bite if each.size <= LARGEST and not each.tries]
        alone = [each for each in bite if each not in together]
        came: list[Arrival] = []
        try:
            whole = self.mailbox.whole([each.uid for each in together]) if together else {}
            came = [_arrival(folder, each, whole[each.uid]) for each in together if each.uid in whole]
        except Unfetchable:
            # One that the server chokes on must not keep the others away.
            alone = list(bite)
        failed: list[Kept] = []
        for each in alone:
            try:
                came += self._read_alone(folder, each)
            except Unfetchable as refused:
                if each.tries < MOST_TRIES:
                    failed.append(each.model_copy(update={"tries": each.tries + 1}))
                else:
                    came.append(replace(_arrival(folder, each, b""), raw=None, reason=str(refused)))
        return came, failed

    def _read_alone(self, folder: Folder, kept: Kept) -> list[Arrival]:
        if kept.size > LARGEST:
            beginning = self.mailbox.beginning(kept.uid, BEGINNING)
            return [replace(_arrival(folder, kept, beginning), is_whole=False)] if beginning else []
        return [_arrival(folder, kept, raw) for raw in self.mailbox.whole([kept.uid]).values()]


def _with(place: Place, fresh: Sequence[Waiting], *, high: int) -> Place:
    noticed = [
        Kept(uid=each.uid, size=each.size, at=_date(each).timestamp(), arrived=each.arrived.timestamp())
        for each in fresh
    ]
    waiting = sorted([*place.waiting, *noticed], key=lambda kept: (kept.tries, kept.at, kept.uid))
    return place.model_copy(update={"waiting": tuple(waiting), "high": high})


def _date(mail: Waiting) -> datetime:
    """When it was written, where that can be true; else when it arrived."""
    try:
        written = parsedate_to_datetime(mail.date.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return mail.arrived
    # A date without a zone is meant as UTC (RFC 5322 §3.3, "-0000").
    written = written.replace(tzinfo=UTC) if written.tzinfo is None else written
    is_likely = mail.arrived - LATEST_DELIVERY <= written <= mail.arrived + CLOCKS_DIFFER
    return written.astimezone(UTC) if is_likely else mail.arrived


def _bite(waiting: Sequence[Kept], most: int) -> list[Kept]:
    """The first ones that go into one command, one at least."""
    bite: list[Kept] = []
    size = 0
    for kept in waiting[: min(most, BITE_MAILS)]:
        size += min(kept.size, BEGINNING) if kept.size > LARGEST else kept.size
        if bite and size > BITE_BYTES:
            break
        bite.append(kept)
    return bite


def _arrival(folder: Folder, kept: Kept, raw: bytes) -> Arrival:
    return Arrival(
        folder.name,
        folder.validity,
        kept.uid,
        kept.size,
        at=datetime.fromtimestamp(kept.at, UTC),
        arrived=datetime.fromtimestamp(kept.arrived, UTC),
        raw=raw,
    )


def listed(mailbox: Mailbox, name: str, since: datetime, begun: Begun, most: int) -> list[Listed]:
    """What has arrived in a folder since then, the newest first, each under the key of its letter."""
    try:
        folder = mailbox.open(name)
    except Unfetchable:
        return []
    is_same = begun.validity == folder.validity
    there = [
        each
        for each in mailbox.describe(mailbox.since(since - timedelta(days=1)))
        # What was there before the inbox was, is none of its letters.
        if each.arrived >= since and (each.uid >= begun.next_uid if is_same else each.arrived >= begun.at)
    ]
    newest = sorted(there, key=lambda each: each.arrived, reverse=True)[:most]
    waiting = _with(Place(validity=folder.validity, high=0), newest, high=0).waiting
    look, found = Look(mailbox, Cursor(), {}), []
    while waiting:
        bite = _bite(waiting, BITE_MAILS)
        for arrival in look.read(folder, bite)[0]:
            if arrival.raw is not None:
                found.append(Listed(letter_key(arrival.raw), f"{name}, UID {arrival.uid}", arrival.arrived))
        waiting = waiting[len(bite) :]
    return found
