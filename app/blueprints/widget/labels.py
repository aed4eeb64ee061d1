"""A website puts labels on its visitor's conversation; both have to be there already."""

from __future__ import annotations

from flask import Blueprint, Response
from pydantic import Field

from app.blueprints.forms import Form
from app.blueprints.widget.visitor import Key, Visitor, limit_session, visiting
from app.errors import Invalid, NotFound
from app.models.conversation import Conversation

blueprint = Blueprint("labels", __name__, url_prefix="/widget/api/labels")


class LabelForm(Form):
    label: str = Field(min_length=1, max_length=100)


@blueprint.post("")
def create() -> Response:
    """Raises NotFound without a conversation, and for a label that the account does not have."""
    form, key = LabelForm.read(), Key.shown()
    limit_session(key, "widget-label", limit=60, seconds=60)
    with visiting(key) as visitor:
        add(visitor, form.label)
    return Response(status=204)


@blueprint.delete("/<title>")
def destroy(title: str) -> Response:
    key = Key.shown()
    limit_session(key, "widget-label", limit=60, seconds=60)
    with visiting(key) as visitor:
        remove(visitor, title)
    return Response(status=204)


def add(visitor: Visitor, title: str) -> None:
    conversation = _talked(visitor)
    try:
        conversation.add_labels([title], by=conversation.contact.actor)
    except Invalid as unknown:
        raise NotFound(unknown.fields["labels"]) from None


def remove(visitor: Visitor, title: str) -> None:
    conversation = _talked(visitor)
    conversation.remove_labels([title], by=conversation.contact.actor)


def _talked(visitor: Visitor) -> Conversation:
    conversation = visitor.conversation
    if conversation is None:
        raise NotFound("There is no conversation yet.")
    return conversation
