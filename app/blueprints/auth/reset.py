"""A forgotten password: a link is sent to the address, and the link sets a new one."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.actions.reset_password import ask_for_reset, reset_of, reset_password
from app.blueprints import signing_in
from app.blueprints.auth.link_page import link_page
from app.blueprints.forms import Email, Form, Secret
from app.errors import Invalid
from app.ledger.transaction import system
from app.lib.throttle import clear, throttle

blueprint = Blueprint("reset", __name__, url_prefix="/reset")


class AskForm(Form):
    email: Email = Field(max_length=254)


class PasswordForm(Form):
    password: Secret


@blueprint.get("")
def new() -> str:
    return render_template("auth/reset.html", errors={}, email="")


@blueprint.post("")
def create() -> ResponseReturnValue:
    try:
        form = AskForm.read()
    except Invalid as refused:
        return render_template("auth/reset.html", errors=refused.fields, email=""), 422
    throttle(f"reset-from:{signing_in.address_range()}", limit=20, seconds=3600)
    throttle(f"reset:{form.email}", limit=5, seconds=3600)
    with system(why="sign-in"):
        ask_for_reset(form.email)
    return render_template("auth/reset_sent.html", email=form.email)


@blueprint.get("/<string:secret>")
@link_page
def show(secret: str) -> ResponseReturnValue:
    with system(why="sign-in"):
        user = reset_of(secret)
    return render_template("auth/new_password.html", email=user.email, errors={})


@blueprint.post("/<string:secret>")
@link_page
def update(secret: str) -> ResponseReturnValue:
    with system(why="sign-in"):
        email = reset_of(secret).email
    try:
        form = PasswordForm.read()
        with system(why="sign-in"):
            user = reset_password(secret, form.password)
            signing_in.begin(user, remember=False)
    except Invalid as refused:
        return render_template("auth/new_password.html", email=email, errors=refused.fields), 422
    clear(f"login:{email}")
    return signed_in_answer()


def signed_in_answer() -> Response:
    return make_response(redirect("/", 303))
