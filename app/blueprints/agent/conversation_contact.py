"""Whose conversation it is: given to another contact, and back."""

from __future__ import annotations

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.actions.move import move
from app.blueprints.agent import contacts
from app.blueprints.agent.opened import PREFIX, changed, opened
from app.blueprints.forms import Form
from app.blueprints.guards import Door, member, viewer
from app.queries import contact_list

door = Door("conversation_contact", __name__, guard=member, url_prefix=f"{PREFIX}/contact")


class Wanted(Form):
    q: str = Field("", max_length=400)


class Whose(Form):
    to: int = Field(ge=1, lt=2**63)


@door.get("")
def edit(number: int) -> str:
    asked, conversation = Wanted.read_query(), opened(number)
    found = contact_list.page(conversation.account_id, words=asked.q).contacts if asked.q.strip() else []
    others = [each for each in found if each.id != conversation.contact_id][:20]
    return render_template("conversations/contact.html", conversation=conversation, others=others, asked=asked)


@door.post("")
def update(number: int) -> ResponseReturnValue:
    conversation, to = opened(number), contacts.opened(Whose.read().to)
    before = conversation.contact_id
    move(conversation, to, by=viewer().actor)
    path = f"/accounts/{conversation.account_id}/conversations/{conversation.display_id}"
    flash(f"#{number} is {to.display_name}'s now", f"undo:{path}/contact?to={before}")
    return redirect(path, 303)


@door.delete("")
def destroy(number: int) -> str:
    """Back to whose it was."""
    conversation, to = opened(number), contacts.opened(Whose.read_query().to)
    since = conversation.version
    move(conversation, to, by=viewer().actor)
    return changed(opened(number), since, note=f"#{number} is {to.display_name}'s again", moved=True)
