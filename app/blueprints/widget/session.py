"""How a visit begins and ends."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, jsonify, request

from app.blueprints.widget import conversations
from app.blueprints.widget.messages import thread
from app.blueprints.widget.visitor import Key, Visitor, find_inbox, limit_address, visiting
from app.ledger.transaction import transaction
from app.models.contact import Contact
from app.realtime import frames, streams

blueprint = Blueprint("session", __name__, url_prefix="/widget/api")


@blueprint.get("/config")
def show() -> Response:
    """Who is visiting and what was said; someone new is given a key, and nothing is written down."""
    if request.headers.get("X-Auth-Token"):
        with visiting() as visitor:
            return jsonify(told(visitor))
    limit_address("widget-new-page", limit=600, seconds=3600)
    inbox = find_inbox(request.args.get("website_token", ""))
    key = Key.cut(inbox)
    with transaction(inbox.account_id):
        return jsonify({"token": key.token, **told(Visitor(key, inbox))})


@blueprint.delete("/session")
def destroy() -> Response:
    """Forget this browser: its token opens nothing any more, on whichever page it is kept."""
    with visiting() as visitor:
        session = visitor.session
        if session:
            frames.tell(streams.of_visitor(session.uuid), "ended")
            frames.close(streams.of_visitor(session.uuid))
            session.uuid = uuid4()
            session.source_id = str(session.uuid)
            session.hmac_verified = False
    return Response(status=204)


def told(visitor: Visitor) -> dict[str, Any]:
    """What a page needs to begin with."""
    session = visitor.session
    return {
        "is_known": session is not None,
        "contact": described(session.contact if session else None),
        "thread": thread(visitor.conversation),
        **conversations.told(visitor),
    }


def described(contact: Contact | None) -> dict[str, Any]:
    """What is known of a visitor, without telling it to whoever may only claim to be them."""
    return {
        "identifier": contact.identifier if contact else None,
        "has_name": bool(contact and contact.name),
        "has_email": bool(contact and contact.email),
        "has_phone_number": bool(contact and contact.phone_number),
    }
