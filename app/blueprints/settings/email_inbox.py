"""E-mail inboxes: connected with a live test of both servers, before anything is kept of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.actions.poll import wish_poll
from app.actions.watch_over import wish_probe
from app.blueprints.guards import Door, administrator, viewer
from app.blueprints.settings.email_form import PRESETS, EmailInboxForm, preset, shown, typed
from app.blueprints.settings.inboxes import colleagues_among
from app.channels.base import Line, NotConnected
from app.channels.email import oauth
from app.channels.email.channel import Email
from app.channels.email.settings import EmailCredentials, EmailSettings
from app.config import settings
from app.errors import Invalid, NotFound
from app.lib.database import db
from app.models.connection import Connection
from app.models.event import record
from app.models.inbox import ChannelKind, Inbox
from app.queries.people import colleagues

PREFIX = "/accounts/<int:account_id>/settings/inboxes/email"


def caller(view: Callable[..., Any]) -> Callable[..., Any]:
    """Administrators; before the view, the servers are spoken with, outside of any frame: they may take their time.

    `g.line` is the inbox's line as it is to be kept; where the form or a server is wrong, `g.wrong` has words for it.
    """
    before, framed = administrator(_prepare), administrator(view)

    @wraps(view)
    def steps(**values: Any) -> Response:
        before(**values)
        if not g.wrong:
            try:
                g.line = Email(g.line).connect("")
            except NotConnected as refused:
                g.wrong = refused.fields
        return framed(**values)  # type: ignore[no-any-return]  # Flask's own answer

    return steps


def _prepare(inbox_id: int | None = None) -> str:
    """In a frame of its own: what the form says, and what is wrong with it before any server is asked."""
    before = found(inbox_id).line if inbox_id is not None else Line("")
    g.form, g.line, g.wrong = None, before, {}
    try:
        form = EmailInboxForm.read()
        colleagues_among(form.members)
        g.form, g.line = form, form.line(before)
        g.wrong = form.wrong(EmailCredentials.model_validate(dict(before.credentials)))
        if (other := _at(form.address)) is not None and other.id != inbox_id:
            g.wrong["address"] = f"The inbox {other.name} has this address already."
    except Invalid as refused:
        g.wrong = refused.fields or {"address": refused.message}
    return ""


blueprint = Door("email_inbox", __name__, guard=administrator, url_prefix=PREFIX)
calling = Door("email_inbox_calls", __name__, guard=caller, url_prefix=PREFIX)


@blueprint.get("/new")
def new() -> str:
    chosen = preset(request.args.get("preset"))
    by = "forward" if chosen.key == "forward" else "mailbox"
    blank = {**EmailCredentials().model_dump(), **EmailSettings().model_dump(), "aliases": ""}
    start = {"comes_by": by, "goes_by": "parley" if by == "forward" else "own", "is_enabled": True}
    return _new({**blank, **chosen.servers, **start, "members": {viewer().user.id}}, {})


@calling.post("")
def create() -> ResponseReturnValue:
    if g.wrong:
        return _new(typed(), g.wrong), 422
    inbox = make(g.line)
    _write(inbox, g.form)
    flash(f"{inbox.name} is connected.")
    return redirect(path_of(inbox), 303)


@blueprint.get("/<int:inbox_id>")
def show(inbox_id: int) -> str:
    inbox = found(inbox_id)
    return _edit(inbox, shown(inbox), {})


@calling.post("/<int:inbox_id>")
def update(inbox_id: int) -> ResponseReturnValue:
    inbox = found(inbox_id)
    if g.wrong:
        return _edit(inbox, {**shown(inbox), **typed()}, g.wrong), 422
    keep(inbox, g.line)
    _write(inbox, g.form)
    flash(f"{inbox.name} is saved, and its servers let us in.")
    return redirect(path_of(inbox), 303)


def found(inbox_id: int) -> Inbox:
    """An e-mail inbox of this account. Raises NotFound."""
    inbox = db.session.get(Inbox, (viewer().account.id, inbox_id))
    if inbox is None or inbox.channel != ChannelKind.EMAIL:
        raise NotFound
    return inbox


def make(line: Line) -> Inbox:
    """A new inbox on a line that was tried."""
    inbox = Inbox(account_id=viewer().account.id, name=line.name, channel=ChannelKind.EMAIL, address=line.address)
    inbox.credentials, inbox.channel_settings = dict(line.credentials), dict(line.settings)
    db.session.add(inbox)
    db.session.flush()
    inbox.set_members({viewer().user.id})
    record("inbox.created", inbox, by=viewer().actor)
    _begin(inbox)
    return inbox


def keep(inbox: Inbox, line: Line) -> None:
    """The line of an inbox, now that it was tried: what was wrong with it is right."""
    inbox.address, inbox.name = line.address, line.name
    inbox.credentials, inbox.channel_settings = dict(line.credentials), dict(line.settings)
    record("inbox.updated", inbox, by=viewer().actor)
    _begin(inbox)


def _begin(inbox: Inbox) -> None:
    """What waits is fetched at once, and the desk hears how the line stands."""
    wish_poll(inbox.account_id, inbox.id)
    wish_probe(inbox.account_id, inbox.id)


def at(address: str) -> Inbox | None:
    """The account's e-mail inbox of that address."""
    return _at(address)


