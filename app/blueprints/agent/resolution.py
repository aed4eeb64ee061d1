"""Resolving a conversation, and opening it again."""

from __future__ import annotations

from app.blueprints.agent.opened import PREFIX, changed, opened
from app.blueprints.guards import Door, member, viewer

door = Door("resolution", __name__, guard=member, url_prefix=f"{PREFIX}/resolution")


@door.post("")
def create(number: int) -> str:
    conversation = opened(number)
    since = conversation.version
    conversation.resolve(by=viewer().actor)
    return changed(conversation, since, done=f"Resolved #{number}")


@door.delete("")
def destroy(number: int) -> str:
    conversation = opened(number)
    since = conversation.version
    conversation.reopen(by=viewer().actor)
    return changed(conversation, since)
