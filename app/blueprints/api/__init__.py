"""The REST API: programs do what the desk does, through the same verbs, in the names of the contract they know."""

from __future__ import annotations

from flask import Blueprint

from app.blueprints.api import (
    agents,
    answers,
    contact_acts,
    contacts,
    conversation_acts,
    conversations,
    inboxes,
    labels,
    messages,
    profile,
)

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
answers.install(blueprint)

DOORS = (
    agents.door,
    inboxes.door,
    contacts.door,
    contact_acts.door,
    contact_acts.actions,
    conversations.door,
    conversation_acts.door,
    labels.door,
    labels.of_conversation,
    messages.door,
    profile.blueprint,
)

for door in DOORS:
    blueprint.register_blueprint(door)
