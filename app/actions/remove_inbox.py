"""Removes an inbox: out of sight at once, its webhook taken back, its conversations and letters piece by piece."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import delete, select

from app.actions import connect
from app.actions.erase import drop, files_in
from app.channels import CHANNELS
from app.channels.base import DeliveryFailed, Line, NotConnected, Unreachable
from app.lib import clock, crypto, storage
from app.lib.database import db
from app.lib.queue import Queue, Refused, TryAgain, later
from app.models.actor import Actor
from app.models.conversation import Conversation
from app.models.event import record
from app.models.inbox import Inbox
from app.models.letter import Letter

AT_ONCE = 50
LETTERS_AT_ONCE = 500
WINDOW_SECONDS = 7 * 24 * 3600
# A provider that is away for longer finds that nobody is at home: what it sends is answered with 404.
DISCONNECT_SECONDS = 3600


@dataclass(frozen=True)
class Piece:
    """Some of an inbox's conversations, and the files in them."""

    account_id: int
    inbox_id: int
    conversations: Sequence[int]
    files: Sequence[str]


@dataclass(frozen=True)
class Leave:
    """A line that is given up."""

    kind: str
    line: Line
    webhook_url: str


def remove(inbox: Inbox, *, by: Actor) -> None:
    """Nobody sees it from now on, nothing comes in, and its address is free; the customers stay in the contacts."""
    sealed = crypto.encrypt(json.dumps([asdict(inbox.line), inbox.webhook_url]))
    inbox.removed_at, inbox.is_enabled = clock.now(), False
    inbox.token = crypto.token(18)
    inbox.address, inbox.claim, inbox.credentials_sealed = f"removed {inbox.token}", None, None
    inbox.set_members(set())
    record("inbox.deleted", inbox, by=by)
    later("leave_provider", inbox.account_id, inbox.channel, sealed, queue=Queue.SLOW, account_id=inbox.account_id)
    later("remove_inbox", inbox.account_id, inbox.id, queue=Queue.SLOW, once=f"remove:{inbox.id}")


def prepare_leave(account_id: int, kind: str, sealed: str) -> Leave | None:
    values, webhook_url = json.loads(crypto.decrypt(sealed))
    line = Line(**values)
    # Connected once more meanwhile: what is there now is wanted.
    return None if connect.at(account_id, kind, line.address) else Leave(kind, line, webhook_url)


def leave(plan: Leave) -> None:
    try:
        CHANNELS[plan.kind](plan.line).disconnect(plan.webhook_url)
    except Unreachable as away:
        raise TryAgain(str(away)) from None
    except (NotConnected, DeliveryFailed) as refused:
        raise Refused(str(refused)) from None


def settle_leave(plan: Leave, _: None) -> None:
    """It is the provider's record that changed, not ours."""


def refuse_leave(plan: Leave, reason: str) -> None:
    """The provider does not let us in any more: there is nothing left to take back."""


def give_up_leave(account_id: int, kind: str, sealed: str, reason: str) -> None:
    """What it sends from now on is answered with 404."""


def prepare(account_id: int, inbox_id: int) -> Piece | None:
    inbox = db.session.get(Inbox, (account_id, inbox_id))
    if inbox is None or inbox.removed_at is None:
        return None
    own = select(Conversation.id).where(Conversation.account_id == account_id, Conversation.inbox_id == inbox_id)
    conversations = list(db.session.scalars(own.order_by(Conversation.id.desc()).limit(AT_ONCE)))
    return Piece(account_id, inbox_id, conversations, files_in(account_id, conversations))


def call(piece: Piece) -> None:
    for key in piece.files:
        storage.delete(key)


def settle(piece: Piece, _: None) -> bool:
    """Returns whether there is more."""
    if piece.conversations:
        drop(piece.account_id, piece.conversations)
        return True
    letters = select(Letter.id).where(Letter.account_id == piece.account_id, Letter.inbox_id == piece.inbox_id)
    gone = delete(Letter).where(
        Letter.account_id == piece.account_id, Letter.id.in_(letters.limit(LETTERS_AT_ONCE).scalar_subquery())
    )
    if db.session.execute(gone.returning(Letter.id).execution_options(synchronize_session=False)).first():
        return True
    db.session.execute(delete(Inbox).where(Inbox.account_id == piece.account_id, Inbox.id == piece.inbox_id))
    return False


def refuse(piece: Piece, reason: str) -> None:
    """The storage takes no such key: the rows go all the same."""
    if settle(piece, None):
        later("remove_inbox", piece.account_id, piece.inbox_id, queue=Queue.SLOW)
