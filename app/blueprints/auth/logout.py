"""Signs this browser out."""

from __future__ import annotations

from flask import Blueprint, redirect
from flask.typing import ResponseReturnValue

from app.blueprints import signing_in

blueprint = Blueprint("logout", __name__, url_prefix="/logout")


@blueprint.post("")
def create() -> ResponseReturnValue:
    if signing_in.known():
        signing_in.end()
    return redirect("/login", 303)
