"""A conversation, with its customer, its assignee and the last thing said."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import joinedload
from sqlalchemy.sql.base import ExecutableOption

from app.blueprints.api.shapes import contact as contacts
from app.blueprints.api.shapes import message as messages
from app.blueprints.api.shapes import person
from app.blueprints.api.shapes.moments import iso, unix, unix_or_zero
from app.models.conversation import Conversation
from app.models.message import Message


def shown() -> tuple[ExecutableOption, ...]:
    """Loader options for what the shape tells."""
    said = joinedload(Conversation.last_message).joinedload(Message.sender_contact)
    return (*Conversation.shown(), joinedload(Conversation.contact_inbox), said)


def conversation(conversation: Conversation) -> dict[str, Any]:
    last = messages.message(conversation.last_message, conversation) if conversation.last_message else None
    updated_at = conversation.updated_at.timestamp() if conversation.updated_at else 0
    return {
        "id": conversation.display_id,
        "uuid": str(conversation.uuid),
        "account_id": conversation.account_id,
        "inbox_id": conversation.inbox_id,
        "meta": _meta(conversation),
        "messages": [last] if last else [],
        "last_non_activity_message": last,
        "status": conversation.status,
        "priority": conversation.priority,
        "labels": conversation.label_titles,
        "muted": conversation.contact.blocked,
        "can_reply": conversation.can_reply,
        "unread_count": conversation.unread_count,
        "snoozed_until": unix(conversation.snoozed_until),
        "additional_attributes": conversation.additional_attributes,
        "custom_attributes": conversation.custom_attributes,
        "agent_last_seen_at": unix_or_zero(conversation.agent_last_seen_at),
        "assignee_last_seen_at": unix_or_zero(conversation.assignee_last_seen_at),
        "contact_last_seen_at": unix_or_zero(conversation.contact_last_seen_at),
        "created_at": unix_or_zero(conversation.created_at),
        "updated_at": updated_at,
        "timestamp": unix_or_zero(conversation.last_activity_at),
        "last_activity_at": unix_or_zero(conversation.last_activity_at),
        "first_reply_created_at": unix(conversation.first_reply_created_at),
        "waiting_since": unix(conversation.waiting_since),
        "sla_policy_id": conversation.sla_policy_id,
    }


def thread_meta(conversation: Conversation) -> dict[str, Any]:
    """What stands beside a page of its messages."""
    meta: dict[str, Any] = {
        "labels": conversation.label_titles,
        "additional_attributes": conversation.additional_attributes,
        "contact": contacts.sender(conversation.contact),
        "agent_last_seen_at": iso(conversation.agent_last_seen_at),
        "assignee_last_seen_at": iso(conversation.assignee_last_seen_at),
    }
    if conversation.assignee:
        meta["assignee"] = person.agent(conversation.assignee)
    return meta


def _meta(conversation: Conversation) -> dict[str, Any]:
    meta: dict[str, Any] = {
        "sender": contacts.sender(conversation.contact),
        "channel": conversation.inbox.channel_type,
        "hmac_verified": conversation.contact_inbox.hmac_verified,
    }
    if conversation.assignee:
        meta |= {"assignee": person.agent(conversation.assignee), "assignee_type": "User"}
    return meta
