"""A visitor says who they are before the chat begins: what they fill in is kept with them, and with the conversation."""

from __future__ import annotations

from typing import Any

from app.actions.identify import Person, identify
from app.channels.pre_chat import STANDARD, Answers, PreChat, PreChatField
from app.models.contact import Contact, ContactInbox
from app.models.conversation import Conversation
from app.models.inbox import Inbox


def left_to_ask(inbox: Inbox, contact: Contact | None) -> list[PreChatField]:
    """What the inbox's form still wants to know of someone."""
    known = {name for name in STANDARD.values() if contact is not None and getattr(contact, name)}
    return PreChat.of(inbox.channel_settings).asked(
        known=known, attributes=contact.custom_attributes if contact is not None else ()
    )


def introduce(session: ContactInbox, answers: Answers) -> None:
    """Who is found by their address is joined as everywhere; a name that is known already stays."""
    if answers.standard or answers.contact:
        said: dict[str, Any] = {**answers.standard, "custom_attributes": answers.contact}
        identify(session, Person(**said), keeps_name=True)


def note_on(conversation: Conversation, answers: Answers) -> None:
    """On a conversation that begins with them."""
    if answers.conversation:
        conversation.custom_attributes = {**conversation.custom_attributes, **answers.conversation}
