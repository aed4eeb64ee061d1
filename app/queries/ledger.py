"""What became of every letter and message: by state, by queue, one by one, and whether anything is unaccounted for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import joinedload

from app.lib import clock
from app.lib.database import db
from app.models.connection import Connection
from app.models.event import Event
from app.models.inbox import Inbox
from app.models.letter import Letter
from app.models.mail_reference import MailReference
from app.models.message import Message
from app.models.message_part import MessagePart
from app.models.work import Work

OPEN_LETTERS = ("kept", "waiting")
OPEN_MESSAGES = ("queued", "sending", "unsure", "failed")
IS_OURS = Message.message_type.in_(("outgoing", "template")) & Message.private.is_(False)
# What has just been written may be in the middle of being worked through.
SETTLING = timedelta(seconds=30)
SHOWN = 50


@dataclass(frozen=True)
class QueueState:
    """`oldest` is since when its oldest row is due, None when nothing is."""

    queue: str
    waiting: int
    oldest: datetime | None


@dataclass(frozen=True)
class Ledger:
    """Letters and messages by state: those that are open are all counted, those that are settled of the last day."""

    letters: dict[str, int]
    messages: dict[str, int]
    queues: Sequence[QueueState]
    stopped: Sequence[Work]
    unaccounted_letters: Sequence[int]
    unaccounted_messages: Sequence[int]
    connections: Sequence[Connection]

    @property
    def missing(self) -> int:
        """What providers have and we have not, as far as they could be asked."""
        return sum(len(each.reconciled.get("missing", [])) for each in self.connections)

    @property
    def unaccounted(self) -> int:
        return len(self.unaccounted_letters) + len(self.unaccounted_messages) + self.missing


@dataclass(frozen=True)
class Step:
    """One thing that happened to a message on its way."""

    at: datetime
    what: str
    more: str = ""


@dataclass(frozen=True)
class Trail:
    """The way of one message, from its provider to the screen or back."""

    message: Message | None
    letters: Sequence[Letter]
    steps: Sequence[Step] = field(default_factory=tuple)


def ledger(account_id: int) -> Ledger:
    return Ledger(
        letters=_counted(Letter, Letter.account_id == account_id, Letter.state, OPEN_LETTERS, Letter.received_at),
        messages=_counted(
            Message, (Message.account_id == account_id) & IS_OURS, Message.status, OPEN_MESSAGES, Message.created_at
        ),
        queues=_queues(account_id),
        stopped=db.session.scalars(
            select(Work)
            .where(Work.account_id == account_id, Work.state != "ready")
            .order_by(Work.id.desc())
            .limit(SHOWN)
        ).all(),
        unaccounted_letters=unaccounted_letters(account_id),
        unaccounted_messages=unaccounted_messages(account_id),
        connections=db.session.scalars(
            select(Connection)
            .where(Connection.account_id == account_id)
            .order_by(Connection.state != "trouble", Connection.inbox_id)
            .options(joinedload(Connection.inbox))
        ).all(),
    )


def unaccounted_letters(account_id: int, limit: int = 1000) -> Sequence[int]:
    """Ids of letters that wait, and for which no work is open: it was lost, or parked."""
    return db.session.scalars(
        select(Letter.id)
        .where(
            Letter.account_id == account_id,
            Letter.state.in_(OPEN_LETTERS),
            Letter.received_at < clock.now() - SETTLING,
            ~_has_work(account_id, ("receive_letter",), Letter.id),
        )
        .order_by(Letter.id)
        .limit(limit)
    ).all()


def unaccounted_messages(account_id: int, limit: int = 1000) -> Sequence[int]:
    """Ids of messages that are on their way by their state, and that nobody is sending."""
    return db.session.scalars(
        select(Message.id)
        .where(
            Message.account_id == account_id,
            IS_OURS,
            Message.status.in_(("queued", "sending")),
            func.coalesce(Message.updated_at, Message.created_at) < clock.now() - SETTLING,
            ~_has_work(account_id, ("deliver", "check_delivery"), Message.id),
        )
        .order_by(Message.id)
        .limit(limit)
    ).all()


def find(account_id: int, words: str) -> Trail | None:
    """By the provider's id, the key of a letter, a Message-ID, or the id that a page or program gave it."""
    words = words.strip().strip("<>")[:998]
    if not words:
        return None
    message_id = db.session.scalar(
        select(Message.id)
        .where(
            Message.account_id == account_id,
            Message.inbox_id.in_(_inboxes(account_id)),
            Message.source_id == words,
        )
        .limit(1)
    ) or db.session.scalar(
        select(MessagePart.message_id)
        .where(
            MessagePart.account_id == account_id,
            MessagePart.inbox_id.in_(_inboxes(account_id)),
            MessagePart.source_id == words,
        )
        .limit(1)
    )
    message_id = message_id or db.session.scalar(
        select(MailReference.message_id)
        .where(
            MailReference.account_id == account_id,
            MailReference.inbox_id.in_(_inboxes(account_id)),
            MailReference.header_id == words,
        )
        .order_by(MailReference.id)
        .limit(1)
    )
    letter = db.session.scalar(
        select(Letter)
        .where(Letter.account_id == account_id, Letter.inbox_id.in_(_inboxes(account_id)), Letter.key == words)
        .limit(1)
    )
    if message_id or (letter and letter.message_id):
        return trail(account_id, message_id or (letter.message_id if letter else 0) or 0)
    if letter:
        return Trail(None, [letter], _letter_steps([letter]))
    return None


