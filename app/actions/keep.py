"""Keeps letters: what a channel brought is safe, once, before anything is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.channels.base import Envelope
from app.lib import clock
from app.lib.database import db
from app.lib.queue import Queue, later
from app.lib.storable import storable
from app.models.letter import Letter
from app.models.orphan import Orphan

LONGEST_NAME = 500


@dataclass(frozen=True)
class Delivery:
    """What came to one inbox at once."""

    account_id: int
    inbox_id: int
    envelopes: Sequence[Envelope]

    @property
    def size(self) -> int:
        """About how many bytes it has, where that is much."""
        return sum(len(each.raw or b"") for each in self.envelopes)


def keep_deliveries(deliveries: Sequence[Delivery]) -> None:
    """As `keep`, for several of one account."""
    letters: dict[tuple[int, int], list[Envelope]] = {}
    for each in deliveries:
        letters.setdefault((each.account_id, each.inbox_id), []).extend(each.envelopes)
    for (account_id, inbox_id), envelopes in sorted(letters.items()):
        keep(account_id, inbox_id, envelopes)


def keep(account_id: int, inbox_id: int, envelopes: Sequence[Envelope]) -> int:
    """Keep what is new of them, in their order, and have it worked through; returns how many were new.

    Letters of one sender are worked through one after another, those of different senders side by side.
    """
    if not envelopes:
        return 0
    rows = {
        envelope.key[:LONGEST_NAME]: {
            "account_id": account_id,
            "inbox_id": inbox_id,
            "sender": storable(envelope.sender[:LONGEST_NAME]),
            "key": storable(envelope.key[:LONGEST_NAME]),
            "payload": storable(dict(envelope.payload)),
            "raw": envelope.raw,
            "provider_at": envelope.provider_at,
            "received_at": clock.now(),
        }
        for envelope in reversed(envelopes)
    }
    kept = db.session.execute(
        insert(Letter).on_conflict_do_nothing().returning(Letter.id, Letter.sender), list(reversed(rows.values()))
    ).all()
    for letter_id, sender in sorted(kept):
        work_through(account_id, inbox_id, letter_id, sender)
    return len(kept)


def work_through(account_id: int, inbox_id: int, letter_id: int, sender: str) -> None:
    """Wish that a letter is received."""
    later(
        "receive_letter",
        account_id,
        letter_id,
        queue=Queue.INBOUND,
        lane=f"letters:{inbox_id}:{sender}",
        share=f"{account_id}:{inbox_id}",
    )


def keep_orphans(channel: str, envelopes: Sequence[Envelope]) -> None:
    """In a system frame: letters to an address of nobody's, that came with others which are ours."""
    for envelope in envelopes:
        db.session.execute(
            insert(Orphan)
            .values(
                channel=channel,
                address=storable(envelope.address[:LONGEST_NAME]),
                key=storable(envelope.key[:LONGEST_NAME]),
                payload=storable(dict(envelope.payload)),
                raw=envelope.raw,
            )
            .on_conflict_do_nothing()
        )


def kept_envelope(account_id: int, letter_id: int | None) -> Envelope | None:
    """A letter as it came; None when there is none (any more)."""
    letter = db.session.scalar(select(Letter).where(Letter.account_id == account_id, Letter.id == letter_id))
    if letter is None:
        return None
    return envelope_of(letter)


def envelope_of(letter: Letter) -> Envelope:
    return Envelope(
        address="",
        sender=letter.sender,
        key=letter.key,
        payload=letter.payload,
        raw=letter.raw,
        provider_at=letter.provider_at,
    )
