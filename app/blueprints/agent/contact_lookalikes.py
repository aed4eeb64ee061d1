"""Whether a contact is the same person as another who looks like them."""

from __future__ import annotations

from flask import render_template

from app.blueprints.agent.contacts import PREFIX, opened
from app.blueprints.guards import Door, member, viewer
from app.errors import NotFound
from app.lib.database import db
from app.models.event import record
from app.models.likeness import Suggestion

door = Door("contact_lookalikes", __name__, guard=member, url_prefix=f"{PREFIX}/<int:contact_id>/lookalikes")


@door.delete("/<int:suggestion_id>")
def destroy(contact_id: int, suggestion_id: int) -> str:
    """They are not: never suggested again."""
    contact = opened(contact_id)
    suggestion = db.session.get(Suggestion, (contact.account_id, suggestion_id))
    if suggestion is None or contact_id not in (suggestion.contact_id, suggestion.other_id):
        raise NotFound
    suggestion.dismiss(by=viewer().actor)
    for one in (contact, suggestion.beside(contact_id)):
        record("contact.likened", one, by=viewer().actor)
    said = f"{suggestion.beside(contact_id).display_name} is not suggested again"
    return render_template("contacts/changed.stream.html", contact=contact, said=said)
