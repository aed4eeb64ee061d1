"""The labels of an account: what conversations are sorted by, in its own words and colours."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue

from app.blueprints.forms import Form, Line
from app.blueprints.guards import Door, administrator, viewer
from app.errors import Invalid, NotFound
from app.lib.database import db
from app.models.label import DEFAULT_COLOR, Label
from app.queries.labels import labels_used

blueprint = Door(
    "label_settings", __name__, guard=administrator, url_prefix="/accounts/<int:account_id>/settings/labels"
)

FRESH: dict[str, Any] = {"title": "", "color": DEFAULT_COLOR, "description": "", "show_on_sidebar": False}


class LabelForm(Form):
    """Spaces in a title become hyphens: a label is one word."""

    title: Line = ""
    color: str = DEFAULT_COLOR
    description: Line = ""
    show_on_sidebar: bool = False

    @property
    def values(self) -> dict[str, Any]:
        return {**self.model_dump(), "title": "-".join(self.title.split())}


@blueprint.get("")
def index() -> str:
    return page()


@blueprint.post("")
def create() -> ResponseReturnValue:
    form = LabelForm.read()
    try:
        label = Label.create(viewer().account.id, form.values, by=viewer().actor)
    except Invalid as refused:
        return page(dialog="new", typed=form.model_dump(), errors=refused.fields), refused.status
    return done(f"The label {label.title} is there")


@blueprint.get("/<int:label_id>")
def show(label_id: int) -> str:
    return page(dialog="edit", label=found(label_id))


@blueprint.post("/<int:label_id>")
def update(label_id: int) -> ResponseReturnValue:
    label, form = found(label_id), LabelForm.read()
    try:
        label.change(form.values, by=viewer().actor)
    except Invalid as refused:
        db.session.refresh(label)
        return page(dialog="edit", label=label, typed=form.model_dump(), errors=refused.fields), refused.status
    return done(f"{label.title} was saved")


@blueprint.get("/<int:label_id>/deletion")
def ask(label_id: int) -> str:
    return page(dialog="delete", label=found(label_id))


@blueprint.post("/<int:label_id>/deletion")
def destroy(label_id: int) -> ResponseReturnValue:
    label = found(label_id)
    label.delete(by=viewer().actor)
    return done(f"The label {label.title} was deleted")


def found(label_id: int) -> Label:
    label = db.session.get(Label, (viewer().account.id, label_id))
    if label is None:
        raise NotFound
    return label


def done(said: str) -> ResponseReturnValue:
    flash(said)
    return redirect(f"/accounts/{viewer().account.id}/settings/labels", 303)


def page(
    *,
    dialog: str = "",
    label: Label | None = None,
    typed: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
) -> str:
    """The list; with `dialog` open over it: new, edit or delete."""
    kept = {name: getattr(label, name) for name in FRESH} if label else FRESH
    used = labels_used(viewer().account.id)
    return render_template(
        "settings/labels.html",
        used=used,
        open=dialog,
        label=label,
        typed=typed or kept,
        errors=errors or {},
        on=next((each.conversations for each in used if label and each.label.id == label.id), 0),
    )
