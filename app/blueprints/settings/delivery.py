"""Delivery: the ledger of letters and messages, what stopped and why, the way of one message, and how each line stands."""

from __future__ import annotations

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from pydantic import Field
from sqlalchemy import delete, select

from app.actions.receive_letter import receive_again
from app.actions.reconcile import wish_reconciliation
from app.actions.watch_over import wish_probe
from app.blueprints.forms import Form
from app.blueprints.guards import Door, administrator, viewer
from app.channels import CHANNELS
from app.errors import NotFound
from app.lib import clock
from app.lib.database import db
from app.models.inbox import Inbox
from app.models.letter import Letter
from app.models.message import Message
from app.models.work import Work
from app.queries import ledger

blueprint = Door("delivery", __name__, guard=administrator, url_prefix="/accounts/<int:account_id>/settings/delivery")


class Search(Form):
    q: str = Field("", max_length=998)


@blueprint.get("")
def index() -> str:
    account_id = viewer().account.id
    asked = Search.read_query().q
    found = ledger.find(account_id, asked) if asked.strip() else None
    return render_template(
        "settings/delivery/index.html",
        ledger=ledger.ledger(account_id),
        asked=asked,
        trail=found,
        inboxes={inbox.id: inbox for inbox in _inboxes()},
        listing={kind for kind, channel in CHANNELS.items() if channel.abilities.can_list},
    )


@blueprint.get("/messages/<int:message_id>")
def show(message_id: int) -> str:
    """The way of one message."""
    trail = ledger.trail(viewer().account.id, message_id)
    if trail is None:
        raise NotFound
    return render_template(
        "settings/delivery/show.html", trail=trail, inboxes={inbox.id: inbox for inbox in _inboxes()}
    )


@blueprint.post("/work/<int:work_id>/retry")
def retry(work_id: int) -> ResponseReturnValue:
    """Work that was parked begins anew. What is unsure is decided at its message, not here."""
    work = _stopped(work_id)
    if work.state != "parked":
        raise NotFound
    if work.job == "receive_letter" and (letter := db.session.get(Letter, (viewer().account.id, work.args[1]))):
        db.session.execute(delete(Work).where(Work.id == work.id))
        receive_again(letter)
    else:
        work.state, work.attempts, work.run_at, work.created_at = "ready", 0, clock.now(), clock.now()
        work.last_error = work.claimed_until = work.handed_over_at = work.holds_until = None
    flash("It is being tried again")
    return _back()


@blueprint.post("/work/<int:work_id>/dismissal")
def dismiss(work_id: int) -> ResponseReturnValue:
    """Parked work is given up, knowingly; a letter stays, as one that was ignored."""
    work = _stopped(work_id)
    if work.state != "parked":
        raise NotFound
    if work.job == "receive_letter" and (letter := db.session.get(Letter, (viewer().account.id, work.args[1]))):
        letter.state, letter.error, letter.settled_at = "ignored", f"Given up by {viewer().user.name}.", clock.now()
    db.session.execute(delete(Work).where(Work.id == work.id))
    flash("It is given up")
    return _back()


@blueprint.post("/messages/<int:message_id>/again")
def send_again(message_id: int) -> ResponseReturnValue:
    message = _message(message_id)
    message.conversation.send_again(message.client_id, by=viewer().actor)
    flash("It is being sent again")
    return _back()


@blueprint.post("/inboxes/<int:inbox_id>/look")
def look(inbox_id: int) -> ResponseReturnValue:
    """Have the line of an inbox looked at, and what its provider has compared with what we have."""
    inbox = Inbox.find(viewer().account.id, inbox_id)
    if inbox is None or inbox.abilities.is_live:
        raise NotFound
    wish_probe(inbox.account_id, inbox.id)
    if inbox.abilities.can_list:
        wish_reconciliation(inbox.account_id, inbox.id)
    flash(f"{inbox.name} is being looked at")
    return _back()


def _stopped(work_id: int) -> Work:
    work = db.session.scalar(
        select(Work)
        .where(Work.account_id == viewer().account.id, Work.id == work_id, Work.state != "ready")
        .with_for_update()
    )
    if work is None:
        raise NotFound
    return work


def _message(message_id: int) -> Message:
    message = db.session.get(Message, (viewer().account.id, message_id))
    if message is None:
        raise NotFound
    return message


def _inboxes() -> list[Inbox]:
    return list(db.session.scalars(select(Inbox).where(Inbox.account_id == viewer().account.id).order_by(Inbox.name)))


def _back() -> ResponseReturnValue:
    return redirect(f"/accounts/{viewer().account.id}/settings/delivery", 303)
