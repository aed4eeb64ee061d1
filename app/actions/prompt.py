"""What an inbox says by itself when a customer writes: that it is closed, a greeting, a question for an address."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select

from app.actions.mail_out import may_be_prompted
from app.lib.database import db
from app.models.conversation import Conversation
from app.models.message import Message
from app.models.message_items import ContentType
from app.models.working_hours import week_of

OUT_OF_OFFICE, GREETING, EMAIL_COLLECT = "out_of_office", "greeting", "email_collect"
# Whoever was answered a moment ago is not told that nobody is there.
JUST_ANSWERED = timedelta(minutes=5)
ASKS_FOR_EMAIL = "Leave your e-mail address, and our answer reaches you even when you have gone."


def prompt(conversation: Conversation, message: Message) -> None:
    """After the customer's `message`: word of the hours, else a greeting for the first; then a question for their address."""
    inbox = conversation.inbox
    if not (inbox.greeting_enabled or inbox.working_hours_enabled or inbox.enable_email_collect):
        return
    # What an inbox says to everybody who writes is not for everybody to read.
    if conversation.contact.blocked or conversation.is_public or _is_automatic(message):
        return
    greeting = (inbox.greeting_message or "").strip() if inbox.greeting_enabled else ""
    if away := _word_of_hours(conversation, message):
        conversation.prompt(away, about=OUT_OF_OFFICE)
    elif greeting and message.sequence == 1:
        conversation.prompt(greeting, about=GREETING)
    if _wants_email(conversation):
        conversation.prompt(ASKS_FOR_EMAIL, about=EMAIL_COLLECT, content_type=ContentType.INPUT_EMAIL)


def _is_automatic(message: Message) -> bool:
    """Two machines that answer each other would never end: by mail one answer of ours a day is the most (RFC 3834)."""
    return bool(message.content_attributes.get("email")) and not may_be_prompted(message)


def _word_of_hours(conversation: Conversation, message: Message) -> str:
    """Once in each time that the inbox is closed."""
    inbox, now = conversation.inbox, message.created_at
    words = (inbox.out_of_office_message or "").strip()
    if not inbox.working_hours_enabled or not words:
        return ""
    week = week_of(inbox)
    if week.is_open(now) or _was_said(conversation, Message.message_type == "outgoing", since=now - JUST_ANSWERED):
        return ""
    return "" if _was_prompted(conversation, OUT_OF_OFFICE, since=week.closed_since(now)) else words


def _wants_email(conversation: Conversation) -> bool:
    inbox = conversation.inbox
    if not inbox.enable_email_collect or not inbox.abilities.is_live or conversation.contact.email:
        return False
    return not _was_prompted(conversation, EMAIL_COLLECT)


def _was_prompted(conversation: Conversation, about: str, *, since: datetime | None = None) -> bool:
    is_such = Message.content_attributes["prompt"].astext == about
    return _was_said(conversation, (Message.message_type == "template") & is_such, since=since)


def _was_said(conversation: Conversation, which: ColumnElement[bool], *, since: datetime | None) -> bool:
    conditions = [
        Message.account_id == conversation.account_id,
        Message.conversation_id == conversation.id,
        Message.private.is_(False),
        which,
    ]
    if since is not None:
        conditions.append(Message.created_at >= since)
    return db.session.scalar(select(Message.id).where(*conditions).limit(1)) is not None
