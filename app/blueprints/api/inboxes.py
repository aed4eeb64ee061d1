"""The inboxes that the token's owner may see."""

from __future__ import annotations

from flask import Response, jsonify
from sqlalchemy import select

from app.blueprints.api.shapes import inbox as shapes
from app.blueprints.guards import Door, token_bearer, viewer
from app.errors import NotFound
from app.lib.database import db
from app.models.inbox import Inbox

door = Door("inboxes", __name__, guard=token_bearer, url_prefix="/accounts/<int:account_id>/inboxes")


@door.get("", strict_slashes=False)
def index() -> Response:
    own = [Inbox.account_id == viewer().account.id, Inbox.visible_to(viewer().membership)]
    inboxes = db.session.scalars(select(Inbox).where(*own).order_by(Inbox.id))
    return jsonify(payload=[shapes.inbox(inbox) for inbox in inboxes])


@door.get("/<int:inbox_id>", strict_slashes=False)
def show(inbox_id: int) -> Response:
    return jsonify(shapes.inbox(seen_inbox(inbox_id)))


def seen_inbox(inbox_id: int) -> Inbox:
    """Raises NotFound when it is not this person's to see."""
    found = db.session.scalar(
        select(Inbox).where(
            Inbox.account_id == viewer().account.id, Inbox.id == inbox_id, Inbox.visible_to(viewer().membership)
        )
    )
    if found is None:
        raise NotFound
    return found
