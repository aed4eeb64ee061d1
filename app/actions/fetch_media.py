"""Fetches what a message carries from its provider, within limits; a failure is told on the message and can be tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from tempfile import TemporaryFile
from typing import Any

from app.actions.keep import kept_envelope
from app.actions.let_go_media import wish_to_let_go
from app.actions.watch_over import keep_fresh
from app.channels import CHANNELS
from app.channels.base import DeliveryFailed, Envelope, Line
from app.config import settings
from app.errors import TooLarge
from app.lib import storage
from app.lib.database import db
from app.lib.queue import Refused, TryAgain
from app.lib.storage import Stored
from app.models.attachment import Attachment
from app.models.event import record

# A provider keeps its media for hours at the least; after that there is nothing to be had.
WINDOW_SECONDS = 6 * 3600


@dataclass(frozen=True)
class Fetch:
    """`limit` in bytes."""

    account_id: int
    attachment_id: int
    kind: str
    line: Line
    ref: Mapping[str, Any]
    envelope: Envelope | None
    filename: str
    limit: int


def prepare(account_id: int, attachment_id: int) -> Fetch | None:
    attachment = _pending(account_id, attachment_id)
    if attachment is None:
        return None
    inbox = attachment.message.conversation.inbox
    keep_fresh(inbox)
    return Fetch(
        account_id=account_id,
        attachment_id=attachment_id,
        kind=inbox.channel,
        line=inbox.line,
        ref=attachment.ref or {},
        envelope=kept_envelope(account_id, attachment.letter_id),
        filename=attachment.filename,
        limit=settings().max_upload_bytes,
    )


def call(fetch: Fetch) -> Stored:
    """What it is, is told by its own bytes, whatever the provider says."""
    with TemporaryFile() as file:
        try:
            CHANNELS[fetch.kind](fetch.line).fetch(fetch.ref, fetch.envelope, file, fetch.limit)
        except DeliveryFailed as failed:
            if failed.permanent:
                raise Refused(failed.reason) from failed
            raise TryAgain(failed.reason, after=failed.retry_after) from failed
        file.seek(0)
        try:
            return storage.save(file, filename=fetch.filename, limit_bytes=fetch.limit)
        except TooLarge as large:
            raise Refused(large.message) from large


def settle(fetch: Fetch, stored: Stored) -> None:
    attachment = _pending(fetch.account_id, fetch.attachment_id)
    if attachment is None:
        storage.delete(stored.key)
        return
    attachment.hold(stored)
    wish_to_let_go(attachment)
    _tell(attachment)


def refuse(fetch: Fetch, reason: str) -> None:
    give_up(fetch.account_id, fetch.attachment_id, reason)


def delayed(account_id: int, attachment_id: int, *, reason: str, at: datetime) -> None:
    if (attachment := _pending(account_id, attachment_id)) and attachment.error is None:
        attachment.error = reason[:1000]
        attachment.meta = {**attachment.meta, "retry_at": at.isoformat()}
        _tell(attachment)


def give_up(account_id: int, attachment_id: int, reason: str) -> None:
    if attachment := _pending(account_id, attachment_id):
        attachment.state, attachment.error = "failed", reason[:1000]
        _tell(attachment)


def _pending(account_id: int, attachment_id: int) -> Attachment | None:
    attachment = db.session.get(Attachment, (account_id, attachment_id))
    return attachment if attachment and attachment.state == "pending" else None


def _tell(attachment: Attachment) -> None:
    message = attachment.message
    message.conversation.changed()
    message.version = message.conversation.version
    db.session.flush()
    record("message.updated", message)