def trail(account_id: int, message_id: int) -> Trail | None:
    message = db.session.get(Message, (account_id, message_id))
    if message is None:
        return None
    letters = db.session.scalars(
        select(Letter).where(Letter.account_id == account_id, Letter.message_id == message_id).order_by(Letter.id)
    ).all()
    events = db.session.scalars(
        select(Event)
        .where(
            Event.account_id == account_id,
            Event.conversation_id == message.conversation_id,
            or_(
                (Event.subject_kind == "messages") & (Event.subject_id == message_id),
                Event.name.in_(("conversation.read", "conversation.delivered"))
                & (Event.data["messages"].op("@>")(func.to_jsonb(message_id))),
            ),
        )
        .order_by(Event.id)
        .limit(200)
    ).all()
    parts = db.session.scalars(
        select(MessagePart)
        .where(MessagePart.account_id == account_id, MessagePart.message_id == message_id)
        .order_by(MessagePart.position)
    ).all()
    steps = [*_letter_steps(letters), *map(_event_step, events), *(_part_step(part, len(parts)) for part in parts)]
    if message.provider_at and message.is_incoming:
        steps.append(Step(message.provider_at, "Written, by the provider's clock"))
    return Trail(message, letters, sorted(steps, key=lambda step: step.at))


def _letter_steps(letters: Sequence[Letter]) -> list[Step]:
    steps = []
    for letter in letters:
        steps.append(Step(letter.received_at, "Letter kept", f"key {letter.key}"))
        if letter.settled_at:
            words = {"received": "Letter worked through", "ignored": "Letter says nothing of interest"}
            steps.append(Step(letter.settled_at, words.get(letter.state, letter.state), letter.error or ""))
    return steps


def _event_step(event: Event) -> Step:
    said = {
        "message.created": "Stored, and shown to whoever may see it",
        "conversation.read": "Read by the customer",
        "conversation.delivered": "Reached the customer",
    }
    status = event.data.get("status")
    words = said.get(event.name, f"Became “{status}”" if status else "Changed, and shown anew")
    return Step(event.created_at, words, str(event.data.get("error") or ""))


def _part_step(part: MessagePart, of: int) -> Step:
    which = f"Part {part.position + 1} of {of} taken" if of > 1 else "Taken"
    return Step(part.sent_at, f"{which} by the provider", part.source_id or "")


def _counted(model: Any, mine: ColumnElement[bool], column: Any, open_: tuple[str, ...], at: Any) -> dict[str, int]:
    """Rows by state: the open ones whenever they are from, the others of the last day."""
    counts: dict[str, int] = {}
    for condition in (column.in_(open_), column.not_in(open_) & (at > clock.now() - timedelta(days=1))):
        rows = db.session.execute(
            select(column, func.count()).select_from(model).where(mine, condition).group_by(column)
        ).all()
        counts |= {str(row[0]): int(row[1]) for row in rows}
    return counts


def _queues(account_id: int) -> list[QueueState]:
    due = func.min(Work.run_at).filter(Work.run_at <= clock.now())
    rows = db.session.execute(
        select(Work.queue, func.count(), due)
        .where(Work.account_id == account_id, Work.state == "ready")
        .group_by(Work.queue)
        .order_by(Work.queue)
    ).all()
    return [QueueState(str(queue), int(count), oldest) for queue, count, oldest in rows]


def _has_work(account_id: int, jobs: tuple[str, ...], id_: Any) -> ColumnElement[bool]:
    """Whether some row of work is for this: its arguments are the account and the id."""
    args = func.jsonb_build_array(account_id, id_, type_=JSONB)
    work = select(text("1")).select_from(Work)
    return work.where(
        Work.account_id == account_id, Work.job.in_(jobs), Work.args == args, Work.state != "parked"
    ).exists()


def _inboxes(account_id: int) -> Any:
    return select(Inbox.id).where(Inbox.account_id == account_id)
