"""Inboxes of channels that have no page of their own: connected with a live check, by a form that the channel's class draws."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.actions import connect, watch_over
from app.blueprints.guards import Door, administrator, viewer
from app.blueprints.settings.channel_form import InboxForm, blank, credential_fields, read, shown, typed
from app.blueprints.settings.drawn import drawn
from app.blueprints.settings.inboxes import colleagues_among
from app.blueprints.settings.speaking import speaking
from app.channels import CHANNELS
from app.channels.base import Channel, DeliveryFailed, Line, NotConnected, Unreachable
from app.config import settings
from app.errors import Invalid, NotAllowed, NotFound
from app.lib import crypto
from app.lib.database import db
from app.lib.text import document_to_html
from app.models.connection import Connection
from app.models.inbox import Inbox
from app.queries.people import colleagues

PREFIX = "/accounts/<int:account_id>/settings/inboxes/<string:kind>"
# A form that was begun knows its webhook's address already, which some providers want first.
BEGUN = "a new inbox"
BEGUN_SECONDS = 7 * 24 * 3600
FORM = "form"
GUIDES = Path(__file__).parents[3] / "docs/channels"


def channel_of(kind: str) -> type[Channel]:
    """Raises NotFound for one that is connected elsewhere, or not at all."""
    channel = CHANNELS.get(kind)
    if channel is None or channel.has_own_page:
        raise NotFound
    return channel


def found(kind: str, inbox_id: int) -> Inbox:
    """Such an inbox of this account. Raises NotFound."""
    channel_of(kind)
    inbox = Inbox.find(viewer().account.id, inbox_id)
    if inbox is None or inbox.channel != kind:
        raise NotFound
    return inbox


def path_of(inbox: Inbox) -> str:
    return inbox.settings_path


def try_line(kind: str, line: Line, webhook_url: str) -> Line:
    """In no frame. Raises Invalid in the provider's words."""
    try:
        return CHANNELS[kind](line).connect(webhook_url)
    except NotConnected as refused:
        raise Invalid(refused.fields) from None
    except (Unreachable, DeliveryFailed) as away:
        raise Invalid({FORM: str(away)}) from None


def _read_form(kind: str, inbox_id: int | None = None) -> None:
    """`g.line` is what is to be tried; `g.wrong` has words for what is wrong with it before."""
    channel = channel_of(kind)
    inbox = found(kind, inbox_id) if inbox_id is not None else Inbox(channel=kind, address="", token=_begun(kind))
    g.kind, g.wrong, g.webhook_url = kind, {}, inbox.webhook_url
    g.line = g.before = inbox.line if inbox_id is not None else Line("", inbox.token)
    try:
        taken = read(channel, g.line)
        colleagues_among(taken.form.members)
        g.form, g.line = taken.form, taken.line
    except Invalid as refused:
        g.wrong = refused.fields or {FORM: refused.message}


def _kept(kind: str, inbox_id: int) -> None:
    """The line as it is, to be tried anew."""
    inbox = found(kind, inbox_id)
    g.kind, g.wrong, g.webhook_url = kind, {}, inbox.webhook_url
    g.line = g.before = inbox.line


def _try() -> None:
    if not g.wrong:
        try:
            g.line = try_line(g.kind, g.line, g.webhook_url)
        except Invalid as refused:
            g.wrong = refused.fields


def _give_back() -> None:
    """Where credentials led to another address, the provider may know this inbox's webhook there now: it is taken back,
    or that of the inbox whose address it is put in its place.
    """
    if strayed := g.get("strayed"):
        with suppress(NotConnected, Unreachable, DeliveryFailed):
            CHANNELS[g.kind](strayed).disconnect(g.webhook_url)
    if robbed := g.get("robbed"):
        line, webhook_url = robbed
        with suppress(Invalid):
            try_line(g.kind, line, webhook_url)


def _plan(kind: str, inbox_id: int) -> None:
    found(kind, inbox_id)
    g.plan = watch_over.prepare(viewer().account.id, inbox_id)


def _probe() -> None:
    g.found = watch_over.call(g.plan) if g.plan else None


