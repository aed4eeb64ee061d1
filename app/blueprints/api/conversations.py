"""The list of conversations with its filters and counts, one of them, and a new one."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response, jsonify
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.blueprints.api.inboxes import seen_inbox
from app.blueprints.api.shapes import conversation as shapes
from app.blueprints.api.shapes.moments import moment
from app.blueprints.api.templated import WithTemplate, say_by_template
from app.blueprints.forms import Form
from app.blueprints.guards import Door, token_bearer, viewer
from app.errors import Invalid, NotFound
from app.lib.database import db
from app.lib.text import clean
from app.models.contact import ContactInbox
from app.models.conversation import Conversation
from app.models.editable import checked_attributes
from app.models.membership import Membership
from app.models.message import MAX_CONTENT
from app.queries import conversation_pages
from app.queries.conversation_pages import Counts, Filter

door = Door("conversations", __name__, guard=token_bearer, url_prefix="/accounts/<int:account_id>/conversations")

LARGEST_ID = 2**63 - 1
LONGEST_WHILE = 10 * 365 * 86_400


class Wanted(Form):
    status: Literal["all", "open", "resolved", "pending", "snoozed"] = "open"
    assignee_type: Literal["me", "unassigned", "assigned", "all"] = "all"
    inbox_id: int | None = Field(None, ge=0, le=LARGEST_ID)
    team_id: int | None = Field(None, ge=0, le=LARGEST_ID)
    labels: list[str] = Field(default_factory=list)
    conversation_type: str = ""
    q: str = Field("", max_length=400)
    source_id: str = Field("", max_length=255)
    updated_within: int | None = Field(None, ge=0, le=LONGEST_WHILE)
    sort_by: str = ""
    page: int = Field(1, ge=1, le=1_000_000)

    @property
    def filter(self) -> Filter:
        return Filter(**self.model_dump(exclude={"sort_by", "page"}))


class FirstMessage(WithTemplate):
    content: str = ""


class NewConversation(Form):
    source_id: str | None = None
    inbox_id: int | None = None
    contact_id: int | None = None
    status: Literal["open", "resolved", "pending", "snoozed"] = "open"
    snoozed_until: float | None = None
    assignee_id: int | None = None
    additional_attributes: dict[str, Any] = Field(default_factory=dict)
    custom_attributes: dict[str, Any] = Field(default_factory=dict)
    message: FirstMessage | None = None


@door.get("")
def index() -> Response:
    wanted, membership = Wanted.read_query(), viewer().membership
    counts = conversation_pages.count(wanted.filter, membership)
    found = conversation_pages.page(
        wanted.filter, membership, sort=wanted.sort_by, number=wanted.page, options=shapes.shown()
    )
    payload = [shapes.conversation(conversation) for conversation in found]
    return jsonify(data={"meta": _counts(counts), "payload": payload})


@door.get("/meta")
def meta() -> Response:
    return jsonify(meta=_counts(conversation_pages.count(Wanted.read_query().filter, viewer().membership)))


@door.get("/<int:number>")
def show(number: int) -> Response:
    return jsonify(shapes.conversation(opened(number)))


@door.post("")
def create() -> Response:
    """Begin to talk to someone who has a session in an inbox; where there is one thread only, it is gone on with."""
    form, actor = NewConversation.read(), viewer().actor
    session = _session(form)
    values: dict[str, Any] = {
        "additional_attributes": checked_attributes(form.additional_attributes, field="additional_attributes"),
        "custom_attributes": checked_attributes(form.custom_attributes),
    }
    if session.inbox.lock_to_single_conversation:
        conversation = Conversation.continue_or_start(session, by=actor, **values)
    else:
        conversation = Conversation.start(session, by=actor, **values)
    if form.assignee_id:
        conversation.assign(colleague(form.assignee_id), by=actor)
    if form.message and form.message.template_params:
        say_by_template(conversation, form.message.template_params)
    elif form.message:
        conversation.reply(clean(form.message.content, MAX_CONTENT), by=actor)
    if form.status != "open":
        become(conversation, form.status, snoozed_until=form.snoozed_until)
    return jsonify(shapes.conversation(opened(conversation.display_id)))


def opened(number: int) -> Conversation:
    """Raises NotFound when there is none of that number that the token's owner may see."""
    return Conversation.seen_by(viewer().membership, number, *shapes.shown())


def colleague(user_id: int) -> Membership:
    """Raises NotFound for someone who is not, or no longer, of this account."""
    found = Membership.of(viewer().account.id, user_id)
    if found is None:
        raise NotFound
    return found


def become(conversation: Conversation, status: str, *, snoozed_until: float | None = None) -> None:
    actor = viewer().actor
    if status == "open":
        conversation.reopen(by=actor)
    elif status == "resolved":
        conversation.resolve(by=actor)
    elif status == "pending":
        conversation.mark_pending(by=actor)
    else:
        conversation.snooze(by=actor, until=moment(snoozed_until, field="snoozed_until"))


def _session(form: NewConversation) -> ContactInbox:
    if form.inbox_id is None and form.source_id is None:
        raise Invalid({"inbox_id": "Say in which inbox, and with whom."})
    query = (
        select(ContactInbox)
        .where(ContactInbox.account_id == viewer().account.id)
        .order_by(ContactInbox.id.desc())
        .limit(1)
        .options(joinedload(ContactInbox.inbox), joinedload(ContactInbox.contact))
    )
    if form.inbox_id is not None:
        query = query.where(ContactInbox.inbox_id == seen_inbox(form.inbox_id).id)
    if form.source_id is not None:
        query = query.where(ContactInbox.source_id == form.source_id)
    if form.contact_id is not None:
        query = query.where(ContactInbox.contact_id == form.contact_id)
    elif form.source_id is None:
        raise Invalid({"contact_id": "Say with whom: contact_id or source_id."})
    session = db.session.scalar(query)
    if session is None:
        raise Invalid({"contact_id": "They have no session in this inbox."})
    seen_inbox(session.inbox_id)
    return session


def _counts(counts: Counts) -> dict[str, int]:
    return {
        "mine_count": counts.mine,
        "assigned_count": counts.assigned,
        "unassigned_count": counts.unassigned,
        "all_count": counts.all,
    }
