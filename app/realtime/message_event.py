"""A message as webhooks tell of it: whole, with its conversation and customer, in the names of the contract."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from app.config import settings
from app.lib.database import db
from app.models.account import Account
from app.models.attachment import Attachment
from app.models.contact import Contact
from app.models.conversation import Conversation
from app.models.membership import Membership
from app.models.message import Message, MessageType
from app.realtime.paths import signed_avatar_path, signed_path

NUMBERS = {MessageType.INCOMING: 0, MessageType.OUTGOING: 1, MessageType.ACTIVITY: 2, MessageType.TEMPLATE: 3}
# Programs know four states; what is under way is told as sent, which it is once they hear of it.
UNDER_WAY = ("queued", "sending", "unsure")


def message_event(message: Message, conversation: Conversation, name: str = "message_created") -> dict[str, Any]:
    """`name` is message_created or message_updated. Plain JSON values; files as addresses that last for days."""
    inbox = conversation.inbox
    return {
        "event": name,
        "id": message.id,
        "content": message.content,
        "account": {"id": message.account_id, "name": _account(message).name},
        "inbox": {"id": inbox.id, "name": inbox.name},
        "conversation": _conversation(conversation, message),
        "message_type": message.message_type,
        "content_type": message.content_type,
        "content_attributes": _attributes(message),
        "additional_attributes": message.additional_attributes,
        "created_at": _iso(message.created_at),
        "private": message.private,
        "sender": _sender(message),
        "source_id": message.source_id,
        "attachments": [_attachment(each) for each in message.attachments],
    }


def _account(message: Message) -> Account:
    return db.session.get_one(Account, message.account_id)


def _conversation(conversation: Conversation, message: Message) -> dict[str, Any]:
    session = conversation.contact_inbox
    return {
        "additional_attributes": conversation.additional_attributes,
        "can_reply": conversation.can_reply,
        "channel": conversation.inbox.channel_type,
        "contact_inbox": {
            "id": session.id,
            "contact_id": session.contact_id,
            "inbox_id": session.inbox_id,
            "source_id": session.source_id,
            "created_at": _iso(session.created_at),
            "updated_at": _iso(session.updated_at),
            "hmac_verified": session.hmac_verified,
        },
        "id": conversation.display_id,
        "inbox_id": conversation.inbox_id,
        "messages": [_message(message, conversation)],
        "labels": conversation.label_titles,
        "meta": {
            "sender": _customer(conversation.contact),
            "assignee": _colleague(conversation.assignee) if conversation.assignee else None,
            "assignee_type": "User" if conversation.assignee else None,
            "team": None,
            "hmac_verified": session.hmac_verified,
        },
        "status": conversation.status,
        "custom_attributes": conversation.custom_attributes,
        "snoozed_until": _iso(conversation.snoozed_until),
        "unread_count": conversation.unread_count,
        "first_reply_created_at": _iso(conversation.first_reply_created_at),
        "priority": conversation.priority,
        "waiting_since": _unix(conversation.waiting_since),
        "agent_last_seen_at": _unix(conversation.agent_last_seen_at),
        "contact_last_seen_at": _unix(conversation.contact_last_seen_at),
        "last_activity_at": _unix(conversation.last_activity_at),
        "timestamp": _unix(conversation.last_activity_at),
        "created_at": _unix(conversation.created_at),
        "updated_at": conversation.updated_at.timestamp() if conversation.updated_at else 0.0,
    }


def _message(message: Message, conversation: Conversation) -> dict[str, Any]:
    return {
        "id": message.id,
        "content": message.content,
        "account_id": message.account_id,
        "inbox_id": message.inbox_id,
        "conversation_id": conversation.display_id,
        "message_type": NUMBERS[MessageType(message.message_type)],
        "created_at": _unix(message.created_at),
        "updated_at": _iso(message.updated_at),
        "private": message.private,
        "status": "sent" if message.status in UNDER_WAY else message.status,
        "source_id": message.source_id,
        "content_type": message.content_type,
        "content_attributes": _attributes(message),
        "sender_type": {"user": "User", "contact": "Contact"}.get(message.sender_kind),
        "sender_id": message.sender_user_id or message.sender_contact_id,
        "sender": _sender(message),
        "attachments": [_attachment(each) for each in message.attachments],
    }


def _attributes(message: Message) -> dict[str, Any]:
    attributes = dict(message.content_attributes)
    if message.reply_to:
        attributes["in_reply_to"] = message.reply_to_id
        attributes["in_reply_to_external_id"] = message.reply_to.source_id
    if message.deleted_at:
        attributes["deleted"] = True
    return attributes


def _sender(message: Message) -> dict[str, Any] | None:
    if message.sender_user:
        return _colleague(message.sender_user)
    return _customer(message.sender_contact) if message.sender_contact else None


def _colleague(membership: Membership) -> dict[str, Any]:
    user = membership.user
    picture = settings().public_url + signed_avatar_path(user.avatar_key) if user.avatar_key else ""
    return {
        "id": user.id,
        "name": user.available_name,
        "email": user.email,
        "avatar_url": picture,
        "thumbnail": picture,
        "type": "user",
    }


def _customer(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.id,
        "name": contact.display_name,
        "email": contact.email,
        "phone_number": contact.phone_number,
        "identifier": contact.identifier,
        "avatar": "",
        "thumbnail": "",
        "blocked": contact.blocked,
        "additional_attributes": contact.additional_attributes,
        "custom_attributes": contact.custom_attributes,
        "type": "contact",
    }


def _attachment(attachment: Attachment) -> dict[str, Any]:
    is_kept = attachment.storage_key is not None
    is_image = attachment.kind == "image" and is_kept
    told: dict[str, Any] = {
        "id": attachment.id,
        "message_id": attachment.message_id,
        "file_type": attachment.kind,
        "account_id": attachment.account_id,
        "filename": attachment.filename,
        "content_type": attachment.content_type,
        "extension": PurePath(attachment.filename).suffix.removeprefix(".") or None,
        "data_url": settings().public_url + signed_path(attachment) if is_kept else attachment.link,
        "thumb_url": settings().public_url + signed_path(attachment, thumbnail=True) if is_image else "",
        "file_size": attachment.byte_size,
        "width": attachment.width,
        "height": attachment.height,
    }
    if attachment.kind == "location":
        told |= {"coordinates_lat": attachment.latitude, "coordinates_long": attachment.longitude}
    if attachment.fallback_title:
        told["fallback_title"] = attachment.fallback_title
    return told


def _unix(moment: datetime | None) -> int:
    return int(moment.timestamp()) if moment else 0


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
