"""A new address: asked for with the password, used once its own mail was answered."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from app.actions.change_email import ask_for_new_email
from app.blueprints.forms import Email, Form, Secret
from app.blueprints.guards import Door, myself, viewer
from app.blueprints.profile.page import page, saved
from app.blueprints.profile.password import require_password
from app.errors import Invalid
from app.lib.throttle import throttle

blueprint = Door("profile_email", __name__, guard=myself, url_prefix="/profile/email")


class EmailForm(Form):
    email: Email
    current_password: Secret = ""


@blueprint.post("")
def create() -> ResponseReturnValue:
    user = viewer().user
    try:
        form = EmailForm.read()
        throttle(f"new-email:{user.id}", limit=5, seconds=3600)
        require_password(user, form.current_password, field="email_password")
        ask_for_new_email(user, form.email)
    except Invalid as refused:
        return page(refused.fields, {"email": request.form.get("email", "")[:300]}), 422
    return saved(f"A link is on its way to {form.email}. Follow it to use the address.")
