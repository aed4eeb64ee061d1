"""What is said: the customer's messages in, the thread as they may read it, and their answers to what was asked."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from flask import Response, jsonify
from pydantic import BeforeValidator, Field

from app.actions.answer import answer
from app.actions.receive import receive
from app.blueprints.forms import Form
from app.blueprints.guards import Door
from app.blueprints.public import shapes
from app.blueprints.public.client import caller, conversation_of, limit_writing, session_called
from app.blueprints.uploads import forget_unused, given_files, kept_files
from app.channels.base import Inbound
from app.errors import NotFound
from app.lib.database import db
from app.lib.text import clean
from app.models.conversation import Conversation
from app.models.message import MAX_CONTENT, Message
from app.queries import message_pages

door = Door(
    "messages",
    __name__,
    guard=caller,
    url_prefix="/contacts/<string:source_id>/conversations/<int:number>/messages",
)

MESSAGES_PER_MINUTE = 60
UPLOADS_PER_HOUR = 120
LARGEST_ID = 2**63 - 1


class Around(Form):
    before: int | None = Field(None, ge=0, le=LARGEST_ID)
    after: int | None = Field(None, ge=0, le=LARGEST_ID)


class NewMessage(Form):
    """`echo_id` is the caller's own name for it, given back; the same said once more under it is the same message."""

    content: Annotated[str, BeforeValidator(lambda value: "" if value is None else value)] = ""
    echo_id: str | int | float | None = None


class Answered(Form):
    submitted_values: Any = None
    submitted_email: Any = None


@door.get("")
def index(source_id: str, number: int) -> Response:
    """Oldest first: the latest 20, those before an id, or up to 100 after one."""
    asked = Around.read_query()
    conversation = conversation_of(session_called(source_id), number)
    found = message_pages.around(conversation, before=asked.before, after=asked.after, hide_internal=True)
    return jsonify([shapes.message(each, conversation) for each in found])


@door.post("")
def create(source_id: str, number: int) -> Response:
    """Answers with the message as it is kept; `conversation_id` says where, should the one named be closed for good."""
    form, conversation = NewMessage.read(), conversation_of(session_called(source_id), number)
    limit_writing(source_id, "message", limit=MESSAGES_PER_MINUTE, seconds=60)
    files = given_files()
    if files:
        limit_writing(source_id, "upload", limit=UPLOADS_PER_HOUR, seconds=3600)
    names = [file.filename or "" for file in files]
    with kept_files() as kept:
        inbound = Inbound(
            clean(form.content, MAX_CONTENT), client_id=_client_id(conversation, form, names), attachments=kept
        )
        message = receive(conversation.contact_inbox, inbound, into=conversation)
        message = message_pages.one(message.conversation, message.id)
        forget_unused(kept, message)
    told = shapes.message(message, message.conversation)
    return jsonify(told | ({"echo_id": form.echo_id} if form.echo_id is not None else {}))


@door.get("/<int:message_id>")
def show(source_id: str, number: int, message_id: int) -> Response:
    conversation = conversation_of(session_called(source_id), number)
    return jsonify(shapes.message(_readable(conversation, message_id), conversation))


@door.route("/<int:message_id>", methods=["PATCH", "PUT"])
def update(source_id: str, number: int, message_id: int) -> Response:
    """The customer's answer to a question, a choice or a form."""
    form, session = Answered.read(), session_called(source_id)
    conversation = conversation_of(session, number)
    limit_writing(source_id, "message", limit=MESSAGES_PER_MINUTE, seconds=60)
    values = form.submitted_values
    given = {"submitted_values": [values] if isinstance(values, dict) else values}
    if form.submitted_email is not None:
        given["submitted_email"] = form.submitted_email
    answered = answer(session, _readable(conversation, message_id), given)
    return jsonify(shapes.message(message_pages.one(conversation, answered.id), conversation))


def _readable(conversation: Conversation, message_id: int) -> Message:
    """A message of theirs that customers may read. Raises NotFound."""
    found = db.session.get(Message, (conversation.account_id, message_id))
    if found is None or found.conversation_id != conversation.id or not found.is_public:
        raise NotFound
    return message_pages.one(conversation, message_id)


def _client_id(conversation: Conversation, form: NewMessage, filenames: list[str]) -> str | None:
    """The same words and files under the same echo id are the same message; careless programs count from 1 again."""
    if form.echo_id is None:
        return None
    return str(uuid.uuid5(conversation.uuid, "\0".join([str(form.echo_id), form.content, *filenames])))
