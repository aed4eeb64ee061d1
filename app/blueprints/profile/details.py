"""What one is called."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.blueprints.forms import Form, Line
from app.blueprints.guards import Door, myself, viewer
from app.blueprints.profile.page import page, saved
from app.errors import Invalid

blueprint = Door("profile_details", __name__, guard=myself, url_prefix="/profile/details")


class DetailsForm(Form):
    name: Line = Field(min_length=1, max_length=100)
    display_name: Line = Field("", max_length=100)


@blueprint.post("")
def update() -> ResponseReturnValue:
    try:
        form = DetailsForm.read()
    except Invalid as refused:
        typed = {name: request.form.get(name, "")[:300] for name in DetailsForm.model_fields}
        return page(refused.fields, typed), 422
    user = viewer().user
    user.name, user.display_name = form.name, form.display_name or None
    return saved()
