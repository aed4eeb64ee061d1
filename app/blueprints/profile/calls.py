"""One's own phone: where customers' calls to this account ring."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.blueprints.forms import Form, Line
from app.blueprints.guards import Door, myself, viewer
from app.blueprints.profile.page import page, saved
from app.errors import Invalid
from app.lib import address

blueprint = Door("profile_calls", __name__, guard=myself, url_prefix="/profile/calls")


class CallsForm(Form):
    call_number: Line = Field("", max_length=40)
    takes_calls: bool = False


@blueprint.post("")
def update() -> ResponseReturnValue:
    try:
        form = CallsForm.read()
        number = address.phone(form.call_number, field="call_number") if form.call_number else None
    except Invalid as refused:
        return page(refused.fields, {"call_number": request.form.get("call_number", "")[:300]}), 422
    membership = viewer().membership
    membership.call_number, membership.takes_calls = number, form.takes_calls
    return saved()
