"""Signs people in; whatever was wrong, the answer is the same."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.actions.found import is_empty
from app.blueprints import signing_in
from app.blueprints.auth.own_path import own_path
from app.blueprints.forms import Form, Secret
from app.config import settings
from app.errors import Invalid, TooMany
from app.ledger.transaction import system
from app.lib import address, crypto
from app.lib.throttle import clear, throttle
from app.models.user import User

blueprint = Blueprint("login", __name__, url_prefix="/login")

WRONG = "This e-mail address and password do not belong together."


class LoginForm(Form):
    email: str = Field("", max_length=254)
    password: Secret = ""
    remember: bool = False
    next: str = Field("/", max_length=2000)


@blueprint.get("")
def show() -> ResponseReturnValue:
    back = own_path(request.args.get("next", "/"))
    if signing_in.known():
        return redirect(back, 303)
    with system(why="sign-in"):
        first_visit = is_empty()
    if first_visit:
        return redirect("/welcome", 303)
    return page(LoginForm(next=back))


@blueprint.post("")
def create() -> ResponseReturnValue:
    try:
        form = LoginForm.read()
    except Invalid:
        return page(LoginForm(), WRONG), 422
    email = as_stored(form.email)
    try:
        throttle(f"login-from:{signing_in.address_range()}", limit=20, seconds=300)
        throttle(f"login:{email}", limit=10, seconds=900)
    except TooMany as too_many:
        response = make_response(page(form, told(too_many)), 429)
        response.headers["Retry-After"] = str(too_many.retry_after)
        return response
    if not signs_in(email, form):
        return page(form, WRONG), 422
    clear(f"login:{email}")
    return redirect(own_path(form.next), 303)


def signs_in(email: str, form: LoginForm) -> bool:
    """Whether the password is the person's; if so, this browser is theirs from now on."""
    with system(why="sign-in"):
        user = User.with_email(email)
        # Somebody unknown costs as much time as somebody known.
        hashed = user.password_hash if user else None
        if not crypto.check_password(hashed, form.password) or user is None or hashed is None:
            return False
        if crypto.needs_rehash(hashed):
            user.password_hash = crypto.hash_password(form.password)
        signing_in.begin(user, remember=form.remember)
        return True


def as_stored(typed: str) -> str:
    try:
        return address.email(typed)
    except Invalid:
        return typed.strip().lower()


def told(too_many: TooMany) -> str:
    minutes = -(-too_many.retry_after // 60)
    return f"That was too often. Try again in {minutes} minute{'s' if minutes > 1 else ''}, or set a new password."


def page(form: LoginForm, problem: str = "") -> str:
    keeps_mails = settings().environment == "development" and not settings().smtp_url
    return render_template("auth/login.html", form=form, problem=problem, keeps_mails=keeps_mails)
