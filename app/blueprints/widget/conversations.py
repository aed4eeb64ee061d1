"""What the visitor and the desk talk of: the list on the widget's first page, with whether anybody is there."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify
from markupsafe import Markup

from app.actions.pre_chat import left_to_ask
from app.blueprints.widget.visitor import Visitor, visiting
from app.lib import clock
from app.models.inbox import Inbox
from app.models.working_hours import week_of
from app.queries import visitor_conversations
from app.realtime import frames

blueprint = Blueprint("conversations", __name__, url_prefix="/widget/api")


@blueprint.get("/conversations")
def index() -> Response:
    with visiting() as visitor:
        return jsonify(told(visitor))


def told(visitor: Visitor) -> dict[str, Any]:
    session = visitor.session
    entries = visitor_conversations.listed(session) if session else []
    drawn = (Markup(frames.render("widget/_conversation.html", entry=entry)) for entry in entries)  # noqa: S704  # templates escape
    asked = left_to_ask(visitor.inbox, session.contact if session else None)
    return {
        "conversations": Markup("").join(drawn),
        "hours": hours_of(visitor.inbox),
        "pre_chat": [each.name for each in asked],
    }


def hours_of(inbox: Inbox) -> dict[str, Any] | None:
    """Whether it is open now, and when it opens next; None for one that is always open."""
    if not inbox.working_hours_enabled:
        return None
    now, week = clock.now(), week_of(inbox)
    is_open = week.is_open(now)
    opens = None if is_open else week.opens_next(now)
    return {"is_open": is_open, "opens_at": opens.isoformat() if opens else None}
