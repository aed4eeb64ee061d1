"""A person's messages over all their conversations, in time: to read, not to answer."""

from __future__ import annotations

from flask import render_template, request
from pydantic import Field

from app.blueprints.agent import opened as conversations
from app.blueprints.agent.contacts import PREFIX, opened
from app.blueprints.forms import Form
from app.blueprints.guards import Door, member, viewer
from app.models.event import Event
from app.queries.timeline import timeline

door = Door("contact_timeline", __name__, guard=member, url_prefix=f"{PREFIX}/<int:contact_id>/timeline")


class Wanted(Form):
    """`conversation` is the number of the one it was opened from, in whose place it is shown."""

    before: int | None = Field(None, ge=1, lt=2**63)
    conversation: int | None = Field(None, ge=1, lt=2**63)


@door.get("")
def show(contact_id: int) -> str:
    """A whole page; for htmx the thread's place, or, with `before`, the page of older ones."""
    asked, contact = Wanted.read_query(), opened(contact_id)
    number = asked.conversation
    context = {
        "contact": contact,
        "page": timeline(contact, viewer().membership, before=asked.before),
        "back": conversations.opened(number) if number else None,
        "head": Event.newest(contact.account_id),
    }
    if "HX-Request" not in request.headers:
        return render_template("contacts/timeline.html", **context)
    screen = "contacts/timeline/_messages.html" if asked.before else "contacts/timeline/_thread.html"
    return render_template(screen, **context)
