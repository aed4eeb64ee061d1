"""The messages of a conversation: those there are, and a new one with its files."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from flask import Response, jsonify
from pydantic import BeforeValidator, Field, field_validator
from sqlalchemy import select

from app.actions.receive import receive
from app.blueprints.api.conversations import LARGEST_ID, opened
from app.blueprints.api.shapes import conversation as conversations
from app.blueprints.api.shapes import message as shapes
from app.blueprints.api.shapes.moments import moment
from app.blueprints.api.templated import WithTemplate, say_by_template
from app.blueprints.forms import Form
from app.blueprints.guards import Door, token_bearer, viewer
from app.blueprints.uploads import forget_unused, kept_files
from app.channels.base import Inbound
from app.errors import Invalid, NotFound
from app.lib.database import db
from app.lib.storage import Stored
from app.lib.text import clean
from app.models.conversation import Conversation
from app.models.editable import MOST_ATTRIBUTES
from app.models.inbox import ChannelKind
from app.models.message import MAX_CONTENT, Message
from app.models.message_items import ContentType, checked_items
from app.queries import message_pages

door = Door(
    "messages",
    __name__,
    guard=token_bearer,
    url_prefix="/accounts/<int:account_id>/conversations/<int:number>/messages",
)

LONGEST_ERROR = 2_000
CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Around(Form):
    before: int | None = Field(None, ge=0, le=LARGEST_ID)
    after: int | None = Field(None, ge=0, le=LARGEST_ID)
    filter_internal_messages: bool = False


class NewMessage(WithTemplate):
    """`echo_id` is the caller's own name for it, given back; a repeat of one that fits is the same message."""

    content: str = ""
    private: bool = False
    message_type: Literal["outgoing", "incoming"] = "outgoing"
    content_type: ContentType = ContentType.TEXT
    content_attributes: dict[str, Any] = Field(default_factory=dict)
    echo_id: str | int | float | None = None
    source_id: str | None = Field(None, min_length=1, max_length=20_000)
    external_created_at: float | None = None
    attachments: list[Any] | None = None

    @field_validator("content_attributes", mode="before")
    @classmethod
    def _parsed(cls, value: Any) -> Any:
        """In a form with files it is written as JSON."""
        if isinstance(value, str):
            try:
                value = json.loads(value or "{}")
            except (ValueError, RecursionError):
                raise ValueError("Give a JSON object.") from None
        return {} if value is None else value

    @property
    def client_id(self) -> str | None:
        echo = str(self.echo_id)
        return echo if self.echo_id is not None and CLIENT_ID.fullmatch(echo) else None


class MessageChange(Form):
    status: Literal["sent", "delivered", "read", "failed"]
    external_error: Annotated[str, BeforeValidator(lambda value: "" if value is None else value)] = ""


@door.get("")
def index(number: int) -> Response:
    asked, conversation = Around.read_query(), opened(number)
    found = message_pages.around(
        conversation, before=asked.before, after=asked.after, hide_internal=asked.filter_internal_messages
    )
    payload = [shapes.message(message, conversation) for message in found]
    return jsonify(meta=conversations.thread_meta(conversation), payload=payload)


@door.post("")
def create(number: int) -> Response:
    form, conversation = NewMessage.read(), opened(number)
    if form.message_type == "incoming" and conversation.inbox.channel != ChannelKind.API:
        raise Invalid({"message_type": "Incoming messages are only allowed in Api inboxes"})
    if form.attachments:
        raise Invalid({"attachments": "Send files as multipart/form-data, in attachments[]."})
    if len(json.dumps(form.content_attributes)) > MOST_ATTRIBUTES:
        raise Invalid({"content_attributes": f"This is too much: {MOST_ATTRIBUTES:,} characters fit."})
    with kept_files() as files:
        say = _hear if form.message_type == "incoming" else _reply
        message = say(conversation, form, files)
        conversation = message.conversation
        message = message_pages.one(conversation, message.id)
        forget_unused(files, message)
    return jsonify(shapes.message(message, conversation) | ({"echo_id": form.echo_id} if form.echo_id else {}))


@door.route("/<int:message_id>", methods=["PATCH", "PUT"])
def update(number: int, message_id: int) -> Response:
    """How far a message has come: told by the program that carries an API inbox's messages, and only ever forward."""
    conversation = opened(number)
    if conversation.inbox.channel != ChannelKind.API:
        return _forbidden("Message status update is only allowed for API inboxes")
    message = db.session.get(Message, (conversation.account_id, message_id))
    if message is None or message.conversation_id != conversation.id:
        raise NotFound
    form = MessageChange.read()
    if message.is_incoming or not message.is_public:
        raise Invalid({"status": "Only what was said to the customer is on its way."})
    error = clean(form.external_error, LONGEST_ERROR) if form.status == "failed" else ""
    conversation.advance(message, form.status, error=error, by=viewer().actor)
    return jsonify(shapes.message(message_pages.one(conversation, message.id), conversation))


def _reply(conversation: Conversation, form: NewMessage, files: Sequence[Stored]) -> Message:
    if form.template_params and not form.private:
        return say_by_template(conversation, form.template_params, files, client_id=form.client_id)
    return conversation.reply(
        clean(form.content, MAX_CONTENT),
        by=viewer().actor,
        private=form.private,
        client_id=form.client_id,
        attachments=files,
        reply_to=_answered(conversation, form.content_attributes.get("in_reply_to")),
        content_type=form.content_type,
        content_attributes=checked_items(form.content_type, _own(form.content_attributes)),
    )


def _hear(conversation: Conversation, form: NewMessage, files: Sequence[Stored]) -> Message:
    """What the customer said through the program that speaks for them; a repeat of `source_id` is the same message."""
    if form.private:
        raise Invalid({"private": "Customers write no notes."})
    _check_source(conversation, form.source_id)
    inbound = Inbound(
        clean(form.content, MAX_CONTENT),
        client_id=form.client_id if form.source_id is None else None,
        source_id=form.source_id,
        attachments=files,
        reply_to=_answered(conversation, form.content_attributes.get("in_reply_to")),
        provider_at=moment(form.external_created_at, field="external_created_at"),
    )
    return receive(conversation.contact_inbox, inbound, into=conversation)


def _check_source(conversation: Conversation, source_id: str | None) -> None:
    """A source id names one message of an inbox. Raises Invalid when that is one of another conversation."""
    other = select(Message.conversation_id).where(
        Message.account_id == conversation.account_id,
        Message.inbox_id == conversation.inbox_id,
        Message.source_id == source_id,
        Message.conversation_id != conversation.id,
    )
    if source_id is not None and db.session.scalar(other.limit(1)) is not None:
        raise Invalid({"source_id": "A message of another conversation has this source id."})


def _forbidden(words: str) -> Response:
    """The one 403 that callers of this contract know."""
    answer = jsonify(error=words)
    answer.status_code = 403
    return answer


def _answered(conversation: Conversation, message_id: Any) -> str | None:
    """The client id of the message that is answered; one that is not of this conversation is passed over."""
    if not isinstance(message_id, int) or not 0 < message_id <= LARGEST_ID:
        return None
    answered = db.session.get(Message, (conversation.account_id, message_id))
    return answered.client_id if answered and answered.conversation_id == conversation.id else None


def _own(attributes: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in attributes.items() if key not in ("in_reply_to", "deleted", "external_error")}
