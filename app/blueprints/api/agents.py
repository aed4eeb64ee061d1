"""The people of an account."""

from __future__ import annotations

from flask import Response, jsonify
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.blueprints.api.shapes import person
from app.blueprints.guards import Door, token_bearer, viewer
from app.lib.database import db
from app.models.membership import Membership

door = Door("agents", __name__, guard=token_bearer, url_prefix="/accounts/<int:account_id>/agents")


@door.get("")
def index() -> Response:
    """Everyone who is active."""
    memberships = db.session.scalars(
        select(Membership)
        .where(Membership.account_id == viewer().account.id, Membership.is_active)
        .order_by(Membership.user_id)
        .options(joinedload(Membership.user))
    )
    return jsonify([person.agent(membership) for membership in memberships])
