"""The link that was sent to a person's new address."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template
from flask.typing import ResponseReturnValue

from app.actions.change_email import confirm_new_email, new_email_of
from app.blueprints.auth.link_page import link_page
from app.errors import Invalid
from app.ledger.transaction import system

blueprint = Blueprint("new_email", __name__, url_prefix="/new-email")


@blueprint.get("/<string:secret>")
@link_page
def show(secret: str) -> ResponseReturnValue:
    with system(why="new address"):
        return render_template("auth/new_email.html", email=new_email_of(secret), problem="")


@blueprint.post("/<string:secret>")
@link_page
def create(secret: str) -> ResponseReturnValue:
    with system(why="new address"):
        email = new_email_of(secret)
    try:
        with system(why="new address"):
            confirm_new_email(secret)
    except Invalid as refused:
        return render_template("auth/new_email.html", email=email, problem=refused.message), 422
    flash(f"From now on you sign in as {email}.")
    return redirect("/", 303)
