"""The front door: leads everyone to where they work."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from app.blueprints.signing_in import signed_in

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def show() -> ResponseReturnValue:
    """The inbox of the account that was used last; who is in none is told so."""
    accounts = signed_in().accounts
    if accounts:
        return redirect(f"/accounts/{accounts[0].id}/conversations", 303)
    return render_template("auth/nowhere.html")
