"""Whether a conversation has been read: told by the page that shows it, taken back by hand."""

from __future__ import annotations

from app.blueprints.agent.opened import PREFIX, changed, opened
from app.blueprints.guards import Door, member, viewer

door = Door("seen", __name__, guard=member, url_prefix=f"{PREFIX}/seen")


@door.post("")
def create(number: int) -> str:
    conversation = opened(number)
    since = conversation.version
    conversation.mark_seen(by=viewer().membership)
    return changed(conversation, since)


@door.delete("")
def destroy(number: int) -> str:
    conversation = opened(number)
    since = conversation.version
    conversation.mark_unread(by=viewer().membership)
    return changed(conversation, since)