def _at(address: str) -> Inbox | None:
    return db.session.scalar(
        select(Inbox).where(
            Inbox.account_id == viewer().account.id, Inbox.channel == ChannelKind.EMAIL, Inbox.address == address
        )
    )


def _write(inbox: Inbox, form: EmailInboxForm) -> None:
    inbox.sender_name_type, inbox.business_name = form.sender_name_type, form.business_name or None
    inbox.is_enabled = form.is_enabled
    if form.members != {member.user_id for member in inbox.members}:
        inbox.set_members(form.members)
        record("inbox.members_changed", inbox, by=viewer().actor, members=sorted(form.members))


def path_of(inbox: Inbox) -> str:
    return f"/accounts/{inbox.account_id}/settings/inboxes/email/{inbox.id}"


def _new(values: dict[str, Any], wrong: dict[str, str]) -> str:
    chosen = preset(request.values.get("preset"))
    providers = [each for name in ("google", "microsoft") if (each := oauth.provider(name))]
    return _page("new", values, wrong, preset=chosen, presets=PRESETS, providers=providers)


def _edit(inbox: Inbox, values: dict[str, Any], wrong: dict[str, str]) -> str:
    kept = EmailCredentials.model_validate(inbox.credentials)
    return _page(
        "show",
        values,
        wrong,
        inbox=inbox,
        kept=kept,
        consented=oauth.provider(kept.consent),
        connection=Connection.of(inbox),
        relay_url=inbox.webhook_url,
        postfix=POSTFIX.replace("URL", inbox.webhook_url),
    )


def _page(name: str, values: dict[str, Any], wrong: dict[str, str], **more: Any) -> str:
    errors = {field.partition(".")[0]: words for field, words in wrong.items()}
    return render_template(
        f"settings/inboxes/email/{name}.html",
        typed=values,
        errors=errors,
        people=colleagues(viewer().account.id),
        parley_sender=settings().mail_from,
        **more,
    )


POSTFIX = """\
# /usr/local/bin/to-parley, executable; 75 has Postfix try again
#!/bin/sh
curl --silent --show-error --fail --max-time 60 \\
  --header 'Content-Type: message/rfc822' --header "X-Envelope-To: $1" \\
  --data-binary @- URL || exit 75

# /etc/postfix/master.cf
parley unix - n n - 10 pipe
  flags=Rq user=nobody argv=/usr/local/bin/to-parley ${recipient}

# /etc/postfix/transport, then: postmap /etc/postfix/transport
hello@example.com  parley:

# /etc/postfix/main.cf, then: postfix reload
transport_maps = hash:/etc/postfix/transport
parley_destination_recipient_limit = 1"""
