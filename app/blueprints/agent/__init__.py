"""The desk's inbox: conversations and everything that is done to them, each change a resource of its own."""

from __future__ import annotations

from app.blueprints.agent import (
    assignment,
    conversations,
    habits,
    looking,
    messages,
    pending,
    priority,
    resolution,
    seen,
    snooze,
    typing,
)

DOORS = (
    conversations.door,
    messages.door,
    resolution.door,
    pending.door,
    snooze.door,
    assignment.door,
    priority.door,
    seen.door,
    looking.door,
    typing.door,
    habits.blueprint,
)
