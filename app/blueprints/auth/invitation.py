"""An invitation: who is new gives a name and a password, who is known says yes."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.actions.invite import accept, invitation
from app.blueprints import signing_in
from app.blueprints.auth.link_page import link_page
from app.blueprints.forms import Form, Line, Secret
from app.blueprints.frame import sign_in_path
from app.errors import Invalid
from app.ledger.transaction import system
from app.lib.database import db
from app.models.user import User

blueprint = Blueprint("invitation", __name__, url_prefix="/invitation")


class NewcomerForm(Form):
    name: Line = Field(min_length=1, max_length=100)
    password: Secret


@blueprint.get("/<string:secret>")
@link_page
def show(secret: str) -> ResponseReturnValue:
    return page(secret, {})


@blueprint.post("/<string:secret>")
@link_page
def create(secret: str) -> ResponseReturnValue:
    with system(why="invitation"):
        is_new = invitation(secret).user.confirmed_at is None
    return come_as_newcomer(secret) if is_new else come_as_known(secret)


def come_as_newcomer(secret: str) -> ResponseReturnValue:
    try:
        form = NewcomerForm.read()
        with system(why="invitation"):
            membership = accept(secret, name=form.name, password=form.password)
            signing_in.begin(membership.user, remember=False)
    except Invalid as refused:
        return page(secret, refused.fields, name=request.form.get("name", "")[:100]), 422
    return redirect(f"/accounts/{membership.account_id}/conversations", 303)


def come_as_known(secret: str) -> ResponseReturnValue:
    """The link proves the address, not the person: signing in is still theirs to do."""
    browser = signing_in.known()
    with system(why="invitation"):
        membership = accept(secret)
    back = f"/accounts/{membership.account_id}/conversations"
    is_here = browser is not None and browser.user_id == membership.user_id
    return redirect(back if is_here else sign_in_path(back), 303)


def page(secret: str, errors: dict[str, str], name: str = "") -> str:
    with system(why="invitation"):
        membership = invitation(secret)
        inviter = db.session.get(User, membership.inviter_id) if membership.inviter_id else None
        return render_template(
            "auth/invitation.html",
            account=membership.account.name,
            email=membership.user.email,
            inviter=inviter.available_name if inviter else "",
            is_new=membership.user.confirmed_at is None,
            errors=errors,
            name=name,
        )
