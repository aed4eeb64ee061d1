"""What is said: the visitor's messages in, the thread as they may read it, and how much of it they have seen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, Response, jsonify, request
from markupsafe import Markup
from pydantic import Field, field_validator

from app.actions.pre_chat import introduce, left_to_ask, note_on
from app.actions.receive import receive
from app.blueprints.forms import Form
from app.blueprints.uploads import forget_unused, given_files, kept_files
from app.blueprints.widget.visitor import Key, Visitor, limit_address, limit_session, visiting
from app.channels.base import Inbound
from app.channels.pre_chat import Answers, checked_answers
from app.channels.web_widget import Feature
from app.errors import NotAllowed
from app.lib import clock, text
from app.lib.storage import Stored
from app.models.conversation import Conversation
from app.models.message import MAX_CONTENT, Message
from app.queries import visitor_thread
from app.realtime import frames, signals

blueprint = Blueprint("messages", __name__, url_prefix="/widget/api")

UUID_PATTERN = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class MessageForm(Form):
    """`client_id` is a UUID of the writer's own making: a repeat of it is the same message.

    It goes into `conversation` (uuid), else into the last one; with `anew` it begins another. `pre_chat` holds what was
    filled in before, by the names of the fields.
    """

    content: str = Field("", max_length=MAX_CONTENT)
    client_id: str = Field(pattern=UUID_PATTERN)
    reply_to: str | None = Field(None, pattern=UUID_PATTERN)
    conversation: str = Field("", max_length=36)
    anew: bool = False
    pre_chat: dict[str, Any] = Field(default_factory=dict, max_length=100)
    page_url: str = Field("", max_length=2048)
    page_title: str = Field("", max_length=500)

    @field_validator("pre_chat", mode="before")
    @classmethod
    def _parsed(cls, value: Any) -> Any:
        """In a form with files it is written as JSON."""
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value or "{}")
        except (ValueError, RecursionError):
            raise ValueError("Give a JSON object.") from None


class ThreadQuery(Form):
    """`before` is a sequence; `after_version` goes with the `conversation` (uuid) it belongs to."""

    before: int | None = Field(None, ge=0, lt=2**62)
    after_version: int | None = Field(None, ge=0, lt=2**62)
    conversation: str = Field("", max_length=36)


class TypingForm(Form):
    on: bool
    conversation: str = Field("", max_length=36)


class Chosen(Form):
    """Which conversation (uuid) is meant; the last one when it is not said."""

    conversation: str = Field("", max_length=36)


@blueprint.get("/messages")
def index() -> Response:
    """The last messages, those before a sequence, or all that changed after a version."""
    asked = ThreadQuery.read_query()
    with visiting() as visitor:
        conversation = visitor.chosen(asked.conversation)
        if conversation is None or not asked.conversation:
            return jsonify(thread(conversation or visitor.conversation))
        if asked.after_version is not None:
            return jsonify(_changes(conversation, asked.after_version))
        return jsonify(thread(conversation, before=asked.before))


@blueprint.post("/messages")
def create() -> Response:
    """Files are taken in before the database is asked for anything: a slow upload holds up nobody."""
    key = Key.shown()
    limit_session(key, "widget-message", limit=30, seconds=60)
    form = MessageForm.read()
    with uploads(key) as files, visiting(key) as visitor:
        if files and not visitor.look.has(Feature.ATTACHMENTS):
            raise NotAllowed("Files are not taken here.")
        chosen = visitor.chosen(form.conversation)
        answers = Answers()
        if chosen is None or not chosen.is_continued(anew=form.anew):
            known = visitor.session
            answers = checked_answers(left_to_ask(visitor.inbox, known.contact if known else None), form.pre_chat)
            limit_address("widget-conversation", limit=60, seconds=12 * 3600)
        session = visitor.begun_session
        introduce(session, answers)
        inbound = Inbound(
            text.clean(form.content, MAX_CONTENT),
            client_id=form.client_id,
            reply_to=form.reply_to,
            attachments=files,
            content_attributes={},
        )
        message = receive(
            chosen.contact_inbox if chosen else session,
            inbound,
            begun_with=_begun_with(form),
            into=chosen,
            anew=form.anew,
        )
        forget_unused(files, message)
        if message.sequence == 1:
            note_on(message.conversation, answers)
        return jsonify(html=drawn(visitor_thread.from_on(message)), **_state(message.conversation))


@blueprint.post("/typing")
def typing() -> Response:
    form = TypingForm.read()
    with visiting() as visitor:
        if conversation := visitor.chosen(form.conversation):
            signals.typing(conversation, conversation.contact.actor, on=form.on)
    return Response(status=204)


@blueprint.post("/seen")
def see() -> Response:
    """The thread is before the visitor's eyes."""
    asked = Chosen.read_query()
    with visiting() as visitor:
        if conversation := _awaiting(visitor, asked):
            conversation.mark_seen_by_contact(by=conversation.contact.actor)
    return Response(status=204)


