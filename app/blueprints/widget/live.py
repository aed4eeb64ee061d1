"""The visitor's socket, opened with a ticket: a token has no place in an address that logs keep."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from flask_sock import Sock
from redis.exceptions import RedisError
from simple_websocket import Server

from app.actions.meet import own_uuid
from app.blueprints.widget.visitor import Key, visiting
from app.errors import NotSignedIn, Unavailable
from app.ledger.transaction import transaction
from app.lib import crypto, redis
from app.models.contact import ContactInbox
from app.queries import visitor_conversations
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
    with visiting(g.key):
        g.streams = heard_by(g.key)


@sock.route("/widget/socket", bp=door)  # type: ignore[untyped-decorator]  # published without types
def listen(ws: Server) -> None:
    key: Key = g.key
    own: str = g.streams[0]
    sessions: list[ContactInbox] = []

    def beat() -> dict[str, Any]:
        with transaction(key.account_id):
            session, heads = visitor_conversations.state_of(key.account_id, key.inbox_id, key.source_id)
        if session:
            sessions[:] = [session]
            signals.visitor_is_here(session)
        return {"heads": heads}

    def permitted() -> set[str]:
        with transaction(key.account_id):
            return set(heard_by(key))

    try:
        hub().serve(ws, set(g.streams), permitted=permitted, on_beat=beat, pulse=own)
    finally:
        if own not in hub().by_stream:
            for session in sessions:
                signals.visitor_has_left(session)


def heard_by(key: Key) -> list[str]:
    """The streams of this visitor: their own session's first, and those of the others they may read."""
    session, _ = visitor_conversations.state_of(key.account_id, key.inbox_id, key.source_id)
    own = session.uuid if session else own_uuid(key.source_id)
    others = visitor_conversations.sessions(session) if session else []
    return [streams.of_visitor(own), *(streams.of_visitor(uuid) for uuid in others if uuid != own)]


def _place(ticket: str) -> str:
    return f"widget-ticket:{crypto.digest(ticket)}"


blueprint.register_blueprint(door)
