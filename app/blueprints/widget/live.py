"""The visitor's socket, opened with a ticket: a token has no place in an address that logs keep."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from flask_sock import Sock
from redis.exceptions import RedisError
from simple_websocket import Server

from app.actions.meet import own_uuid
from app.blueprints.widget.visitor import Key, conversation_of, visiting
from app.errors import NotSignedIn, Unavailable
from app.lib import crypto, redis
from app.models.contact import ContactInbox
from app.realtime import signals, streams
from app.realtime.hub import hub

TICKET_SECONDS = 60

blueprint = Blueprint("live", __name__)
door = Blueprint("socket", __name__)
sock = Sock()


@blueprint.post("/widget/api/ticket")
def create() -> Response:
    """A ticket for one socket, good for a minute. Raises Unavailable with Redis away: the page asks by HTTP meanwhile."""
    with visiting() as visitor:
        key = visitor.key
    ticket = crypto.token(24)
    said = json.dumps([key.account_id, key.inbox_id, key.source_id])
    try:
        redis.client().set(_place(ticket), said, ex=TICKET_SECONDS)
    except (RedisError, OSError):
        raise Unavailable from None
    return jsonify(ticket=ticket)


@door.before_request
def enter() -> None:
    """Who may not listen is refused before the upgrade."""
    try:
        said = redis.client().getdel(_place(request.args.get("ticket", "")))
    except (RedisError, OSError):
        raise Unavailable from None
    if said is None:
        raise NotSignedIn("This ticket has been used or has expired.")
    g.key = Key(*json.loads(said))
    with visiting(g.key) as visitor:
        g.stream = streams.of_visitor(visitor.session.uuid if visitor.session else own_uuid(g.key.source_id))


@sock.route("/widget/socket", bp=door)  # type: ignore[untyped-decorator]  # published without types
def listen(ws: Server) -> None:
    key: Key = g.key
    session: list[ContactInbox] = []

    def beat() -> dict[str, Any]:
        with visiting(key) as visitor:
            session[:] = [found] if (found := visitor.session) else []
            conversation = conversation_of(session[0]) if session else None
            head = conversation.version if conversation else 0
        for each in session:
            signals.visitor_is_here(each)
        return {"head": head}

    heard = {g.stream}
    try:
        hub().serve(ws, heard, permitted=lambda: heard, on_beat=beat)
    finally:
        for each in session:
            signals.visitor_has_left(each)


def _place(ticket: str) -> str:
    return f"widget-ticket:{crypto.digest(ticket)}"


blueprint.register_blueprint(door)
