"""The first visit: makes the account and its first administrator. Once there is one, this page is not there."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.actions.found import found_first_account, is_empty
from app.blueprints import signing_in
from app.blueprints.forms import Email, Form, Line, Secret
from app.errors import Invalid, NotFound
from app.ledger.transaction import system
from app.models.user import User

blueprint = Blueprint("welcome", __name__, url_prefix="/welcome")


class WelcomeForm(Form):
    account: Line = Field(min_length=1, max_length=100)
    name: Line = Field(min_length=1, max_length=100)
    email: Email
    password: Secret


@blueprint.get("")
def show() -> ResponseReturnValue:
    with system(why="first visit"):
        if not is_empty():
            raise NotFound
    return render_template("auth/welcome.html", typed={}, errors={})


@blueprint.post("")
def create() -> ResponseReturnValue:
    try:
        form = WelcomeForm.read()
        with system(why="first visit"):
            account = found_first_account(form.account, form.name, form.email, form.password)
            founder = User.with_email(form.email)
            assert founder is not None
            signing_in.begin(founder, remember=False)
    except Invalid as refused:
        with system(why="first visit"):
            if not is_empty():
                raise NotFound from None
        return render_template("auth/welcome.html", typed=asked(), errors=refused.fields), 422
    return redirect(f"/accounts/{account.id}/first-steps", 303)


def asked() -> dict[str, str]:
    """What was typed, to be shown again; never a password."""
    return {name: request.form.get(name, "")[:300] for name in ("account", "name", "email")}
