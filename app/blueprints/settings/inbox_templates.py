"""The message templates of an inbox: which there are, how they stand with the provider, and a sync at once."""

from __future__ import annotations

from collections import Counter

from flask import flash, g, redirect, render_template
from flask.typing import ResponseReturnValue

from app.actions import sync_templates
from app.blueprints.guards import Door, administrator, viewer
from app.blueprints.settings.speaking import speaking
from app.errors import NotFound
from app.lib.database import db
from app.models.connection import Connection
from app.models.inbox import Inbox
from app.models.message_template import MessageTemplate

PREFIX = "/accounts/<int:account_id>/settings/inboxes/<int:inbox_id>/templates"
# A long list is for the provider's own page; here one sees how it stands.
MOST = 200


def found(inbox_id: int) -> Inbox:
    """An inbox with templates of this account. Raises NotFound."""
    inbox = db.session.get(Inbox, (viewer().account.id, inbox_id))
    if inbox is None or not inbox.abilities.has_templates:
        raise NotFound
    return inbox


def _plan(inbox_id: int) -> None:
    found(inbox_id)
    g.plan = sync_templates.prepare(viewer().account.id, inbox_id)


def _ask() -> None:
    g.found = sync_templates.call(g.plan)


blueprint = Door("inbox_templates", __name__, guard=administrator, url_prefix=PREFIX)
syncing = Door("inbox_templates_sync", __name__, guard=speaking(_plan, _ask), url_prefix=PREFIX)


@blueprint.get("")
def show(inbox_id: int) -> str:
    """A part of the inbox's page."""
    inbox = found(inbox_id)
    templates = MessageTemplate.of(inbox)
    return render_template(
        "settings/inboxes/_templates.html",
        inbox=inbox,
        connection=Connection.of(inbox),
        templates=templates[:MOST],
        more=max(0, len(templates) - MOST),
        counts=Counter(each.status for each in templates),
    )


@syncing.post("/sync")
def sync(inbox_id: int) -> ResponseReturnValue:
    inbox = found(inbox_id)
    sync_templates.settle(g.plan, g.found)
    if isinstance(g.found, str):
        flash(g.found, "danger")
    else:
        flash(f"{len(g.found)} template{'' if len(g.found) == 1 else 's'} synced")
    return redirect(f"/accounts/{inbox.account_id}/settings/inboxes/{inbox.channel}/{inbox.id}", 303)
