"""Calling a customer: from their conversation, or from their page."""

from __future__ import annotations

import uuid

from flask import Response
from pydantic import Field

from app.actions.place_call import call_contact, calling_inboxes, place_call
from app.blueprints.agent.contacts import PREFIX as CONTACTS
from app.blueprints.agent.contacts import opened as opened_contact
from app.blueprints.agent.opened import PREFIX, changed, opened
from app.blueprints.forms import Form
from app.blueprints.guards import Door, member, viewer
from app.errors import NotFound

door = Door("calls", __name__, guard=member, url_prefix=f"{PREFIX}/calls")
contact_door = Door("contact_calls", __name__, guard=member, url_prefix=f"{CONTACTS}/<int:contact_id>/calls")


class CallForm(Form):
    inbox: int = Field(ge=1, lt=2**63)


@door.post("")
def create(number: int) -> str:
    conversation = opened(number)
    if not conversation.inbox.abilities.has_calls:
        raise NotFound
    since = conversation.version
    place_call(conversation, by=viewer().membership)
    return changed(conversation, since, note="Your phone rings first. Press 1 there to be connected.")


@contact_door.post("")
def create_from_contact(contact_id: int) -> Response:
    """In the conversation that goes on in that inbox, which is then shown."""
    contact, form = opened_contact(contact_id), CallForm.read()
    inbox = next((each for each in calling_inboxes(viewer().membership) if each.id == form.inbox), None)
    if inbox is None:
        raise NotFound
    message = call_contact(contact, inbox, by=viewer().membership, client_id=str(uuid.uuid4()))
    path = f"/accounts/{contact.account_id}/conversations/{message.conversation.display_id}"
    return Response(status=204, headers={"HX-Redirect": path})
