"""The account's labels, and those of a conversation."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Response, jsonify
from pydantic import BeforeValidator, Field
from sqlalchemy import select

from app.blueprints.api.conversations import opened
from app.blueprints.forms import Form
from app.blueprints.guards import Door, token_bearer, viewer
from app.errors import NotAllowed, NotFound
from app.lib.database import db
from app.models.label import Label

door = Door("labels", __name__, guard=token_bearer, url_prefix="/accounts/<int:account_id>/labels")
of_conversation = Door(
    "conversation_labels",
    __name__,
    guard=token_bearer,
    url_prefix="/accounts/<int:account_id>/conversations/<int:number>/labels",
)


def _listed(value: Any) -> Any:
    """A list, or, as some programs send it, one text with commas."""
    return value.split(",") if isinstance(value, str) else value


class LabelForm(Form):
    title: str = ""
    description: str | None = None
    color: str | None = None
    show_on_sidebar: bool | None = None

    @property
    def values(self) -> dict[str, Any]:
        given = self.model_dump(include=set(self.model_fields_set))
        return {name: value for name, value in given.items() if value is not None or name == "description"}


class TitlesForm(Form):
    labels: Annotated[list[str], BeforeValidator(_listed), Field(max_length=200)]


@door.get("", strict_slashes=False)
def index() -> Response:
    own = select(Label).where(Label.account_id == viewer().account.id).order_by(Label.title)
    return jsonify(payload=[shape(label) for label in db.session.scalars(own)])


@door.get("/<int:label_id>")
def show(label_id: int) -> Response:
    return jsonify(shape(_label(label_id)))


@door.post("", strict_slashes=False)
def create() -> Response:
    _administers()
    return jsonify(shape(Label.create(viewer().account.id, _given(), by=viewer().actor)))


@door.route("/<int:label_id>", methods=["PATCH", "PUT"])
def update(label_id: int) -> Response:
    _administers()
    label = _label(label_id)
    label.change(_given(), by=viewer().actor)
    return jsonify(shape(label))


@door.delete("/<int:label_id>")
def destroy(label_id: int) -> Response:
    _administers()
    _label(label_id).delete(by=viewer().actor)
    return Response(status=200)


@of_conversation.get("")
def of(number: int) -> Response:
    return jsonify(payload=opened(number).label_titles)


@of_conversation.post("")
def become(number: int) -> Response:
    """The conversation has these labels from now on, and no others."""
    conversation, form = opened(number), TitlesForm.read()
    conversation.set_labels(form.labels, by=viewer().actor)
    return jsonify(payload=conversation.label_titles)


def shape(label: Label) -> dict[str, Any]:
    return {
        "id": label.id,
        "title": label.title,
        "description": label.description,
        "color": label.color,
        "show_on_sidebar": label.show_on_sidebar,
    }


def _given() -> dict[str, Any]:
    return LabelForm.read().values


def _label(label_id: int) -> Label:
    label = db.session.get(Label, (viewer().account.id, label_id))
    if label is None:
        raise NotFound
    return label


def _administers() -> None:
    if not viewer().is_administrator:
        raise NotAllowed("Only administrators may do this.")