blueprint = Door("channel_inbox", __name__, guard=administrator, url_prefix=PREFIX)
connecting = Door(
    "channel_inbox_connects", __name__, guard=speaking(_read_form, _try, after=_give_back), url_prefix=PREFIX
)
registering = Door(
    "channel_inbox_registers", __name__, guard=speaking(_kept, _try, after=_give_back), url_prefix=PREFIX
)
probing = Door("channel_inbox_probes", __name__, guard=speaking(_plan, _probe), url_prefix=PREFIX)


@blueprint.get("/new")
def new(kind: str) -> str:
    return _new(kind, {**blank(channel_of(kind)), "members": {viewer().user.id}}, {})


@blueprint.get("/guide")
def guide(kind: str) -> str:
    """The walk through the provider's console."""
    channel, words = channel_of(kind), guide_of(kind)
    if words is None:
        raise NotFound
    return render_template("settings/inboxes/channel/guide.html", channel=channel, words=words)


@connecting.post("")
def create(kind: str) -> ResponseReturnValue:
    if (made := _of_token(g.line.token)) is not None:
        return _made(made)
    if not g.wrong:
        try:
            with db.session.begin_nested():
                return _made(_connected(kind))
        except IntegrityError:
            # Sent twice at the same moment, or the address is somebody's.
            if (made := _of_token(g.line.token)) is not None:
                return _made(made)
            g.wrong = {FORM: taken(kind, g.line.address)}
    return _new(kind, typed(channel_of(kind)), g.wrong), 422


@blueprint.get("/<int:inbox_id>")
def show(kind: str, inbox_id: int) -> str:
    inbox = found(kind, inbox_id)
    return _edit(inbox, shown(channel_of(kind), inbox), {})


@connecting.post("/<int:inbox_id>")
def update(kind: str, inbox_id: int) -> ResponseReturnValue:
    inbox = found(kind, inbox_id)
    if not g.wrong:
        try:
            rekeep(inbox, g.line)
            _write(inbox, g.form)
        except Invalid as refused:
            g.wrong = refused.fields
        else:
            flash(f"{inbox.name} is saved, and {CHANNELS[kind].name} let us in.")
            return redirect(path_of(inbox), 303)
    return _edit(inbox, {**shown(channel_of(kind), inbox), **typed(channel_of(kind))}, g.wrong), 422


@registering.post("/<int:inbox_id>/register")
def register(kind: str, inbox_id: int) -> ResponseReturnValue:
    """The webhook anew, and whatever else `connect` does at the provider."""
    inbox = found(kind, inbox_id)
    if not g.wrong:
        try:
            rekeep(inbox, g.line)
        except Invalid as refused:
            g.wrong = refused.fields
    if g.wrong:
        flash(" ".join(g.wrong.values()), "danger")
    else:
        flash(f"{CHANNELS[kind].name} knows our address again.")
    return redirect(f"{path_of(inbox)}#health", 303)


@probing.post("/<int:inbox_id>/probe")
def probe(kind: str, inbox_id: int) -> ResponseReturnValue:
    inbox = found(kind, inbox_id)
    if g.found is None:
        flash("A closed inbox is not looked at. Open it first.", "danger")
    else:
        watch_over.settle(g.plan, g.found)
        problems = [each.words for each in g.found.health.problems]
        flash(problems[0] if problems else "Nothing is wrong.", "danger" if problems else "success")
    return redirect(f"{path_of(inbox)}#health", 303)


def rekeep(inbox: Inbox, line: Line) -> None:
    """Keep a line that was tried. Raises Invalid where it leads to another address than the inbox's."""
    if line.address != inbox.address and not CHANNELS[inbox.channel].is_movable:
        _stray(inbox, line)
        raise Invalid(
            {FORM: f"This leads to {line.address}, but the inbox is {inbox.address}: add that as another inbox."}
        )
    try:
        with db.session.begin_nested():
            connect.keep(inbox, line, by=viewer().actor, before=g.get("before"))
            db.session.flush()
    except IntegrityError:
        raise Invalid({FORM: taken(inbox.channel, line.address)}) from None


