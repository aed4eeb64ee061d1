"""The desk's socket: what happens in the inboxes a person may see, pushed to their page."""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, g
from flask_sock import Sock
from simple_websocket import Server
from sqlalchemy import func, select

from app.blueprints.signing_in import is_live, signed_in
from app.errors import NotFound
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models.event import Event
from app.models.membership import Membership
from app.realtime import frames, presence, streams
from app.realtime.hub import hub

blueprint = Blueprint("sockets", __name__)
sock = Sock()

FRESH_SECONDS = 1.0
_heads: dict[int, tuple[float, int]] = {}


@blueprint.before_request
def enter() -> None:
    """Who may not listen is refused before the upgrade; the frame is closed before the socket's long life begins."""
    from flask import request

    account_id = int((request.view_args or {})["account_id"])
    g.account_id, g.user_id, g.login_id = account_id, signed_in().user_id, signed_in().login_id
    g.streams = permitted(account_id, g.user_id, g.login_id)
    if g.streams is None:
        raise NotFound


@sock.route("/accounts/<int:account_id>/socket", bp=blueprint)  # type: ignore[untyped-decorator]  # published without types
def listen(ws: Server, account_id: int) -> None:
    user_id, login_id = g.user_id, g.login_id
    place, who = streams.of_account(account_id), f"user:{user_id}"

    def arrive() -> None:
        if presence.arrive(place, who):
            frames.tell(place, "presence", user=user_id, online=True)

    def ready() -> dict[str, Any]:
        arrive()
        return {"head": head(account_id)}

    def beat() -> dict[str, Any]:
        arrive()
        return {"head": recent_head(account_id)}

    hub().serve(
        ws,
        g.streams,
        permitted=lambda: permitted(account_id, user_id, login_id),
        on_ready=ready,
        on_beat=beat,
        pulse=f"{place}:{who}",
    )


def permitted(account_id: int, user_id: int, login_id: int) -> set[str] | None:
    """What this person may hear now; None once they may hear nothing, or this browser was signed out."""
    if not is_live(login_id):
        return None
    with transaction(account_id):
        membership = Membership.of(account_id, user_id)
        return streams.heard_by(membership) if membership else None


def head(account_id: int) -> int:
    """The newest fact of the account: a page that has seen less looks again."""
    with transaction(account_id):
        return db.session.scalar(select(func.max(Event.id)).where(Event.account_id == account_id)) or 0


def recent_head(account_id: int) -> int:
    """As `head`, at most a second old: of all who beat in one second the first asks."""
    asked, newest = _heads.get(account_id, (-FRESH_SECONDS, 0))
    if time.monotonic() - asked > FRESH_SECONDS:
        asked, newest = _heads[account_id] = time.monotonic(), head(account_id)
    return newest
