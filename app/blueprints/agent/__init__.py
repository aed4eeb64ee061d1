"""The desk's inbox: conversations and everything that is done to them, each change a resource of its own."""

from __future__ import annotations

from app.blueprints.agent import (
    assignment,
    contact_attributes,
    contact_block,
    contact_notes,
    contacts,
    conversations,
    habits,
    letters,
    looking,
    mail,
    media,
    messages,
    pending,
    priority,
    recipients,
    resolution,
    search,
    seen,
    snooze,
    typing,
)

DOORS = (
    conversations.door,
    messages.door,
    media.door,
    mail.door,
    recipients.door,
    letters.door,
    resolution.door,
    pending.door,
    snooze.door,
    assignment.door,
    priority.door,
    seen.door,
    looking.door,
    typing.door,
    contacts.door,
    contact_notes.door,
    contact_attributes.door,
    contact_block.door,
    search.door,
    habits.blueprint,
)
