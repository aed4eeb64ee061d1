"""Whose token this is, and in which accounts they work."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from app.blueprints.api.shapes import person
from app.blueprints.guards import token_owner
from app.errors import NotSignedIn
from app.ledger.transaction import system
from app.lib.database import db
from app.models.membership import Membership
from app.models.user import User

blueprint = Blueprint("profile", __name__, url_prefix="/profile")


@blueprint.get("")
def show() -> Response:
    user_id = token_owner()
    with system(why="own profile"):
        user = db.session.get(User, user_id)
        if user is None:
            raise NotSignedIn("Invalid Access Token")
        return jsonify(person.profile(user, Membership.all_of(user_id)))
