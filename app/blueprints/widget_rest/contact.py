"""Who the visitor is. Every way of naming somebody passes the same proof."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from app.actions.identify import describe, identify
from app.blueprints.widget.person import NamesForm, PersonForm
from app.blueprints.widget.session import described
from app.blueprints.widget.visitor import Key, limit_address
from app.blueprints.widget_rest.calling import begun, calling, said
from app.errors import Invalid
from app.models.contact import ContactInbox

blueprint = Blueprint("contact", __name__, url_prefix="/contact")


@blueprint.get("")
def show() -> Response:
    with calling() as visitor:
        session = visitor.session
        return jsonify(shape(session))


@blueprint.route("", methods=["PATCH", "PUT"])
def update() -> Response:
    return _identified(PersonForm.of(said()))


@blueprint.route("/set_user", methods=["PATCH", "PUT"])
def set_user() -> Response:
    form = PersonForm.of(said())
    if not form.identifier:
        raise Invalid({"identifier": "Say who it is: an identifier is needed."})
    return _identified(form)


@blueprint.post("/destroy_custom_attributes")
def forget() -> Response:
    form = NamesForm.of(said())
    with calling() as visitor:
        session = begun(visitor)
        describe(session.contact, {}, forget=tuple(form.custom_attributes))
        return jsonify(shape(session))


def shape(session: ContactInbox | None) -> dict[str, Any]:
    """What is known of them, without telling it to whoever may only claim to be them."""
    contact = session.contact if session else None
    return {"id": contact.id if contact else None, **described(contact)}


def _identified(form: PersonForm) -> Response:
    key = Key.shown()
    limit_address("widget-contact", limit=600, seconds=3600)
    with calling(key) as visitor:
        session = visitor.begun_session if form.names_someone else begun(visitor)
        own = identify(session, form.person)
        told = shape(own)
        if own.id != session.id:
            # Somebody else, or a person we know: the page goes on with their key.
            told["widget_auth_token"] = Key.of(own).token
        return jsonify(told)
