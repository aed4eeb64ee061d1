"""Writing to a contact first: the page for it, and the conversation that begins so."""

from __future__ import annotations

import uuid

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.actions.begin import begin, begin_by_template, needs_template, reachable
from app.blueprints.agent.addressed import Addressed
from app.blueprints.agent.contacts import opened
from app.blueprints.agent.suggested import Suggested
from app.blueprints.forms import Form, Line
from app.blueprints.guards import Door, member, viewer
from app.blueprints.uploads import forget_unused, kept_files
from app.errors import Invalid
from app.lib.text import clean
from app.models.contact import Contact
from app.models.conversation import Conversation
from app.models.inbox import Inbox
from app.models.message import MAX_CONTENT

LONGEST_SUBJECT = 500

door = Door(
    "begin", __name__, guard=member, url_prefix="/accounts/<int:account_id>/contacts/<int:contact_id>/conversations"
)


class Wanted(Form):
    inbox: int | None = Field(None, ge=1, lt=2**63)


class Begun(Addressed):
    client_id: str = Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")
    inbox: int = Field(ge=1, lt=2**63)
    subject: Line = Field("", max_length=LONGEST_SUBJECT)
    content: str = ""


@door.get("/new")
def new(contact_id: int) -> str:
    return _page(opened(contact_id), inbox_id=Wanted.read_query().inbox or 0)


@door.post("")
def create(contact_id: int) -> ResponseReturnValue:
    contact = opened(contact_id)
    try:
        form = Begun.read()
        inbox = _chosen(contact, form.inbox)
        if needs_template(inbox):
            return _opened(begin_by_template(contact, inbox, by=viewer().actor))
        is_mail = inbox.abilities.is_mail
        if is_mail and not form.subject:
            raise Invalid({"subject": "Give it a subject."})
        with kept_files() as files:
            message = begin(
                contact,
                inbox,
                clean(form.content, MAX_CONTENT),
                by=viewer().actor,
                client_id=form.client_id,
                subject=form.subject if is_mail else "",
                recipients=form.recipients if is_mail else None,
                attachments=files,
            )
            forget_unused(files, message)
    except Invalid as refused:
        inbox_id = request.form.get("inbox", 0, type=int)
        return _page(contact, inbox_id=inbox_id, refused=refused), 422
    return _opened(message.conversation)


def _opened(conversation: Conversation) -> ResponseReturnValue:
    if conversation.assignee_id is None:
        conversation.assign(viewer().membership, by=viewer().actor)
    return redirect(f"/accounts/{conversation.account_id}/conversations/{conversation.display_id}", 303)


def _chosen(contact: Contact, inbox_id: int) -> Inbox:
    found = next((inbox for inbox in reachable(contact, viewer().membership) if inbox.id == inbox_id), None)
    if found is None:
        raise Invalid({"inbox": "They cannot be written to from this inbox."})
    return found


def _page(contact: Contact, *, inbox_id: int, refused: Invalid | None = None) -> str:
    to = request.form.getlist("to_emails")[:50] or ([contact.email] if contact.email else [])
    return render_template(
        "conversations/new.html",
        contact=contact,
        inboxes=reachable(contact, viewer().membership),
        inbox_id=inbox_id,
        typed={name: request.form.get(name, "") for name in ("subject", "content")},
        client_id=str(uuid.uuid4()),
        errors=refused.fields if refused else {},
        recipients=Suggested(
            to=to, cc=request.form.getlist("cc_emails")[:50], bcc=request.form.getlist("bcc_emails")[:50]
        ),
    )
