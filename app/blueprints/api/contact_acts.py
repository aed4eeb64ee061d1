"""What is done to a contact: merged, reached in another inbox, stripped of attributes, deleted."""

from __future__ import annotations

from flask import Response, jsonify
from pydantic import Field

from app.actions.erase import erase
from app.actions.merge import merge
from app.actions.place_call import call_contact
from app.blueprints.api.inboxes import seen_inbox
from app.blueprints.api.shapes import contact as shapes
from app.blueprints.api.shapes import inbox as inboxes
from app.blueprints.forms import Form
from app.blueprints.guards import Door, token_bearer, viewer
from app.errors import Invalid, NotAllowed, ParleyError
from app.models.contact import Contact, ContactInbox
from app.queries.contactable import contactable, source_id_in

door = Door(
    "contact_acts", __name__, guard=token_bearer, url_prefix="/accounts/<int:account_id>/contacts/<int:contact_id>"
)
actions = Door("actions", __name__, guard=token_bearer, url_prefix="/accounts/<int:account_id>/actions")


class MergeForm(Form):
    base_contact_id: int
    mergee_contact_id: int


class SessionForm(Form):
    inbox_id: int
    source_id: str = Field("", max_length=255)


class NamesForm(Form):
    custom_attributes: list[str] = Field(max_length=200)


@actions.post("/contact_merge")
def merge_contacts() -> Response:
    """Answers with the one that stays."""
    form = MergeForm.read()
    base, other = _found(form.base_contact_id), _found(form.mergee_contact_id)
    if base is other:
        # The contract knows this as 400.
        raise ParleyError("A contact cannot be merged with itself.")
    merge(base, other, by=viewer().actor)
    return jsonify(shapes.contact(base))


@door.delete("")
def destroy(contact_id: int) -> Response:
    if not viewer().is_administrator:
        raise NotAllowed("Only administrators may delete a contact.")
    erase(_found(contact_id), by=viewer().actor)
    return Response(status=200)


@door.delete("/avatar")
def destroy_avatar(contact_id: int) -> Response:
    contact = _found(contact_id)
    contact.drop_avatar(by=viewer().actor)
    return jsonify(payload=shapes.contact(contact))


@door.post("/destroy_custom_attributes")
def forget(contact_id: int) -> Response:
    contact, names = _found(contact_id), NamesForm.read().custom_attributes
    kept = {name: value for name, value in contact.custom_attributes.items() if name not in names}
    contact.edit(by=viewer().actor, custom_attributes=kept)
    return jsonify(payload=shapes.contact(contact))


@door.get("/contactable_inboxes")
def list_contactable(contact_id: int) -> Response:
    found = contactable(_found(contact_id), viewer().membership)
    return jsonify(payload=[{"source_id": source_id, "inbox": inboxes.brief(inbox)} for inbox, source_id in found])


@door.post("/contact_inboxes")
def begin_session(contact_id: int) -> Response:
    """A session in an inbox, by the address that the inbox's channel knows them by."""
    contact, form = _found(contact_id), SessionForm.read()
    inbox = seen_inbox(form.inbox_id)
    source_id = form.source_id or source_id_in(inbox, contact)
    if not source_id:
        raise Invalid({"source_id": "The contact has no address that this inbox can reach."})
    session = ContactInbox.begin(contact, inbox, source_id)
    return jsonify(source_id=session.source_id, inbox=inboxes.brief(inbox))


class CallForm(Form):
    inbox_id: int


@door.post("/call")
def call(contact_id: int) -> Response:
    """The token's owner is rung first, then the contact; what becomes of it is told of the message."""
    contact, inbox = _found(contact_id), seen_inbox(CallForm.read().inbox_id)
    message = call_contact(contact, inbox, by=viewer().membership)
    conversation = message.conversation
    return jsonify(
        conversation_id=conversation.display_id,
        inbox_id=inbox.id,
        message_id=message.id,
        contact_id=contact.id,
        call_status="ringing",
    )


def _found(contact_id: int) -> Contact:
    return Contact.found(viewer().account.id, contact_id)
