"""Consent at a channel's provider: an administrator goes there, returns, and chooses what of theirs is connected."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import wraps
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from redis import RedisError
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as Answer

from app.actions import connect
from app.blueprints.guards import Door, administrator, viewer
from app.blueprints.settings.channel_inbox import FORM, PREFIX, channel_of, found, path_of, rekeep, taken, try_line
from app.blueprints.settings.consenting import MINUTES, Journey, Way
from app.blueprints.settings.speaking import speaking
from app.channels import CHANNELS
from app.channels.base import Consent, DeliveryFailed, Line, NotConnected, Unreachable
from app.errors import Invalid, NotFound
from app.lib import crypto, redis
from app.lib.crypto import WrongKey
from app.lib.database import db
from app.models.inbox import Inbox

WAY = Way("/consent", "consent")
# What one consent may let us in to, and how long what a provider sends along may be.
MOST_LINES = 500
LONGEST_VALUE = 8_000


@dataclass(frozen=True)
class Choice:
    """A line that can be connected. `inbox` is where it is connected already, `words` why it could not be just now."""

    address: str
    name: str
    place: str
    inbox: Inbox | None
    words: str = ""


def returning(view: Callable[..., Any]) -> Callable[..., Any]:
    """Whoever left for the provider from this browser, and still is that administrator of that account.

    Before the view what they came back with is exchanged, outside of any frame: `g.lines` is what they let us in to, `g.line`
    the one line that is to be kept at once, tried; `g.words` says why there is none.
    """
    framed = administrator(view)

    @wraps(view)
    def steps(kind: str) -> Response:
        consent, journey = consent_of(kind), WAY.returned(kind)
        place = {"account_id": journey.account_id, "kind": kind, "inbox_id": journey.inbox_id}
        administrator(_before)(**place)
        g.words, g.lines, g.line = "", [], None
        try:
            g.lines = _let_in(kind, consent, journey)
            g.line = _at_once(kind, g.lines)
        except (NotConnected, Unreachable, DeliveryFailed) as refused:
            g.words = str(refused)
        except Invalid as refused:
            g.words = " ".join(refused.fields.values())
        answer: Response = framed(**place)
        WAY.arrived(answer)
        return answer

    return steps


leaving = Door("channel_consent", __name__, guard=administrator, url_prefix=f"{PREFIX}/consent")
blueprint = Blueprint("channel_consent_returned", __name__, url_prefix=WAY.path)


def consent_of(kind: str) -> Consent:
    """Raises NotFound for a channel without, or where the settings lack our app."""
    consent = channel_of(kind).consent()
    if consent is None or not consent.is_set_up:
        raise NotFound
    return consent


@leaving.get("")
def leave(kind: str) -> Answer:
    """To the provider. A link rather than a form, for our pages' forms lead to ourselves only; nothing changes yet."""
    consent = consent_of(kind)
    inbox = found(kind, request.args.get("inbox", type=int) or 0) if "inbox" in request.args else None
    return WAY.depart(
        kind,
        inbox.id if inbox else None,
        lambda state, verifier: consent.url(redirect_uri=WAY.redirect_uri(kind), state=state, verifier=verifier),
    )


def back(kind: str, inbox_id: int | None) -> ResponseReturnValue:
    """It is connected, or to be chosen, or it is said why not; then nothing is kept."""
    inbox = found(kind, inbox_id) if inbox_id is not None else None
    home = f"/accounts/{viewer().account.id}/settings/inboxes/{kind}"
    if not g.words and g.line is None:
        return redirect(f"{home}/consent/choice?kept={_put_aside(kind, g.lines)}", 303)
    if not g.words:
        try:
            inbox = _kept(kind, g.line)
            flash(f"{inbox.name} is connected.")
            return redirect(path_of(inbox), 303)
        except Invalid as refused:
            g.words = " ".join(refused.fields.values())
    flash(g.words, "danger")
    return redirect(path_of(inbox) if inbox else f"{home}/new", 303)


blueprint.add_url_rule("/<string:kind>", "back", returning(back))


@leaving.get("/choice")
def choose(kind: str) -> str:
    """Which of the pages or numbers are to be inboxes."""
    return _choice(kind, _aside(kind), {})


def _chosen(kind: str) -> None:
    g.kind, wanted = kind, request.form.getlist("addresses")
    g.chosen = [line for line in _aside(kind) if line.address in wanted and _inbox_at(kind, line.address) is None]


def _try_chosen() -> None:
    """`g.tried` is what let us in, `g.failed` has words for each address that did not."""
    g.tried, g.failed = [], {}
    for line in g.chosen:
        try:
            g.tried.append(try_line(g.kind, line, _webhook_url(g.kind, line)))
        except Invalid as refused:
            g.failed[line.address] = " ".join(refused.fields.values())


choosing = Door(
    "channel_consent_chosen", __name__, guard=speaking(_chosen, _try_chosen), url_prefix=f"{PREFIX}/consent"
)


@choosing.post("/choice")
def chosen(kind: str) -> ResponseReturnValue:
    lines, made = _aside(kind), []
    if not g.chosen:
        return _choice(kind, lines, {FORM: "Choose at least one."}), 422
    for line in g.tried:
        try:
            made.append(_kept(kind, line))
        except Invalid as refused:
            g.failed[line.address] = " ".join(refused.fields.values())
    if made:
        flash(f"{made[0].name} is connected." if len(made) == 1 else f"{len(made)} inboxes are connected.")
    if g.failed:
        return _choice(kind, lines, g.failed), 422
    with suppress(RedisError):
        redis.client().delete(_place(kind))
    home = f"/accounts/{viewer().account.id}/settings/inboxes"
    return redirect(path_of(made[0]) if len(made) == 1 else home, 303)