def taken(kind: str, address: str) -> str:
    """Whose an address is that cannot be had."""
    other = connect.at(viewer().account.id, kind, address)
    if other is None:
        return f"{address} is connected in another account of this Parley."
    _rob(other)
    return f"The inbox {other.name} has {address} already."


def _rob(other: Inbox) -> None:
    """Where letters name an address, all inboxes have one webhook, and nothing was taken away."""
    if not CHANNELS[other.channel].is_addressed:
        g.robbed = (other.line, other.webhook_url)


def _stray(inbox: Inbox, line: Line) -> None:
    """A line was tried that is not the inbox's own."""
    other = connect.at(inbox.account_id, inbox.channel, line.address)
    if other is not None:
        _rob(other)
    elif not CHANNELS[inbox.channel].is_addressed:
        g.strayed = line


def guide_of(kind: str) -> Markup | None:
    """Of the documentation, without its title, with our own address; None where there is none."""
    path = GUIDES / f"{kind}.md"
    words = path.read_text().partition("\n")[2].strip() if path.is_file() else ""
    return document_to_html(words.replace("PUBLIC_URL", settings().public_url)) if words else None


def _connected(kind: str) -> Inbox:
    line: Line = g.line
    named = Line(
        line.address, line.token, g.form.name or line.name or CHANNELS[kind].name, line.credentials, line.settings
    )
    inbox = connect.connect(viewer().account.id, kind, named, members=g.form.members, by=viewer().actor)
    _write(inbox, g.form)
    return inbox


def _write(inbox: Inbox, form: InboxForm) -> None:
    inbox.name = form.name or inbox.name
    inbox.is_enabled = form.is_enabled
    inbox.greeting_enabled, inbox.greeting_message = form.greeting_enabled, form.greeting_message or None
    inbox.lock_to_single_conversation = form.lock_to_single_conversation
    connect.staff(inbox, form.members, by=viewer().actor)


def _made(inbox: Inbox) -> ResponseReturnValue:
    flash(f"{inbox.name} is connected.")
    return redirect(path_of(inbox), 303)


def _of_token(token: str) -> Inbox | None:
    """What a form that was sent twice has made already."""
    return db.session.scalar(select(Inbox).where(Inbox.account_id == viewer().account.id, Inbox.token == token))


def _begun(kind: str) -> str:
    """The token that the form began with; a new one where it was too long ago, or another's."""
    try:
        begun = crypto.unsign(request.form.get("begun", ""), BEGUN)
    except NotAllowed:
        return crypto.token(18)
    is_ours = begun.get("account") == viewer().account.id and begun.get("kind") == kind
    return str(begun["token"]) if is_ours else crypto.token(18)


def _new(kind: str, values: dict[str, Any], wrong: dict[str, str]) -> str:
    channel, token = channel_of(kind), _begun(kind)
    begun = {"account": viewer().account.id, "kind": kind, "token": token}
    webhook_url = Inbox(channel=kind, address="", token=token).webhook_url
    return _page(
        "new",
        channel,
        values,
        wrong,
        begun=crypto.sign(begun, BEGUN, BEGUN_SECONDS),
        facts=channel(Line("", token)).setup_facts(webhook_url),
        credential_fields=credential_fields(channel, {}),
    )


def _edit(inbox: Inbox, values: dict[str, Any], wrong: dict[str, str]) -> str:
    channel = channel_of(inbox.channel)
    kept = inbox.credentials
    return _page(
        "show",
        channel,
        values,
        wrong,
        inbox=inbox,
        connection=Connection.of(inbox),
        place=channel(inbox.line).place,
        facts=channel(inbox.line).setup_facts(inbox.webhook_url),
        credential_fields=credential_fields(channel, kept),
        kept={name for name, value in kept.items() if value},
    )


def _page(name: str, channel: type[Channel], values: dict[str, Any], wrong: dict[str, str], **more: Any) -> str:
    return render_template(
        f"settings/inboxes/channel/{name}.html",
        channel=channel,
        typed=values,
        errors={field.partition(".")[0]: words for field, words in wrong.items()},
        people=colleagues(viewer().account.id),
        setting_fields=drawn(channel.Settings),
        consent=channel.consent(),
        has_guide=guide_of(channel.kind) is not None,
        **more,
    )
