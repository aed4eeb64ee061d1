"""The token with which one's programs speak to Parley."""

from __future__ import annotations

from flask import render_template
from sqlalchemy import select

from app.blueprints.guards import Door, myself, viewer
from app.errors import NotFound
from app.lib.database import db
from app.models.token import AccessToken

blueprint = Door("profile_token", __name__, guard=myself, url_prefix="/profile/token")


@blueprint.get("")
def show() -> str:
    """The secret itself, asked for by a press, so that it does not lie on a page over somebody's shoulder."""
    token = db.session.scalar(select(AccessToken).where(AccessToken.user_id == viewer().user.id))
    if token is None:
        raise NotFound
    return render_template("profile/_token_shown.html", token=token, said="")


@blueprint.post("")
def renew() -> str:
    token = AccessToken.renew(viewer().user)
    return render_template("profile/_token_shown.html", token=token, said="A new token was made; the old one ended")
