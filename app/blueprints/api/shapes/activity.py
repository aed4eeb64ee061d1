"""The lines of a thread that tell what was done, as sentences."""

from __future__ import annotations

from collections import defaultdict

from app.models.message import Message

SENTENCES = {
    "resolved": "Conversation was marked resolved by {actor}",
    "reopened": "Conversation was reopened by {actor}",
    "reopened_by_message": "System reopened the conversation due to a new incoming message",
    "reopened_snooze_over": "System reopened the conversation: its snooze was over",
    "pended": "Conversation was marked as pending by {actor}",
    "snoozed": "Conversation was snoozed by {actor}",
    "prioritized": "{actor} set the priority to {priority}",
    "unprioritized": "{actor} removed the priority",
    "assigned": "Assigned to {assignee} by {actor}",
    "self_assigned": "{assignee} self-assigned this conversation",
    "unassigned": "Conversation unassigned by {actor}",
    "moved": "{actor} moved the conversation from {from} to {to}",
    "labeled": "{actor} added {labels}",
    "unlabeled": "{actor} removed {labels}",
}


def sentence(message: Message) -> str:
    """Who did what. An act that has no sentence yet is told by its name."""
    said = message.content_attributes
    key = str(said.get("activity", ""))
    words = SENTENCES.get(key, "{actor}: " + key.replace("_", " ").replace("{", "").replace("}", ""))
    return words.format_map(defaultdict(str, {name: _told(value) for name, value in said.items()}))


def _told(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
