"""The contacts: the list of them, and each one's page."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.actions.erase import erase
from app.actions.place_call import calling_inboxes
from app.blueprints.forms import Form
from app.blueprints.guards import Door, member, viewer
from app.errors import Conflict, Invalid, NotAllowed
from app.lib.database import db
from app.models.contact import Contact
from app.models.editable import Taken
from app.models.event import Event
from app.queries.contact_list import Sort, Who, conversations, page

PREFIX = "/accounts/<int:account_id>/contacts"

door = Door("contacts", __name__, guard=member, url_prefix=PREFIX)


class Listed(Form):
    who: Who = Who.KNOWN
    sort: Sort = Sort.RECENT
    q: str = Field("", max_length=400)
    after: str = Field("", max_length=1000)


class ContactForm(Form):
    """What is typed on the page; the fields below `identifier` are kept as additional attributes."""

    name: str = ""
    last_name: str = ""
    email: str = ""
    phone_number: str = ""
    identifier: str = ""
    company_name: str = ""
    city: str = ""
    country: str = ""

    def values(self, known: dict[str, Any]) -> dict[str, Any]:
        typed = self.model_dump()
        about = {name: " ".join(typed.pop(name).split()) for name in ("company_name", "city", "country")}
        kept = {name: value for name, value in {**known, **about}.items() if value or name not in about}
        return {**typed, "additional_attributes": kept}


@door.get("")
def index() -> str:
    asked = Listed.read_query()
    found = page(viewer().account.id, who=asked.who, sort=asked.sort, words=asked.q, after=asked.after)
    return render_template("contacts/index.html", page=found, asked=asked)


@door.get("/new")
def new() -> str:
    return form_page(None, ContactForm())


@door.post("")
def create() -> ResponseReturnValue:
    try:
        typed = ContactForm.read()
        contact = Contact.add(viewer().account.id, by=viewer().actor, **typed.values({}))
    except (Invalid, Conflict) as refused:
        return form_page(None, request.form, refused), refused.status
    flash(f"{contact.display_name} was added")
    return to_page(contact)


@door.get("/<int:contact_id>")
def show(contact_id: int) -> ResponseReturnValue:
    """A whole page; when htmx asks, the pieces of it that change. One who was merged is found where they are now."""
    contact = db.session.get(Contact, (viewer().account.id, contact_id))
    if (
        contact is None
        and "HX-Request" not in request.headers
        and (now := Contact.now(viewer().account.id, contact_id))
    ):
        return redirect(f"/accounts/{viewer().account.id}/contacts/{now}", 303)
    screen = "contacts/show.stream.html" if "HX-Request" in request.headers else "contacts/show.html"
    return render_template(screen, **whole(opened(contact_id)))


@door.delete("/<int:contact_id>")
def destroy(contact_id: int) -> ResponseReturnValue:
    if not viewer().is_administrator:
        raise NotAllowed("Only administrators may delete a contact.")
    contact = opened(contact_id)
    name = contact.display_name
    erase(contact, by=viewer().actor)
    flash(f"{name} was deleted")
    return Response(status=204, headers={"HX-Redirect": f"/accounts/{contact.account_id}/contacts"})


@door.get("/<int:contact_id>/conversations")
def more(contact_id: int) -> str:
    """The page of their conversations behind `after`."""
    contact, asked = opened(contact_id), Listed.read_query()
    found = conversations(contact, viewer().membership, after=asked.after)
    return render_template("contacts/show/_conversations.html", contact=contact, page=found)


@door.get("/<int:contact_id>/edit")
def edit(contact_id: int) -> str:
    contact = opened(contact_id)
    return form_page(contact, ContactForm.model_validate(known(contact)))


@door.post("/<int:contact_id>")
def update(contact_id: int) -> ResponseReturnValue:
    contact = opened(contact_id)
    try:
        contact.edit(by=viewer().actor, **ContactForm.read().values(contact.additional_attributes))
    except (Invalid, Conflict) as refused:
        return form_page(contact, request.form, refused), refused.status
    return to_page(contact)


def whole(contact: Contact) -> dict[str, Any]:
    """What a contact's page shows."""
    return {
        "contact": contact,
        "head": Event.newest(contact.account_id),
        "page": conversations(contact, viewer().membership),
        "calling": calling_inboxes(viewer().membership) if contact.phone_number else [],
    }


def opened(contact_id: int) -> Contact:
    """Raises NotFound when the account has none of that id."""
    return Contact.found(viewer().account.id, contact_id)


def known(contact: Contact) -> dict[str, str]:
    values = {name: getattr(contact, name, None) for name in ContactForm.model_fields}
    about = {name: contact.additional_attributes.get(name) for name in ("company_name", "city", "country")}
    return {name: str(value or "") for name, value in {**values, **about}.items()}


def to_page(contact: Contact) -> Response:
    return redirect(f"/accounts/{contact.account_id}/contacts/{contact.id}", 303)  # type: ignore[return-value]


def form_page(contact: Contact | None, typed: Any, refused: Invalid | Conflict | None = None) -> str:
    return render_template(
        "contacts/form.html",
        contact=contact,
        typed=typed,
        errors=refused.fields if isinstance(refused, Invalid) else {},
        problem=refused.message if isinstance(refused, Conflict) else "",
        other_id=refused.contact_id if isinstance(refused, Taken) else None,
    )
