"""Who answers a conversation."""

from __future__ import annotations

from flask import render_template
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.blueprints.agent.opened import PREFIX, changed, opened
from app.blueprints.forms import Form
from app.blueprints.guards import Door, member, viewer
from app.errors import Invalid
from app.lib.database import db
from app.models.conversation import Conversation
from app.models.inbox import InboxMember
from app.models.membership import Membership, Role
from app.realtime import signals

door = Door("assignment", __name__, guard=member, url_prefix=f"{PREFIX}/assignment")


class Assignment(Form):
    """`me`, the id of a person, or empty for nobody."""

    assignee: str = ""


@door.get("")
def show(number: int) -> str:
    """Everyone it can be given to, as items of a menu."""
    conversation = opened(number)
    return render_template(
        "conversations/assignment/_people.html",
        conversation=conversation,
        people=assignable(conversation),
        online=signals.online(conversation.account_id),
    )


@door.put("")
def update(number: int) -> str:
    form, conversation = Assignment.read(), opened(number)
    since = conversation.version
    conversation.assign(chosen(form.assignee), by=viewer().actor)
    return changed(conversation, since)


def chosen(word: str) -> Membership | None:
    if not word:
        return None
    if word == "me":
        return viewer().membership
    person = Membership.of(viewer().account.id, int(word)) if word.isdecimal() and len(word) < 19 else None
    if person is None:
        raise Invalid({"assignee": "This person is not at the desk any more."})
    return person


def assignable(conversation: Conversation) -> list[Membership]:
    """The inbox's members and the administrators, by name."""
    members = select(InboxMember.user_id).where(
        InboxMember.account_id == conversation.account_id, InboxMember.inbox_id == conversation.inbox_id
    )
    people = db.session.scalars(
        select(Membership)
        .where(
            Membership.account_id == conversation.account_id,
            Membership.is_active,
            (Membership.role == Role.ADMINISTRATOR) | Membership.user_id.in_(members),
        )
        .options(joinedload(Membership.user))
    )
    return sorted(people, key=lambda person: person.user.available_name.casefold())
