"""The list of conversations, and one of them opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import render_template, request
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.blueprints.agent.opened import opened
from app.blueprints.agent.suggested import suggested
from app.blueprints.forms import Form
from app.blueprints.guards import Door, member, viewer
from app.errors import Invalid
from app.lib import clock
from app.lib.database import db
from app.models.conversation import Conversation, Status
from app.models.event import Event
from app.models.membership import Membership
from app.queries.conversation_list import MOST, PAGE, Listing, Order, Sort, View, page
from app.queries.counts import count, words
from app.queries.troubles import troubles
from app.realtime import signals

door = Door("conversations", __name__, guard=member, url_prefix="/accounts/<int:account_id>/conversations")

MESSAGES = 30


class Wanted(Form):
    """What an address asks for; what it leaves open is as the person had it last."""

    view: View | None = None
    status: Status | None = None
    sort: Sort | None = None
    order: Order | None = None
    inbox: int | None = None
    after: str = ""
    rows: int = PAGE

    def listing(self) -> Listing:
        habit = Habit.of(viewer().ui.get("inbox"))
        return Listing(
            view=self.view or habit.view,
            status=self.status or habit.status,
            sort=self.sort or habit.sort,
            order=self.order or habit.order,
            inbox_id=self.inbox,
        )


class Habit(Form):
    """How a person had the list last, as it is kept with them."""

    view: View = View.ALL
    status: Status = Status.OPEN
    sort: Sort = Sort.ACTIVITY
    order: Order = Order.NEWEST

    @classmethod
    def of(cls, kept: Any) -> Habit:
        try:
            return super().of(kept if isinstance(kept, dict) else {})
        except Invalid:
            return cls()


@door.get("")
def index() -> str:
    """A whole page; when htmx asks, only the list and what is counted around it."""
    wanted = Wanted.read_query()
    context = listed(wanted)
    if not is_fragment():
        return render_template("conversations/index.html", **context)
    return render_template("conversations/index.stream.html", **context)


@door.get("/more")
def more() -> str:
    """The page of the list behind `after`."""
    wanted = Wanted.read_query()
    listing = wanted.listing()
    found = page(listing, viewer().membership, after=wanted.after)
    return render_template("conversations/more.stream.html", page=found, listing=listing)


@door.get("/counts")
def counts() -> str:
    """What is counted around the list."""
    listing = Wanted.read_query().listing()
    return render_template("conversations/counts.stream.html", **counted(listing))


@door.get("/<int:number>")
def show(number: int) -> str:
    """A whole page with the conversation open; when htmx asks, its thread and details."""
    conversation = opened(number)
    context = shown(conversation)
    if is_fragment():
        return render_template("conversations/show.stream.html", **context)
    return render_template("conversations/index.html", **listed(Wanted.read_query()), **context)


def is_fragment() -> bool:
    return "HX-Request" in request.headers


def listed(wanted: Wanted) -> dict[str, Any]:
    listing = wanted.listing()
    # Read before the rows: what happens between the two is caught up with rather than missed.
    head = Event.newest(viewer().account.id)
    rows = min(max(wanted.rows, PAGE), MOST)
    found = page(listing, viewer().membership, limit=rows)
    return {"page": found, "head": head, "now": clock.now(), **counted(listing)}


def counted(listing: Listing) -> dict[str, Any]:
    found = count(listing, viewer().membership)
    return {
        "listing": listing,
        "counts": found,
        "words": words,
        "inbox": next((inbox for inbox, _ in found.inboxes if inbox.id == listing.inbox_id), None),
        "troubles": troubles(viewer().membership),
    }


def shown(conversation: Conversation) -> dict[str, Any]:
    return {
        "conversation": conversation,
        "thread_head": Event.newest(conversation.account_id),
        "messages": conversation.messages_before(None, MESSAGES),
        "earlier": earlier(conversation),
        "is_online": signals.is_online(conversation.contact),
        "lookers": lookers(conversation),
        "continues": continues(conversation),
        "troubled": troubles(viewer().membership, inbox_id=conversation.inbox_id),
        "recipients": suggested(conversation) if conversation.inbox.abilities.is_mail else None,
    }


def continues(conversation: Conversation) -> Conversation | None:
    """The earlier one that it may go on from, if the viewer may see it."""
    number = conversation.additional_attributes.get("maybe_continues")
    if not isinstance(number, int):
        return None
    seen = Conversation.visible_to(viewer().membership)
    return db.session.scalar(select(Conversation).where(seen, Conversation.display_id == number))


def earlier(conversation: Conversation) -> Sequence[Conversation]:
    """The customer's other conversations that the viewer may see, the latest first."""
    others = (
        select(Conversation)
        .where(
            Conversation.visible_to(viewer().membership),
            Conversation.contact_id == conversation.contact_id,
            Conversation.id != conversation.id,
        )
        .order_by(Conversation.last_activity_at.desc(), Conversation.id.desc())
        .limit(6)
        .options(joinedload(Conversation.inbox), joinedload(Conversation.last_message))
    )
    return db.session.scalars(others).all()


def lookers(conversation: Conversation) -> list[dict[str, Any]]:
    """The colleagues who have it before their eyes, as they are told of live."""
    ids = signals.lookers(conversation) - {viewer().user.id}
    people = (Membership.of(conversation.account_id, user_id) for user_id in sorted(ids))
    return [signals.named(person.actor) for person in people if person]
