"""How urgent a conversation is."""

from __future__ import annotations

from app.blueprints.agent.opened import PREFIX, changed, opened
from app.blueprints.forms import Form
from app.blueprints.guards import Door, member, viewer

door = Door("priority", __name__, guard=member, url_prefix=f"{PREFIX}/priority")


class Urgency(Form):
    """Empty is no priority."""

    priority: str = ""


@door.put("")
def update(number: int) -> str:
    form, conversation = Urgency.read(), opened(number)
    since = conversation.version
    conversation.prioritize(form.priority or None, by=viewer().actor)
    return changed(conversation, since)
