"""A new password: asks for the current one, and signs all other browsers out."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from app.actions.reset_password import change_password
from app.blueprints.forms import Form, Secret
from app.blueprints.guards import Door, myself, viewer
from app.blueprints.profile.page import page, saved
from app.errors import Invalid
from app.lib.throttle import throttle
from app.models.user import User

blueprint = Door("profile_password", __name__, guard=myself, url_prefix="/profile/password")


class PasswordForm(Form):
    current_password: Secret = ""
    password: Secret = ""


@blueprint.post("")
def update() -> ResponseReturnValue:
    user, login_id = viewer().user, viewer().login_id
    assert login_id is not None
    try:
        form = PasswordForm.read()
        require_password(user, form.current_password, field="current_password")
        change_password(user, form.password, login_id=login_id)
    except Invalid as refused:
        return page(refused.fields), 422
    return saved("Your password was changed, and every other browser signed out")


def require_password(user: User, typed: str, *, field: str) -> None:
    """Whoever sits at an open desk is not yet its owner. Raises Invalid for `field`, TooMany after ten tries."""
    throttle(f"password:{user.id}", limit=10, seconds=900)
    if not user.has_password(typed):
        raise Invalid({field: "This is not your current password."})
