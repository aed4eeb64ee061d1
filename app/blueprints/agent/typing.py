"""That someone is writing, said while they do."""

from __future__ import annotations

from flask import Response

from app.blueprints.agent.opened import PREFIX, opened
from app.blueprints.forms import Form
from app.blueprints.guards import Door, member, viewer
from app.realtime import signals

door = Door("typing", __name__, guard=member, url_prefix=f"{PREFIX}/typing")


class Typing(Form):
    on: bool
    private: bool = False


@door.post("")
def create(number: int) -> Response:
    form = Typing.read()
    signals.typing(opened(number), viewer().actor, on=form.on, private=form.private)
    return Response(status=204)