@blueprint.post("/delivered")
def deliver() -> Response:
    """The messages have reached the visitor's browser."""
    asked = Chosen.read_query()
    with visiting() as visitor:
        if conversation := _awaiting(visitor, asked):
            conversation.mark_delivered(by=conversation.contact.actor)
    return Response(status=204)


@blueprint.post("/resolution")
def resolve() -> Response:
    """The visitor says that all is done."""
    asked = Chosen.read_query()
    with visiting() as visitor:
        if not visitor.look.has(Feature.END_CONVERSATION):
            raise NotAllowed("Visitors do not end conversations here.")
        if conversation := visitor.chosen(asked.conversation):
            conversation.resolve(by=conversation.contact.actor)
    return Response(status=204)


def thread(conversation: Conversation | None, *, before: int | None = None) -> dict[str, Any]:
    """A page of the thread, as the frame puts it on the screen."""
    if conversation is None:
        return {"conversation": None, "html": "", "version": 0, "more": False, "unread": 0}
    messages = visitor_thread.latest(conversation, before=before)
    more = bool(messages) and not visitor_thread.is_first(conversation, messages[0])
    return {**_state(conversation), "html": drawn(messages), "more": more}


def drawn(messages: Sequence[Message]) -> str:
    return Markup("").join(Markup(frames.render("widget/_message.html", message=each)) for each in messages)  # noqa: S704  # templates escape


@contextmanager
def uploads(key: Key) -> Iterator[list[Stored]]:
    """This request's files, if this session and address have not sent too many."""
    if given_files():
        limit_session(key, "widget-upload", limit=60, seconds=3600)
        limit_address("widget-upload", limit=300, seconds=3600)
    with kept_files() as files:
        yield files


def _changes(conversation: Conversation, version: int) -> dict[str, Any]:
    """`version` is how far this answer goes: to be asked from again, until `more` is false."""
    messages = visitor_thread.changed_since(conversation, version)
    more = len(messages) == visitor_thread.CAUGHT_UP
    reached = messages[-1].version if more else conversation.version
    return {**_state(conversation), "html": drawn(messages), "more": more, "version": reached}


def _state(conversation: Conversation) -> dict[str, Any]:
    return {
        "conversation": str(conversation.uuid),
        "version": conversation.version,
        "status": conversation.status,
        "unread": visitor_thread.unread(conversation),
        "seen": frames.render("widget/_seen.html", conversation=conversation),
    }


def _awaiting(visitor: Visitor, asked: Chosen) -> Conversation | None:
    """Their conversation, where something of ours has not been seen; else there is nothing to write down."""
    conversation = visitor.chosen(asked.conversation)
    return conversation if conversation and visitor_thread.unread(conversation) else None


def _begun_with(form: MessageForm) -> dict[str, Any]:
    agent = request.user_agent.string[:300]
    languages = request.accept_languages.best or ""
    referer = form.page_url if form.page_url.lower().startswith(("http://", "https://")) else ""
    return {
        "referer": referer or None,
        "page_title": form.page_title if referer else "",
        "browser": {"user_agent": agent},
        "browser_language": languages[:35],
        "initiated_at": clock.now().isoformat(),
    }
