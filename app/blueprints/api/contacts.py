"""The customers of an account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, jsonify
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.actions.merge import deeply
from app.blueprints.api.inboxes import seen_inbox
from app.blueprints.api.shapes import contact as shapes
from app.blueprints.api.shapes import conversation as conversations
from app.blueprints.forms import Form
from app.blueprints.guards import Door, token_bearer, viewer
from app.errors import Invalid
from app.lib.database import db
from app.models.contact import Contact, ContactInbox
from app.models.conversation import Conversation
from app.models.inbox import Inbox
from app.queries import contact_filter, contact_pages

door = Door("contacts", __name__, guard=token_bearer, url_prefix="/accounts/<int:account_id>/contacts")

MOST_CONVERSATIONS = 20


class Listed(Form):
    sort: str = ""
    page: int = Field(1, ge=1, le=1_000_000)
    q: str = Field("", max_length=400)


class ConditionForm(Form):
    attribute_key: str
    filter_operator: str
    values: list[Any] | str | int | bool | None = None
    query_operator: str | None = None

    @property
    def condition(self) -> contact_filter.Condition:
        values = self.values if isinstance(self.values, list) else [self.values]
        given = [value for value in values if value is not None]
        return contact_filter.Condition(self.attribute_key, self.filter_operator, given, self.query_operator or "and")


class FilterForm(Form):
    payload: list[ConditionForm] = Field(max_length=contact_filter.MOST_CONDITIONS)


class ContactForm(Form):
    """Only what is sent is changed."""

    name: str | None = None
    email: str | None = None
    phone_number: str | None = None
    identifier: str | None = None
    blocked: bool | None = None
    additional_attributes: dict[str, Any] | None = None
    custom_attributes: dict[str, Any] | None = None

    def values(self) -> dict[str, Any]:
        sent = {name: getattr(self, name) for name in self.model_fields_set - {"blocked", "inbox_id", "source_id"}}
        return {name: value for name, value in sent.items() if value is not None or not name.endswith("attributes")}


class NewContact(ContactForm):
    inbox_id: int | None = None
    source_id: str | None = Field(None, min_length=1, max_length=255)


@door.get("")
def index() -> Response:
    asked = Listed.read_query()
    return _page(contact_pages.page(viewer().account.id, sort=asked.sort, number=asked.page))


@door.get("/search")
def search() -> Response:
    asked = Listed.read_query()
    if not asked.q:
        raise Invalid({"q": "Specify search string with parameter q"})
    return _page(contact_pages.page(viewer().account.id, sort=asked.sort, number=asked.page, words=asked.q))


@door.post("/filter")
def filter_all() -> Response:
    """Those who fit conditions on what is known of them."""
    asked = Listed.read_query()
    only = contact_filter.expression([each.condition for each in FilterForm.read().payload])
    return _page(contact_pages.page(viewer().account.id, sort=asked.sort, number=asked.page, only=[only]))


@door.post("")
def create() -> Response:
    form = NewContact.read()
    inbox = seen_inbox(form.inbox_id) if form.inbox_id is not None else None
    contact = Contact.add(viewer().account.id, by=viewer().actor, **form.values())
    if form.blocked:
        contact.block(by=viewer().actor)
    if inbox:
        ContactInbox.begin(contact, inbox, form.source_id)
    shape = shapes.told(shapes.contact(contact, _sessions([contact]).get(contact.id, [])))
    return jsonify(id=contact.id, availability_status=shape["availability_status"], payload=[shape])


@door.get("/<int:contact_id>")
def show(contact_id: int) -> Response:
    contact = _found(contact_id)
    return jsonify(payload=shapes.contact(contact, _sessions([contact]).get(contact_id, [])))


@door.route("/<int:contact_id>", methods=["PUT", "PATCH"])
def update(contact_id: int) -> Response:
    """Attributes are merged with those there are, at every depth."""
    form, contact = ContactForm.read(), _found(contact_id)
    values = form.values()
    for name in {"additional_attributes", "custom_attributes"} & values.keys():
        values[name] = deeply(getattr(contact, name), values[name])
    contact.edit(by=viewer().actor, **values)
    if form.blocked is not None:
        (contact.block if form.blocked else contact.unblock)(by=viewer().actor)
    return jsonify(payload=shapes.contact(contact, _sessions([contact]).get(contact_id, [])))


@door.get("/<int:contact_id>/conversations")
def list_conversations(contact_id: int) -> Response:
    """The latest of theirs that the token's owner may see."""
    found = db.session.scalars(
        select(Conversation)
        .where(Conversation.visible_to(viewer().membership), Conversation.contact_id == _found(contact_id).id)
        .order_by(Conversation.last_activity_at.desc(), Conversation.id.desc())
        .limit(MOST_CONVERSATIONS)
        .options(*conversations.shown())
    )
    return jsonify(payload=[conversations.conversation(each) for each in found])


def _page(page: contact_pages.Page) -> Response:
    sessions = _sessions(page.contacts)
    return jsonify(
        meta={"count": page.count, "current_page": page.number},
        payload=[shapes.contact(contact, sessions.get(contact.id, [])) for contact in page.contacts],
    )


def _found(contact_id: int) -> Contact:
    return Contact.found(viewer().account.id, contact_id)


def _sessions(contacts: Sequence[Contact]) -> dict[int, list[ContactInbox]]:
    """By contact, in the inboxes that the token's owner may see."""
    found = db.session.scalars(
        select(ContactInbox)
        .join(Inbox, (Inbox.account_id == ContactInbox.account_id) & (Inbox.id == ContactInbox.inbox_id))
        .where(
            ContactInbox.account_id == viewer().account.id,
            ContactInbox.contact_id.in_([contact.id for contact in contacts]),
            Inbox.visible_to(viewer().membership),
        )
        .order_by(ContactInbox.id)
        .options(joinedload(ContactInbox.inbox))
    )
    by_contact: dict[int, list[ContactInbox]] = {}
    for session in found:
        by_contact.setdefault(session.contact_id, []).append(session)
    return by_contact
