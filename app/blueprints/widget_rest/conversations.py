"""What the visitor and the desk talk of: begun, seen, typed in, labelled, ended, copied."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import Blueprint, Response, jsonify, request
from pydantic import BeforeValidator, Field

from app.actions.identify import identify
from app.blueprints.forms import Form
from app.blueprints.public import shapes
from app.blueprints.widget import labels, person, transcript
from app.blueprints.widget.visitor import Key, Visitor, limit_address, limit_session
from app.blueprints.widget_rest.calling import begun, calling, part, said, talked
from app.blueprints.widget_rest.messages import NewMessage, say
from app.channels.web_widget import Feature
from app.models.conversation import Conversation
from app.models.editable import checked_attributes
from app.queries import message_pages, visitor_thread
from app.realtime import signals

blueprint = Blueprint("conversations", __name__)

SIGNS_PER_MINUTE = 120


class NewConversation(Form):
    custom_attributes: Annotated[dict[str, Any], BeforeValidator(lambda value: value or {})] = Field(
        default_factory=dict
    )


class TypingForm(Form):
    typing_status: Literal["on", "off"]


class ForgetForm(Form):
    custom_attribute: Annotated[list[str], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)]


class TranscriptForm(Form):
    email: str = Field("", max_length=300)


@blueprint.get("/conversations")
def show() -> Response:
    """The one they are in; an empty object before there is one."""
    with calling() as visitor:
        conversation = visitor.conversation
        return jsonify(_told(visitor, conversation) if conversation else {})


@blueprint.post("/conversations")
def create() -> Response:
    """Begun with a first message; `contact` says who writes, and passes the same proof as everywhere."""
    key = Key.shown()
    limit_session(key, "widget-message", limit=30, seconds=60)
    form, named = NewConversation.of(said()), person.PersonForm.of(part("contact"))
    message = NewMessage.of(part("message"))
    attributes = checked_attributes(form.custom_attributes)
    with calling(key) as visitor:
        limit_address("widget-conversation", limit=60, seconds=12 * 3600)
        session = identify(visitor.begun_session, named.person) if named.names_someone else visitor.begun_session
        first = say(visitor, session, message, (), anew=True)
        conversation = first.conversation
        if attributes:
            person.describe_with(conversation, attributes)
        told = _told(visitor, conversation)
        if session.source_id != visitor.key.source_id:
            told["widget_auth_token"] = Key.of(session).token
        return jsonify(told)


@blueprint.post("/conversations/toggle_typing")
def toggle_typing() -> Response:
    form, key = TypingForm.of({**request.args.to_dict(), **said()}), Key.shown()
    limit_session(key, "widget-sign", limit=SIGNS_PER_MINUTE, seconds=60)
    with calling(key) as visitor:
        conversation = talked(visitor)
        signals.typing(conversation, conversation.contact.actor, on=form.typing_status == "on")
    return Response(status=200)


@blueprint.post("/conversations/update_last_seen")
def update_last_seen() -> Response:
    key = Key.shown()
    limit_session(key, "widget-sign", limit=SIGNS_PER_MINUTE, seconds=60)
    with calling(key) as visitor:
        conversation = talked(visitor)
        if visitor_thread.unread(conversation):
            conversation.mark_seen_by_contact(by=conversation.contact.actor)
    return Response(status=200)


@blueprint.route("/conversations/toggle_status", methods=["GET", "POST"])
def toggle_status() -> Response:
    """The visitor says that all is done. The contract has it as a GET; a header proves it, so no link can do it."""
    with calling() as visitor:
        if not visitor.look.has(Feature.END_CONVERSATION):
            return Response(status=403)
        conversation = talked(visitor)
        conversation.resolve(by=conversation.contact.actor)
    return Response(status=200)


@blueprint.post("/conversations/transcript")
def send_transcript() -> Response:
    key, form = Key.shown(), TranscriptForm.of(said())
    with calling(key) as visitor:
        transcript.send(visitor, begun(visitor), talked(visitor), form.email)
    return Response(status=200)


@blueprint.post("/conversations/set_custom_attributes")
def describe() -> Response:
    form = person.AttributesForm.of(said())
    with calling() as visitor:
        person.describe_with(talked(visitor), form.custom_attributes)
        return jsonify(_told(visitor, talked(visitor)))


@blueprint.post("/conversations/destroy_custom_attributes")
def forget() -> Response:
    form = ForgetForm.of(said())
    with calling() as visitor:
        person.forget_from(talked(visitor), form.custom_attribute)
        return jsonify(_told(visitor, talked(visitor)))


@blueprint.post("/labels")
def add_label() -> Response:
    form, key = labels.LabelForm.of(said()), Key.shown()
    limit_session(key, "widget-label", limit=60, seconds=60)
    with calling(key) as visitor:
        labels.add(visitor, form.label)
    return Response(status=204)


@blueprint.delete("/labels/<title>")
def remove_label(title: str) -> Response:
    key = Key.shown()
    limit_session(key, "widget-label", limit=60, seconds=60)
    with calling(key) as visitor:
        labels.remove(visitor, title)
    return Response(status=204)


def _told(visitor: Visitor, conversation: Conversation) -> dict[str, Any]:
    messages = message_pages.around(conversation, hide_internal=True)
    told = shapes.conversation(conversation, conversation.contact_inbox, messages)
    return {**told, "custom_attributes": conversation.custom_attributes}
