"""Has a file fetched once more that its channel could not give us."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.errors import NotFound
from app.lib.database import db
from app.models.actor import Actor
from app.models.attachment import Attachment
from app.models.conversation import Conversation
from app.models.event import record
from app.models.message import Message


def fetch_again(conversation: Conversation, client_id: str, uuid: UUID, *, by: Actor) -> Message:
    """The message it came with; one that is there already, or being fetched, stays as it is. Raises NotFound."""
    conversation.changed()
    message = conversation.message(client_id)
    attachment = db.session.scalar(
        select(Attachment)
        .where(
            Attachment.account_id == message.account_id,
            Attachment.message_id == message.id,
            Attachment.uuid == uuid,
        )
        .with_for_update()
    )
    if attachment is None:
        raise NotFound
    if attachment.state != "failed" or attachment.ref is None:
        return message
    attachment.state, attachment.error = "pending", None
    attachment.wish_fetch(conversation.inbox_id)
    message.version = conversation.version
    record("message.updated", message, by=by)
    return message
