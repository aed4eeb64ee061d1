"""The message templates of a conversation's inbox: the picker, what is found in it, and one to be filled in."""

from __future__ import annotations

import json
from collections.abc import Sequence

from flask import render_template
from pydantic import Field

from app.blueprints.agent.opened import PREFIX, opened
from app.blueprints.agent.template_preview import previewed
from app.blueprints.forms import Form
from app.blueprints.guards import Door, member
from app.errors import Invalid, NotFound
from app.lib.database import db
from app.lib.storage import Stored
from app.models.connection import Connection
from app.models.conversation import Conversation
from app.models.filled_template import Filled, blanks, fill
from app.models.inbox import Inbox
from app.models.message_template import MessageTemplate

door = Door("templates", __name__, guard=member, url_prefix=f"{PREFIX}/templates")

MOST = 50


class Wanted(Form):
    q: str = Field("", max_length=200)


@door.get("")
def index(number: int) -> str:
    conversation = _opened(number)
    return render_template(
        "conversations/templates/index.html",
        conversation=conversation,
        templates=MessageTemplate.sendable(conversation.inbox, limit=MOST),
        connection=Connection.of(conversation.inbox),
    )


@door.get("/found")
def found(number: int) -> str:
    wanted, conversation = Wanted.read_query(), _opened(number)
    return render_template(
        "conversations/templates/_found.html",
        templates=MessageTemplate.sendable(conversation.inbox, search=wanted.q, limit=MOST),
        searched=wanted.q,
    )


@door.get("/<int:template_id>")
def show(number: int, template_id: int) -> str:
    inbox = _opened(number).inbox
    template = db.session.get(MessageTemplate, (inbox.account_id, template_id))
    if template is None or template.inbox_id != inbox.id:
        raise NotFound
    return render_template(
        "conversations/templates/_form.html", template=template, blanks=blanks(template), preview=previewed(template)
    )


def _opened(number: int) -> Conversation:
    """Raises NotFound where the inbox knows no templates."""
    conversation = opened(number)
    if not conversation.inbox.abilities.has_templates:
        raise NotFound
    return conversation


def filled(inbox: Inbox, said: str, files: Sequence[Stored]) -> Filled:
    """`said` is `{"key": …, "params": {…}}` in JSON, as the picker sends it. Raises Invalid."""
    try:
        given = json.loads(said)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict) or not inbox.abilities.has_templates:
        raise Invalid({"template": "This is no template."})
    template = MessageTemplate.named(inbox, key=str(given.get("key", ""))[:600] or "?")
    if template is None:
        raise Invalid({"template": "This template is not approved any more. Choose another."})
    if len(files) > 1 or (files and not template.header_kind):
        raise Invalid({"attachments": "This template carries no such file."})
    params = given.get("params")
    return fill(template, params if isinstance(params, dict) else {}, file_kind=files[0].kind if files else "")
