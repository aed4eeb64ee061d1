"""A customer says who they are, or a program says it of them."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Response, jsonify
from pydantic import AfterValidator, BeforeValidator, Field

from app.actions.identify import Person, identify
from app.actions.introduce import introduce
from app.blueprints.forms import Form, stored_email
from app.blueprints.guards import Door
from app.blueprints.public import shapes
from app.blueprints.public.client import caller, limit_writing, session_called, the_inbox
from app.blueprints.widget.visitor import limit_address
from app.errors import Invalid
from app.lib import address
from app.models.editable import checked_attributes

door = Door("contacts", __name__, guard=caller, url_prefix="/contacts")

CONTACTS_PER_HOUR = 3000
CHANGES_PER_HOUR = 600


def _text(value: Any) -> Any:
    """Programs also send numbers for ids; null is as good as nothing."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return "" if value is None else value


def _email(value: str) -> str:
    return stored_email(value) if value else ""


def _phone(value: str) -> str:
    try:
        return address.phone(value) if value else ""
    except Invalid as refused:
        raise ValueError(refused.message) from None


Text = Annotated[str, BeforeValidator(_text), Field(max_length=255)]


class ContactForm(Form):
    """`identifier_hash` is the hex HMAC-SHA256 of the identifier, made with the inbox's secret."""

    identifier: Text = ""
    identifier_hash: Text = ""
    name: Text = ""
    email: Annotated[Text, AfterValidator(_email)] = ""
    phone_number: Annotated[Text, AfterValidator(_phone)] = ""
    avatar_url: Annotated[str, BeforeValidator(_text), Field(max_length=2048)] = ""
    custom_attributes: Annotated[dict[str, Any], BeforeValidator(lambda value: value or {})] = Field(
        default_factory=dict
    )

    @property
    def person(self) -> Person:
        return Person(
            identifier=self.identifier,
            identifier_hash=self.identifier_hash,
            name=self.name,
            email=self.email,
            phone_number=self.phone_number,
            additional_attributes={"avatar_url": self.avatar_url} if self.avatar_url else {},
            custom_attributes=checked_attributes(self.custom_attributes),
        )


@door.post("")
def create() -> Response:
    """A session for someone; the same one again for whom is proven."""
    form = ContactForm.read()
    limit_address("client-contact", limit=CONTACTS_PER_HOUR, seconds=3600)
    return jsonify(shapes.contact(introduce(the_inbox(), form.person), form.model_dump()))


@door.get("/<string:source_id>")
def show(source_id: str) -> Response:
    return jsonify(shapes.contact(session_called(source_id)))


@door.route("/<string:source_id>", methods=["PATCH", "PUT"])
def update(source_id: str) -> Response:
    """What is said anew of them. A session never becomes somebody else's."""
    form, session = ContactForm.read(), session_called(source_id)
    limit_writing(source_id, "change", limit=CHANGES_PER_HOUR, seconds=3600)
    if form.identifier and session.contact.identifier not in (None, form.identifier):
        raise Invalid({"identifier": "This session is of somebody else: begin one with POST contacts."})
    return jsonify(shapes.record(identify(session, form.person, stays=True), form.model_dump()))
