"""Free names and values that are known of a contact."""

from __future__ import annotations

from flask import render_template, request
from pydantic import Field

from app.blueprints.agent.contacts import PREFIX, opened
from app.blueprints.forms import Form
from app.blueprints.guards import Door, member, viewer

door = Door("contact_attributes", __name__, guard=member, url_prefix=f"{PREFIX}/<int:contact_id>/attributes")


class AttributeForm(Form):
    name: str = Field(min_length=1)
    value: str = ""


class Named(Form):
    name: str


@door.put("")
def update(contact_id: int) -> str:
    """Set one, new or known."""
    form, contact = AttributeForm.read(), opened(contact_id)
    contact.set_attribute(form.name, form.value, by=viewer().actor)
    emptied = "attribute" if "new" in request.args else ""
    return render_template("contacts/changed.stream.html", contact=contact, emptied=emptied)


@door.delete("")
def destroy(contact_id: int) -> str:
    contact, name = opened(contact_id), Named.read_query().name
    contact.forget_attribute(name, by=viewer().actor)
    return render_template("contacts/changed.stream.html", contact=contact, said=f"{name} was removed")
