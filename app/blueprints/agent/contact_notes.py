"""What colleagues note about a contact."""

from __future__ import annotations

from flask import render_template

from app.blueprints.agent.contacts import PREFIX, opened
from app.blueprints.forms import Form
from app.blueprints.guards import Door, member, viewer
from app.lib.text import clean
from app.models.contact import LONGEST_NOTE

door = Door("contact_notes", __name__, guard=member, url_prefix=f"{PREFIX}/<int:contact_id>/notes")


class NoteForm(Form):
    content: str = ""


@door.post("")
def create(contact_id: int) -> str:
    contact = opened(contact_id)
    contact.write_note(clean(NoteForm.read().content, LONGEST_NOTE), by=viewer().membership)
    return render_template("contacts/changed.stream.html", contact=contact, emptied="note")


@door.delete("/<int:note_id>")
def destroy(contact_id: int, note_id: int) -> str:
    """One's own, or, as an administrator, anyone's."""
    contact = opened(contact_id)
    contact.erase_note(note_id, by=viewer().membership)
    return render_template("contacts/changed.stream.html", contact=contact, said="The note was deleted")
