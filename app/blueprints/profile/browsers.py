"""Where one is signed in; each of those browsers can be signed out from here."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.actions.sign_out import sign_out, sign_out_everywhere
from app.blueprints.guards import Door, myself, viewer
from app.blueprints.profile.page import saved
from app.errors import NotFound
from app.lib.browser_name import browser_name
from app.lib.database import db
from app.models.user import Login

blueprint = Door("profile_browsers", __name__, guard=myself, url_prefix="/profile/browsers")


@blueprint.delete("/<int:login_id>")
def destroy(login_id: int) -> str:
    login = db.session.get(Login, login_id)
    if login is None or login.user_id != viewer().user.id or login.id == viewer().login_id:
        raise NotFound
    sign_out(login)
    return render_template("profile/_browser_gone.html", login_id=login_id, name=browser_name(login.user_agent))


@blueprint.post("/others/end")
def end_others() -> ResponseReturnValue:
    sign_out_everywhere(viewer().user.id, but=viewer().login_id)
    return saved("Every other browser was signed out")
