"""What a website asks its visitors before and while they write, and what happens to ended conversations."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from app.blueprints.forms import Form
from app.blueprints.guards import Door, administrator, viewer
from app.blueprints.settings.inboxes import found
from app.channels.pre_chat import MOST_FIELDS, USUAL, PreChat
from app.errors import Invalid
from app.models.event import record
from app.models.inbox import Inbox

blueprint = Door(
    "inbox_visitors", __name__, guard=administrator, url_prefix="/accounts/<int:account_id>/settings/inboxes"
)

STANDARD = {"emailAddress": "E-mail", "fullName": "Name", "phoneNumber": "Phone number"}
KINDS = (
    *(("text", "Text"), ("email", "E-mail"), ("phone", "Phone number"), ("number", "Number"), ("link", "Link")),
    *(("date", "Date"), ("list", "Choice"), ("checkbox", "Box to tick")),
)
PARTS = ("field_type", "name", "label", "placeholder", "type", "values", "regex_pattern", "regex_cue")


class VisitorsForm(Form):
    enable_email_collect: bool = False
    allow_messages_after_resolved: bool = False
    lock_to_single_conversation: bool = False


@blueprint.get("/<int:inbox_id>/visitors")
def show(inbox_id: int) -> str:
    inbox = found(inbox_id)
    form = PreChat.of(inbox.channel_settings)
    missing = [each for each in USUAL if each.name not in {field.name for field in form.fields}]
    fields = [each.model_dump(mode="json") for each in (*form.fields, *missing)]
    typed = {name: getattr(inbox, name) for name in VisitorsForm.model_fields}
    return _page(inbox, {**typed, "enabled": form.enabled, "message": form.message}, fields)


@blueprint.post("/<int:inbox_id>/visitors")
def update(inbox_id: int) -> ResponseReturnValue:
    inbox, fields = found(inbox_id), _fields()
    try:
        form, asked = VisitorsForm.read(), _checked(fields)
    except Invalid as refused:
        return _page(inbox, {**request.form}, fields, refused.fields), 422
    inbox.channel_settings = {**inbox.channel_settings, "pre_chat": asked.model_dump(mode="json")}
    for name, value in form.model_dump().items():
        setattr(inbox, name, value)
    record("inbox.updated", inbox, by=viewer().actor)
    flash("What visitors are asked is saved")
    return redirect(f"/accounts/{inbox.account_id}/settings/inboxes/{inbox.id}/visitors", 303)


def _fields() -> list[dict[str, Any]]:
    """One for each `field` on the page, in its order; a box that is not ticked is not sent. A line without a name was not meant."""
    given = request.form
    fields = []
    for key in given.getlist("field")[: MOST_FIELDS + 4]:
        values: dict[str, Any] = {part: given.get(f"{part}-{key}", "").strip() for part in PARTS}
        values["values"] = [line.strip() for line in values["values"].splitlines() if line.strip()]
        values |= {part: f"{part}-{key}" in given for part in ("enabled", "required")}
        if values["name"]:
            fields.append(values)
    return fields


def _checked(fields: list[dict[str, Any]]) -> PreChat:
    """Raises Invalid by the place of the field (`fields.2`)."""
    said = {"enabled": "enabled" in request.form, "message": request.form.get("message", ""), "fields": fields}
    try:
        return PreChat.model_validate(said)
    except ValidationError as wrong:
        told: dict[str, str] = {}
        for each in wrong.errors():
            place = ".".join(str(part) for part in each["loc"][:2]) or "fields"
            told.setdefault(place, each["msg"].removeprefix("Value error, "))
        raise Invalid(told) from None


def _page(
    inbox: Inbox, typed: dict[str, Any], fields: list[dict[str, Any]], errors: dict[str, str] | None = None
) -> str:
    return render_template(
        "settings/inboxes/visitors.html",
        inbox=inbox,
        typed=typed,
        fields=fields,
        errors=errors or {},
        standard=STANDARD,
        kinds=KINDS,
    )
