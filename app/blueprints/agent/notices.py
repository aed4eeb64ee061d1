"""What stands above the messages of a conversation, asked for again when its line fails or is mended."""

from __future__ import annotations

from flask import render_template

from app.blueprints.agent.conversations import continues
from app.blueprints.agent.opened import PREFIX, opened
from app.blueprints.guards import Door, member, viewer
from app.queries.troubles import troubles

door = Door("notices", __name__, guard=member, url_prefix=f"{PREFIX}/notices")


@door.get("")
def index(number: int) -> str:
    conversation = opened(number)
    return render_template(
        "conversations/notices.stream.html",
        conversation=conversation,
        path=f"/accounts/{conversation.account_id}/conversations/{number}",
        continues=continues(conversation),
        troubled=troubles(viewer().membership, inbox_id=conversation.inbox_id),
    )
