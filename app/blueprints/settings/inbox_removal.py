"""Removing an inbox, whatever its channel: said what goes with it, and confirmed by its name."""

from __future__ import annotations

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from app.actions.remove_inbox import remove
from app.blueprints.forms import Form
from app.blueprints.forms import Line as OneLine
from app.blueprints.guards import Door, administrator, viewer
from app.errors import Invalid, NotFound
from app.lib.database import db
from app.models.conversation import Conversation
from app.models.inbox import Inbox

blueprint = Door(
    "inbox_removal", __name__, guard=administrator, url_prefix="/accounts/<int:account_id>/settings/inboxes"
)

# More are not counted one by one.
MOST_COUNTED = 10_000


class RemovalForm(Form):
    """Whoever removes an inbox types its name."""

    name: OneLine = ""


@blueprint.get("/<int:inbox_id>/removal")
def ask(inbox_id: int) -> str:
    return _page(_found(inbox_id))


@blueprint.post("/<int:inbox_id>/removal")
def destroy(inbox_id: int) -> ResponseReturnValue:
    inbox = _found(inbox_id)
    try:
        if RemovalForm.read().name != " ".join(inbox.name.split()):
            raise Invalid({"name": f"Type {inbox.name}, exactly so."})
    except Invalid as refused:
        return _page(inbox, refused.fields), 422
    remove(inbox, by=viewer().actor)
    flash(f"{inbox.name} is removed.")
    return redirect(f"/accounts/{inbox.account_id}/settings/inboxes", 303)


def _found(inbox_id: int) -> Inbox:
    """Raises NotFound."""
    inbox = Inbox.find(viewer().account.id, inbox_id)
    if inbox is None:
        raise NotFound
    return inbox


def _page(inbox: Inbox, errors: dict[str, str] | None = None) -> str:
    own = select(Conversation.id).where(Conversation.account_id == inbox.account_id, Conversation.inbox_id == inbox.id)
    count = db.session.scalar(select(func.count()).select_from(own.limit(MOST_COUNTED + 1).subquery())) or 0
    return render_template(
        "settings/inboxes/removal.html", inbox=inbox, count=count, most=MOST_COUNTED, errors=errors or {}
    )
