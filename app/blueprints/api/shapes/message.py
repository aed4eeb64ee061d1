"""A message, with its sender and its files."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from app.blueprints.api.shapes import contact as contacts
from app.blueprints.api.shapes import person
from app.blueprints.api.shapes.activity import sentence
from app.blueprints.api.shapes.moments import unix, unix_or_zero
from app.config import settings
from app.models.attachment import Attachment
from app.models.conversation import Conversation
from app.models.message import Message, MessageStatus, MessageType
from app.realtime.paths import signed_path

TYPES = {MessageType.INCOMING: 0, MessageType.OUTGOING: 1, MessageType.ACTIVITY: 2, MessageType.TEMPLATE: 3}
# Callers know four states; what is under way or unsure is told as sent.
UNDER_WAY = {MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.UNSURE}
SENDER_TYPES = {"user": "User", "contact": "Contact", "bot": "AgentBot", "captain": "Captain::Assistant"}


def message(message: Message, conversation: Conversation) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "id": message.id,
        "content": sentence(message) if message.is_activity else message.content,
        "account_id": message.account_id,
        "inbox_id": message.inbox_id,
        "conversation_id": conversation.display_id,
        "message_type": TYPES[MessageType(message.message_type)],
        "created_at": unix_or_zero(message.created_at),
        "updated_at": unix_or_zero(message.updated_at),
        "private": message.private,
        "status": "sent" if message.status in UNDER_WAY else message.status,
        "source_id": message.source_id,
        "content_type": message.content_type,
        "content_attributes": _content_attributes(message),
        "sender_type": SENDER_TYPES.get(message.sender_kind),
        "sender_id": message.sender_user_id or message.sender_contact_id,
        "external_source_ids": message.external_source_ids,
        "additional_attributes": message.additional_attributes,
        "processed_message_content": message.processed_content or message.content or None,
        "sentiment": message.sentiment,
        "conversation": {
            "assignee_id": conversation.assignee_id,
            "unread_count": conversation.unread_count,
            "last_activity_at": unix(conversation.last_activity_at),
            "contact_inbox": {"source_id": conversation.contact_inbox.source_id},
        },
        "attachments": (files := [attachment(each) for each in message.attachments]),
        "attachment": files[0] if files else None,
    }
    if message.sender_user:
        shape["sender"] = person.agent(message.sender_user)
    elif message.sender_contact:
        shape["sender"] = contacts.sender(message.sender_contact)
    return shape


def attachment(attachment: Attachment) -> dict[str, Any]:
    url = settings().public_url + signed_path(attachment) if attachment.storage_key else attachment.link
    is_image = attachment.kind == "image" and attachment.storage_key
    return {
        "id": attachment.id,
        "message_id": attachment.message_id,
        "file_type": attachment.kind,
        "account_id": attachment.account_id,
        "extension": PurePath(attachment.filename).suffix.removeprefix(".") or None,
        "data_url": url,
        "thumb_url": settings().public_url + signed_path(attachment, thumbnail=True) if is_image else "",
        "file_size": attachment.byte_size,
        "width": attachment.width,
        "height": attachment.height,
        "content_type": attachment.content_type,
    }


def _content_attributes(message: Message) -> dict[str, Any]:
    attributes = {} if message.is_activity else dict(message.content_attributes)
    if message.reply_to_id:
        attributes["in_reply_to"] = message.reply_to_id
    if message.external_error and message.status == MessageStatus.FAILED:
        attributes["external_error"] = message.external_error
    if message.deleted_at:
        attributes["deleted"] = True
    return attributes
