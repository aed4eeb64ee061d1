"""What is said: the visitor's messages in, the thread as they may read it, and their answers to what was asked."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from flask import Blueprint, Response, jsonify, request
from pydantic import BeforeValidator, Field
from sqlalchemy import select

from app.actions.answer import answer
from app.actions.receive import receive
from app.blueprints.forms import Form
from app.blueprints.public import shapes
from app.blueprints.public.messages import Around
from app.blueprints.uploads import forget_unused
from app.blueprints.widget.messages import uploads
from app.blueprints.widget.visitor import Key, Visitor, limit_address, limit_session
from app.blueprints.widget_rest.calling import begun, calling, part
from app.channels.base import Inbound
from app.channels.web_widget import Feature
from app.errors import NotAllowed, NotFound
from app.lib import clock, text
from app.lib.database import db
from app.lib.storage import Stored
from app.models.contact import ContactInbox
from app.models.conversation import Conversation
from app.models.message import MAX_CONTENT, Message
from app.queries import message_pages
from app.queries.visitor_conversations import are_of
from app.queries.visitor_thread import to_customers

blueprint = Blueprint("messages", __name__, url_prefix="/messages")


def _text(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return "" if value is None else value


class NewMessage(Form):
    """`echo_id` is the caller's own name for it: the same said once more under it is the same message."""

    content: Annotated[str, BeforeValidator(_text)] = ""
    echo_id: Annotated[str, BeforeValidator(_text), Field(max_length=255)] = ""
    referer_url: Annotated[str, BeforeValidator(_text), Field(max_length=2048)] = ""
    timestamp: Annotated[str, BeforeValidator(_text), Field(max_length=100)] = ""
    reply_to: int | None = Field(None, ge=0, lt=2**63)


@blueprint.get("")
def index() -> Response:
    """Oldest first: the latest 20, those before an id, or up to 100 after one."""
    asked = Around.read_query()
    with calling() as visitor:
        conversation = visitor.conversation
        if conversation is None:
            return jsonify(payload=[], meta={"contact_last_seen_at": None})
        found = message_pages.around(conversation, before=asked.before, after=asked.after, hide_internal=True)
        seen = conversation.contact_last_seen_at
        meta = {"contact_last_seen_at": int(seen.timestamp()) if seen else None}
        return jsonify(payload=[shapes.message(each, conversation) for each in found], meta=meta)


@blueprint.post("")
def create() -> Response:
    key, form = Key.shown(), NewMessage.of(part("message"))
    limit_session(key, "widget-message", limit=30, seconds=60)
    with uploads(key) as files, calling(key) as visitor:
        if visitor.conversation is None:
            limit_address("widget-conversation", limit=60, seconds=12 * 3600)
        message = say(visitor, visitor.begun_session, form, files)
        forget_unused(files, message)
        told = shapes.message(message_pages.one(message.conversation, message.id), message.conversation)
        return jsonify(told | ({"echo_id": form.echo_id} if form.echo_id else {}))


@blueprint.route("/<int:message_id>", methods=["PATCH", "PUT"])
def update(message_id: int) -> Response:
    """The answer to a form, a choice, or the question for an address (`contact[email]`)."""
    key = Key.shown()
    limit_session(key, "widget-answer", limit=60, seconds=60)
    values, email = part("message").get("submitted_values"), part("contact").get("email")
    given = {"submitted_values": [values] if isinstance(values, dict) else values, "submitted_email": email}
    with calling(key) as visitor:
        session = begun(visitor)
        message = _readable(session, message_id)
        answered = answer(session, message, {name: value for name, value in given.items() if value is not None})
        conversation = answered.conversation
        return jsonify(shapes.message(message_pages.one(conversation, answered.id), conversation))


def say(
    visitor: Visitor, session: ContactInbox, form: NewMessage, files: Sequence[Stored], *, anew: bool = False
) -> Message:
    """The message, in their conversation or in a new one."""
    if files and not visitor.look.has(Feature.ATTACHMENTS):
        raise NotAllowed("Files are not taken here.")
    answered = _readable(session, form.reply_to) if form.reply_to else None
    inbound = Inbound(
        text.clean(form.content, MAX_CONTENT),
        client_id=_client_id(session, form, files),
        reply_to=answered.client_id if answered else None,
        attachments=list(files),
    )
    return receive(session, inbound, begun_with=_begun_with(form), anew=anew)


def _readable(session: ContactInbox, message_id: int) -> Message:
    """A message of theirs that customers may read. Raises NotFound."""
    found = db.session.scalar(
        select(Message).where(
            Message.account_id == session.account_id,
            Message.id == message_id,
            Message.conversation_id.in_(select(Conversation.id).where(are_of(session))),
            *to_customers(),
        )
    )
    if found is None:
        raise NotFound
    return found


def _client_id(session: ContactInbox, form: NewMessage, files: Sequence[Stored]) -> str:
    if not form.echo_id:
        return str(uuid.uuid4())
    names = [stored.filename for stored in files]
    return str(uuid.uuid5(session.uuid, "\0".join([form.echo_id, form.content, *names])))


def _begun_with(form: NewMessage) -> dict[str, Any]:
    is_page = form.referer_url.lower().startswith(("http://", "https://"))
    return {
        "referer": form.referer_url if is_page else None,
        "browser": {"user_agent": request.user_agent.string[:300]},
        "browser_language": (request.accept_languages.best or "")[:35],
        "initiated_at": form.timestamp or clock.now().isoformat(),
    }
