"""E-mail inboxes: connected with a live test of both servers, before anything is kept of them."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.actions import connect
from app.blueprints.guards import Door, administrator, viewer
from app.blueprints.settings.email_form import PRESETS, EmailInboxForm, preset, shown, typed
from app.blueprints.settings.inboxes import colleagues_among
from app.blueprints.settings.speaking import speaking
from app.channels.base import Line, NotConnected
from app.channels.email import oauth
from app.channels.email.channel import Email
from app.channels.email.settings import EmailCredentials, EmailSettings
from app.config import settings
from app.errors import Invalid, NotFound
from app.models.connection import Connection
from app.models.inbox import ChannelKind, Inbox
from app.queries.people import colleagues

PREFIX = "/accounts/<int:account_id>/settings/inboxes/email"


def _prepare(inbox_id: int | None = None) -> None:
    """What the form says, and what is wrong with it before any server is asked: `g.wrong` has words for it."""
    before = found(inbox_id).line if inbox_id is not None else Line("")
    g.form, g.line, g.wrong = None, before, {}
    try:
        form = EmailInboxForm.read()
        colleagues_among(form.members)
        g.form, g.line = form, form.line(before)
        g.wrong = form.wrong(EmailCredentials.model_validate(dict(before.credentials)))
        if (other := at(form.address)) is not None and other.id != inbox_id:
            g.wrong["address"] = f"The inbox {other.name} has this address already."
    except Invalid as refused:
        g.wrong = refused.fields or {"address": refused.message}


def _try() -> None:
    """`g.line` is the inbox's line as it is to be kept."""
    if not g.wrong:
        try:
            g.line = Email(g.line).connect("")
        except NotConnected as refused:
            g.wrong = refused.fields


blueprint = Door("email_inbox", __name__, guard=administrator, url_prefix=PREFIX)
calling = Door("email_inbox_calls", __name__, guard=speaking(_prepare, _try), url_prefix=PREFIX)


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
    inbox = Inbox.find(viewer().account.id, inbox_id)
    if inbox is None or inbox.channel != ChannelKind.EMAIL:
        raise NotFound
    return inbox


def make(line: Line) -> Inbox:
    """A new inbox on a line that was tried."""
    members = {viewer().user.id}
    return connect.connect(viewer().account.id, ChannelKind.EMAIL, line, members=members, by=viewer().actor)


def keep(inbox: Inbox, line: Line) -> None:
    """The line of an inbox, now that it was tried: what was wrong with it is right."""
    connect.keep(inbox, line, by=viewer().actor)


def at(address: str) -> Inbox | None:
    """The account's e-mail inbox of that address."""
    return connect.at(viewer().account.id, ChannelKind.EMAIL, address)


def _write(inbox: Inbox, form: EmailInboxForm) -> None:
    inbox.sender_name_type, inbox.business_name = form.sender_name_type, form.business_name or None
    inbox.is_enabled = form.is_enabled
    connect.staff(inbox, form.members, by=viewer().actor)


def path_of(inbox: Inbox) -> str:
    return inbox.settings_path


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
