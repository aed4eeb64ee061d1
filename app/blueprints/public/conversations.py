"""What a customer and the desk talk of: begun, listed, ended, seen, typed in."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import Response, jsonify, request
from pydantic import BeforeValidator, Field

from app.blueprints.forms import Form
from app.blueprints.guards import Door
from app.blueprints.public import shapes
from app.blueprints.public.client import caller, conversation_of, limit_writing, session_called
from app.models.contact import ContactInbox
from app.models.conversation import Conversation
from app.models.editable import checked_attributes
from app.queries import message_pages, visitor_conversations, visitor_thread
from app.realtime import signals

door = Door("conversations", __name__, guard=caller, url_prefix="/contacts/<string:source_id>/conversations")

CONVERSATIONS_PER_HOUR = 60
SIGNS_PER_MINUTE = 120
# Nobody follows more threads at once; older ones are gone on with.
MOST_OPEN = 500


class NewConversation(Form):
    custom_attributes: Annotated[dict[str, Any], BeforeValidator(lambda value: value or {})] = Field(
        default_factory=dict
    )


class Typing(Form):
    typing_status: Literal["on", "off"]


@door.get("")
def index(source_id: str) -> Response:
    """The latest, each with the last thing said."""
    session = session_called(source_id)
    listed = visitor_conversations.listed(session)
    return jsonify(
        [shapes.conversation(each.conversation, session, [each.last] if each.last else []) for each in listed]
    )


@door.post("")
def create(source_id: str) -> Response:
    form, session = _begun(), session_called(source_id)
    limit_writing(source_id, "conversation", limit=CONVERSATIONS_PER_HOUR, seconds=3600)
    attributes = checked_attributes(form.custom_attributes)
    if session.inbox.lock_to_single_conversation:
        conversation = Conversation.continue_or_start(session, custom_attributes=attributes)
    else:
        conversation = Conversation.start(session, custom_attributes=attributes)
    return _told(conversation, session)


@door.get("/<int:number>")
def show(source_id: str, number: int) -> Response:
    session = session_called(source_id)
    return _told(conversation_of(session, number), session)


@door.post("/<int:number>/toggle_status")
def toggle_status(source_id: str, number: int) -> Response:
    """The customer says that all is done, or that it is not after all."""
    session = session_called(source_id)
    conversation = conversation_of(session, number)
    limit_writing(source_id, "sign", limit=SIGNS_PER_MINUTE, seconds=60)
    change = conversation.reopen if conversation.is_resolved else conversation.resolve
    change(by=session.contact.actor)
    return _told(conversation, session)


@door.post("/<int:number>/toggle_typing")
def toggle_typing(source_id: str, number: int) -> Response:
    form = Typing.of({"typing_status": request.args["typing_status"]}) if request.args.get("typing_status") else None
    form = form or Typing.read()
    session = session_called(source_id)
    conversation = conversation_of(session, number)
    limit_writing(source_id, "sign", limit=SIGNS_PER_MINUTE, seconds=60)
    signals.typing(conversation, session.contact.actor, on=form.typing_status == "on")
    return Response(status=200)


@door.post("/<int:number>/update_last_seen")
def update_last_seen(source_id: str, number: int) -> Response:
    """All there is has been read."""
    session = session_called(source_id)
    conversation = conversation_of(session, number)
    if visitor_thread.unread(conversation):
        limit_writing(source_id, "sign", limit=SIGNS_PER_MINUTE, seconds=60)
        conversation.mark_seen_by_contact(by=session.contact.actor)
    return Response(status=200)


def _begun() -> NewConversation:
    """The body may be absent: nothing has to be said of a conversation."""
    return NewConversation.read() if request.get_data(cache=True) or request.form else NewConversation()


def _told(conversation: Conversation, session: ContactInbox) -> Response:
    messages = message_pages.around(conversation, hide_internal=True)
    return jsonify(shapes.conversation(conversation, session, messages))
