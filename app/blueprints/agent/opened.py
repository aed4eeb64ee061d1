"""The conversation that an address of the desk names, and what an answer shows of it once it has changed."""

from __future__ import annotations

from flask import render_template

from app.blueprints.guards import viewer
from app.models.conversation import Conversation
from app.models.event import Event

PREFIX = "/accounts/<int:account_id>/conversations/<int:number>"
CATCH_UP = 200


def opened(number: int) -> Conversation:
    """Raises NotFound when there is none of that number that the viewer may see."""
    return Conversation.seen_by(viewer().membership, number, *Conversation.shown())


def changed(conversation: Conversation, since: int, *, done: str = "", note: str = "", moved: bool = False) -> str:
    """What the page shows of it, with the messages that changed after version `since`: the same that others are pushed.
    `done` is told to the one who did it, with the way back; `note` is only told. With `moved` it is another person's.
    """
    return render_template(
        "conversations/changed.stream.html",
        conversation=conversation,
        messages=conversation.messages_changed_since(since, CATCH_UP),
        done=done,
        note=note,
        moved=moved,
        head=Event.newest(conversation.account_id),
    )
