"""What a website says of its visitor, and what the visitor says of themselves."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Blueprint, Response, jsonify
from pydantic import BeforeValidator, Field

from app.actions.identify import Person, check_size, describe, identify
from app.actions.merge import deeply
from app.blueprints.forms import Form
from app.blueprints.widget.session import described
from app.blueprints.widget.visitor import Key, Visitor, limit_address, visiting
from app.errors import Invalid, NotFound
from app.models.contact import ContactInbox
from app.models.conversation import Conversation
from app.models.event import record

blueprint = Blueprint("person", __name__, url_prefix="/widget/api")


def _text(value: Any) -> Any:
    """Websites also send numbers for ids; what is no text at all counts as not said."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_text), Field(max_length=255)]
ABOUT = ("company_name", "city", "country_code", "description", "avatar_url")


class PersonForm(Form):
    """`identifier_hash` is the hex HMAC-SHA256 of the identifier, made with the inbox's secret on the website's server."""

    identifier: Text = ""
    identifier_hash: Text = ""
    name: Text = ""
    email: Text = ""
    phone_number: Text = ""
    avatar_url: Annotated[str, BeforeValidator(_text), Field(max_length=2048)] = ""
    company_name: Text = ""
    city: Text = ""
    country_code: Text = ""
    description: Annotated[str, BeforeValidator(_text), Field(max_length=1500)] = ""
    social_profiles: dict[str, Any] = Field(default_factory=dict)
    custom_attributes: dict[str, Any] = Field(default_factory=dict)

    @property
    def names_someone(self) -> bool:
        return bool(self.identifier or self.name or self.email or self.phone_number)

    @property
    def person(self) -> Person:
        additional = {name: value for name in ABOUT if (value := getattr(self, name))}
        if self.social_profiles:
            additional["social_profiles"] = self.social_profiles
        return Person(
            identifier=self.identifier,
            identifier_hash=self.identifier_hash,
            name=self.name,
            email=self.email,
            phone_number=self.phone_number,
            additional_attributes=additional,
            custom_attributes=self.custom_attributes,
        )


class AttributesForm(Form):
    custom_attributes: dict[str, Any]


class NamesForm(Form):
    custom_attributes: list[str] = Field(max_length=200)


@blueprint.get("/contact")
def show() -> Response:
    with visiting() as visitor:
        session = visitor.session
        return jsonify(described(session.contact if session else None))


@blueprint.patch("/contact")
def update() -> Response:
    """What someone says of themselves; an identity in it needs the same proof as everywhere."""
    return _identified(PersonForm.read())


@blueprint.patch("/contact/set_user")
def set_user() -> Response:
    """A website says who its visitor is."""
    form = PersonForm.read()
    if not form.identifier:
        raise Invalid({"identifier": "Say who it is: an identifier is needed."})
    return _identified(form)


@blueprint.post("/contact/destroy_custom_attributes")
def forget() -> Response:
    form = NamesForm.read()
    with visiting() as visitor:
        contact = _begun(visitor).contact
        describe(contact, {}, forget=tuple(form.custom_attributes))
        return jsonify(described(contact))


@blueprint.post("/conversations/set_custom_attributes")
def describe_conversation() -> Response:
    form = AttributesForm.read()
    with visiting() as visitor:
        describe_with(_talked(visitor), form.custom_attributes)
    return Response(status=204)


@blueprint.post("/conversations/destroy_custom_attributes")
def forget_of_conversation() -> Response:
    form = NamesForm.read()
    with visiting() as visitor:
        forget_from(_talked(visitor), form.custom_attributes)
    return Response(status=204)


def describe_with(conversation: Conversation, attributes: dict[str, Any]) -> None:
    _write(conversation, deeply(conversation.custom_attributes, attributes))


def forget_from(conversation: Conversation, names: list[str]) -> None:
    _write(conversation, {key: value for key, value in conversation.custom_attributes.items() if key not in names})


def _identified(form: PersonForm) -> Response:
    key = Key.shown()
    limit_address("widget-contact", limit=600, seconds=3600)
    with visiting(key) as visitor:
        session = visitor.begun_session if form.names_someone else _begun(visitor)
        own = identify(session, form.person)
        told: dict[str, Any] = {"contact": described(own.contact)}
        if own.id != session.id:
            # Somebody else, or a person we know: the page goes on with their key.
            told["token"] = Key.of(own).token
        return jsonify(told)


def _begun(visitor: Visitor) -> ContactInbox:
    """Attributes alone make no contact of everyone who passes by."""
    session = visitor.session
    if session is None:
        raise NotFound("Nothing is known of this visitor yet: they have not written.")
    return session


def _talked(visitor: Visitor) -> Conversation:
    conversation = visitor.conversation
    if conversation is None:
        raise NotFound("There is no conversation yet.")
    return conversation


def _write(conversation: Conversation, attributes: dict[str, Any]) -> None:
    if check_size(attributes) == conversation.custom_attributes:
        return
    conversation.changed()
    conversation.custom_attributes = attributes
    record("conversation.updated", conversation, by=conversation.contact.actor)
