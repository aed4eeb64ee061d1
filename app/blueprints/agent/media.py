"""The files of a message that could not be fetched from its channel: trying once more."""

from __future__ import annotations

from uuid import UUID

from app.actions.fetch_again import fetch_again
from app.blueprints.agent.opened import PREFIX, changed, opened
from app.blueprints.guards import Door, member, viewer

door = Door("media", __name__, guard=member, url_prefix=f"{PREFIX}/messages/<string:client_id>/attachments")


@door.post("/<uuid:uuid>/fetch")
def fetch(number: int, client_id: str, uuid: UUID) -> str:
    conversation = opened(number)
    since = conversation.version
    fetch_again(conversation, client_id, uuid, by=viewer().actor)
    return changed(conversation, since)
