"""Whether a contact is blocked."""

from __future__ import annotations

from flask import render_template

from app.blueprints.agent.contacts import PREFIX, opened
from app.blueprints.guards import Door, member, viewer

door = Door("contact_block", __name__, guard=member, url_prefix=f"{PREFIX}/<int:contact_id>/block")


@door.post("")
def create(contact_id: int) -> str:
    contact = opened(contact_id)
    contact.block(by=viewer().actor)
    return render_template("contacts/changed.stream.html", contact=contact, undo="block")


@door.delete("")
def destroy(contact_id: int) -> str:
    contact = opened(contact_id)
    contact.unblock(by=viewer().actor)
    return render_template("contacts/changed.stream.html", contact=contact, said="They are no longer blocked")
