"""A conversation that may go on from an earlier one: saying that it does not."""

from __future__ import annotations

from flask import render_template

from app.blueprints.agent.opened import PREFIX, opened
from app.blueprints.guards import Door, member, viewer
from app.models.event import record

door = Door("continuation", __name__, guard=member, url_prefix=f"{PREFIX}/continuation")


@door.delete("")
def destroy(number: int) -> str:
    """Nobody is asked again; a repeat changes nothing."""
    conversation = opened(number)
    known = conversation.additional_attributes
    if "maybe_continues" in known:
        conversation.changed()
        conversation.additional_attributes = {
            name: value for name, value in known.items() if not name.startswith("maybe_continues")
        }
        record("conversation.updated", conversation, by=viewer().actor)
    return render_template("conversations/continuation.stream.html", conversation=conversation)
