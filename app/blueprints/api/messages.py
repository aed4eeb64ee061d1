"""The messages of a conversation: those there are, and a new one with its files."""

from __future__ import annotations

import json
import re
from typing import Any, Literal

from flask import Response, jsonify
from pydantic import Field, field_validator

from app.blueprints.api.conversations import LARGEST_ID, opened
from app.blueprints.api.shapes import conversation as conversations
from app.blueprints.api.shapes import message as shapes
from app.blueprints.forms import Form
from app.blueprints.guards import Door, token_bearer, viewer
from app.blueprints.uploads import forget_unused, kept_files
from app.errors import Invalid
from app.lib.database import db
from app.lib.text import clean
from app.models.conversation import Conversation
from app.models.editable import MOST_ATTRIBUTES
from app.models.message import MAX_CONTENT, Message
from app.models.message_items import ContentType, checked_items
from app.queries import message_pages

door = Door(
    "messages",
    __name__,
    guard=token_bearer,
    url_prefix="/accounts/<int:account_id>/conversations/<int:number>/messages",
)

CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Around(Form):
    before: int | None = Field(None, ge=0, le=LARGEST_ID)
    after: int | None = Field(None, ge=0, le=LARGEST_ID)
    filter_internal_messages: bool = False


class NewMessage(Form):
    """`echo_id` is the caller's own name for it, given back; a repeat of one that fits is the same message."""

    content: str = ""
    private: bool = False
    message_type: Literal["outgoing", "incoming"] = "outgoing"
    content_type: ContentType = ContentType.TEXT
    content_attributes: dict[str, Any] = Field(default_factory=dict)
    echo_id: str | int | float | None = None
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
    if form.message_type == "incoming":
        raise Invalid({"message_type": "Incoming messages are only allowed in Api inboxes"})
    if form.attachments:
        raise Invalid({"attachments": "Send files as multipart/form-data, in attachments[]."})
    if len(json.dumps(form.content_attributes)) > MOST_ATTRIBUTES:
        raise Invalid({"content_attributes": f"This is too much: {MOST_ATTRIBUTES:,} characters fit."})
    with kept_files() as files:
        message = conversation.reply(
            clean(form.content, MAX_CONTENT),
            by=viewer().actor,
            private=form.private,
            client_id=form.client_id,
            attachments=files,
            reply_to=_answered(conversation, form.content_attributes.get("in_reply_to")),
            content_type=form.content_type,
            content_attributes=checked_items(form.content_type, _own(form.content_attributes)),
        )
        message = message_pages.one(conversation, message.id)
        forget_unused(files, message)
    return jsonify(shapes.message(message, conversation) | ({"echo_id": form.echo_id} if form.echo_id else {}))


def _answered(conversation: Conversation, message_id: Any) -> str | None:
    """The client id of the message that is answered; one that is not of this conversation is passed over."""
    if not isinstance(message_id, int) or not 0 < message_id <= LARGEST_ID:
        return None
    answered = db.session.get(Message, (conversation.account_id, message_id))
    return answered.client_id if answered and answered.conversation_id == conversation.id else None


def _own(attributes: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in attributes.items() if key not in ("in_reply_to", "deleted", "external_error")}
