"""Who has a conversation before their eyes: a lease that the page renews."""

from __future__ import annotations

from flask import Response

from app.blueprints.agent.opened import PREFIX, opened
from app.blueprints.guards import Door, member, viewer
from app.realtime import signals

door = Door("looking", __name__, guard=member, url_prefix=f"{PREFIX}/looking")


@door.post("")
def create(number: int) -> Response:
    signals.look(opened(number), viewer().actor)
    return Response(status=204)


@door.delete("")
def destroy(number: int) -> Response:
    signals.look_away(opened(number), viewer().actor)
    return Response(status=204)
