"""Making one contact of two, by hand, and parting them again."""

from __future__ import annotations

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.actions.merge import merge
from app.actions.preview_merge import preview
from app.actions.unmerge import unmerge
from app.blueprints.agent.contacts import PREFIX, opened, whole
from app.blueprints.forms import Form
from app.blueprints.guards import Door, member, viewer
from app.errors import NotFound
from app.models.merge import Merge
from app.queries import contact_list

door = Door("contact_merges", __name__, guard=member, url_prefix=f"{PREFIX}/<int:contact_id>/merges")


class Wanted(Form):
    """`other` is compared with the contact; without it one is looked for by `q`."""

    q: str = Field("", max_length=400)
    other: int | None = Field(None, ge=1, lt=2**63)


class MergeForm(Form):
    other: int = Field(ge=1, lt=2**63)


@door.get("/new")
def new(contact_id: int) -> str:
    asked, contact = Wanted.read_query(), opened(contact_id)
    if asked.other is not None:
        other = opened(asked.other)
        if other is contact:
            raise NotFound
        return render_template(
            "contacts/merge.html", contact=contact, other=other, lines=preview(contact, other), asked=asked
        )
    found = contact_list.page(contact.account_id, words=asked.q).contacts if asked.q.strip() else []
    others = [each for each in found if each.id != contact.id][:20]
    return render_template("contacts/merge.html", contact=contact, others=others, asked=asked)


@door.post("")
def create(contact_id: int) -> ResponseReturnValue:
    """The contact of the address stays."""
    contact, other = opened(contact_id), opened(MergeForm.read().other)
    name = other.display_name
    done = merge(contact, other, by=viewer().actor)
    path = f"/accounts/{contact.account_id}/contacts/{contact.id}"
    flash(f"{name} is one with {contact.display_name} now", f"undo:{path}/merges/{done.id}")
    return redirect(path, 303)


@door.delete("/<int:merge_id>")
def destroy(contact_id: int, merge_id: int) -> str:
    kept = Merge.found(viewer().account.id, merge_id)
    if kept.base_id != contact_id:
        raise NotFound
    restored = unmerge(kept, by=viewer().actor)
    said = f"{restored.display_name} is a contact of their own again"
    return render_template("contacts/show.stream.html", **whole(opened(contact_id)), said=said, restored=restored)
