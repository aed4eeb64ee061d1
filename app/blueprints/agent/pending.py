"""Setting a conversation aside as pending; `resolution` opens it again."""

from __future__ import annotations

from app.blueprints.agent.opened import PREFIX, changed, opened
from app.blueprints.guards import Door, member, viewer

door = Door("pending", __name__, guard=member, url_prefix=f"{PREFIX}/pending")


@door.post("")
def create(number: int) -> str:
    conversation = opened(number)
    since = conversation.version
    conversation.mark_pending(by=viewer().actor)
    return changed(conversation, since)