def _before(kind: str, inbox_id: int | None) -> str:
    """In a frame: the address that is to be connected again, and which ones are connected."""
    g.again = found(kind, inbox_id).line if inbox_id is not None else None
    g.connected = {inbox.address: inbox.line for inbox in connect.all_of(viewer().account.id, kind)}
    return ""


def _let_in(kind: str, consent: Consent, journey: Journey) -> list[Line]:
    """Raises NotConnected in the provider's words, Unreachable."""
    query = {name: value[:LONGEST_VALUE] for name, value in request.args.items() if name != "state"}
    if "error" in query and "code" not in query:
        words = query.get("error_description") or query.get("error_message") or query["error"]
        raise NotConnected({FORM: f"{consent.label} did not let us in: {words[:300]}"})
    lines = consent.lines(query, redirect_uri=WAY.redirect_uri(kind), verifier=journey.verifier)[:MOST_LINES]
    if not lines:
        raise NotConnected({FORM: f"{consent.label} let us in to nothing that can be an inbox."})
    return [_renewed(g.connected.get(line.address), line) for line in lines]


def _renewed(before: Line | None, line: Line) -> Line:
    """A line that was let in, with what people have set where it is connected: consent brings credentials anew, and whole."""
    if before is None:
        return replace(line, token=line.token or crypto.token(18))
    return replace(before, credentials=line.credentials, settings={**before.settings, **line.settings})


def _at_once(kind: str, lines: Sequence[Line]) -> Line | None:
    """The line that need not be chosen, tried: the inbox's own, or the only one. Raises Invalid, NotConnected."""
    if g.again is not None:
        # Some only tell whose it is when they are asked: who it is then must be the same.
        own = next((line for line in lines if line.address in ("", g.again.address)), None)
        if own is None:
            others = ", ".join(line.name or line.address for line in lines[:5])
            raise NotConnected({FORM: f"You let us in to {others}, but this inbox is {g.again.address}."})
        kept = _renewed(g.again, own)
        tried = try_line(kind, replace(kept, address=own.address), _webhook_url(kind, kept))
        if tried.address != g.again.address:
            raise NotConnected({FORM: f"You let us in to {tried.address}, but this inbox is {g.again.address}."})
        return tried
    return try_line(kind, lines[0], _webhook_url(kind, lines[0])) if len(lines) == 1 else None


def _kept(kind: str, line: Line) -> Inbox:
    """The inbox of that address, made or connected again. Raises Invalid when another account has it."""
    inbox = _inbox_at(kind, line.address)
    if inbox is not None:
        settings = {**inbox.channel_settings, **line.settings}
        rekeep(inbox, replace(line, token=inbox.token, name=inbox.name, settings=settings))
        return inbox
    named = replace(line, name=line.name or CHANNELS[kind].name)
    try:
        with db.session.begin_nested():
            members = {viewer().user.id}
            return connect.connect(viewer().account.id, kind, named, members=members, by=viewer().actor)
    except IntegrityError:
        raise Invalid({FORM: taken(kind, line.address)}) from None


def _put_aside(kind: str, lines: Sequence[Line]) -> str:
    """Sealed, for as long as a consent takes: lost, it is given anew. Returns the name it is found by."""
    name = crypto.token()
    sealed = crypto.encrypt(
        json.dumps(
            {
                "account_id": viewer().account.id,
                "user_id": viewer().user.id,
                "kind": kind,
                "lines": [asdict(line) for line in lines],
            }
        )
    )
    try:
        redis.client().set(_place_of(name), sealed, ex=MINUTES * 60)
    except RedisError:
        raise Invalid({FORM: "What you chose could not be kept. Try again in a moment."}) from None
    return name


def _aside(kind: str) -> list[Line]:
    """Raises NotFound unless it was put aside for this person, in this account, not too long ago."""
    try:
        sealed = redis.client().get(_place(kind))
        kept = json.loads(crypto.decrypt(sealed.decode())) if isinstance(sealed, bytes) else None
    except (RedisError, WrongKey, ValueError):
        kept = None
    mine = {"account_id": viewer().account.id, "user_id": viewer().user.id, "kind": kind}
    if kept is None or any(kept[name] != value for name, value in mine.items()):
        raise NotFound("What you consented to is not known any more. Begin again.")
    return [Line(**line) for line in kept["lines"]]


def _place(kind: str) -> str:
    channel_of(kind)
    return _place_of(request.values.get("kept", ""))


def _place_of(name: str) -> str:
    return f"consent:{crypto.digest(name)}"


def _choice(kind: str, lines: Sequence[Line], failed: dict[str, str]) -> str:
    channel = channel_of(kind)
    choices = [
        Choice(
            line.address, line.name, channel(line).place, _inbox_at(kind, line.address), failed.get(line.address, "")
        )
        for line in lines
    ]
    return render_template(
        "settings/inboxes/channel/choice.html",
        channel=channel,
        choices=choices,
        kept=request.values.get("kept", ""),
        wanted=request.form.getlist("addresses"),
        error=failed.get(FORM, ""),
    )


def _inbox_at(kind: str, address: str) -> Inbox | None:
    return connect.at(viewer().account.id, kind, address)


def _webhook_url(kind: str, line: Line) -> str:
    return Inbox(channel=kind, address=line.address, token=line.token).webhook_url
