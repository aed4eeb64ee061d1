"""Consent of Google and Microsoft: an administrator goes there, returns with a code, and the mailbox is connected."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as Answer

from app.blueprints.guards import Door, administrator, viewer
from app.blueprints.settings.consenting import Way
from app.blueprints.settings.email_inbox import at, found, keep, make, path_of
from app.channels.base import Line, NotConnected, Unreachable
from app.channels.email import oauth
from app.channels.email.channel import Email
from app.channels.email.oauth import Provider, Tokens
from app.channels.email.settings import EmailCredentials, EmailSettings
from app.channels.email.way import Denied
from app.errors import NotFound

WAY = Way("/mail-consent", "mail_consent")


def returning(view: Callable[..., Any]) -> Callable[..., Any]:
    """Whoever left for the provider from this browser, and still is that administrator of that account.

    Before the view the code is exchanged and the mailbox tried, outside of any frame; `g.line` is what is to be kept,
    `g.words` says why there is nothing.
    """
    framed = administrator(view)

    @wraps(view)
    def steps(name: str) -> Response:
        asked, journey = _provider(name), WAY.returned(name)
        administrator(_prepare)(account_id=journey.account_id, inbox_id=journey.inbox_id)
        g.words = ""
        try:
            g.line = _connected(asked, journey.verifier, g.line)
        except (Denied, Unreachable, NotConnected) as refused:
            g.words = str(refused)
        answer: Response = framed(account_id=journey.account_id, inbox_id=journey.inbox_id)
        WAY.arrived(answer)
        return answer

    return steps


leaving = Door(
    "mail_consent",
    __name__,
    guard=administrator,
    url_prefix="/accounts/<int:account_id>/settings/inboxes/email/consent",
)
blueprint = Blueprint("mail_consent_returned", __name__, url_prefix="/mail-consent")


@leaving.get("/<string:name>")
def leave(name: str) -> Answer:
    """To the provider. A link rather than a form, for our pages' forms lead to ourselves only; nothing changes yet."""
    asked = _provider(name)
    inbox = found(request.args.get("inbox", type=int) or 0) if "inbox" in request.args else None

    def url(state: str, verifier: str) -> str:
        email = inbox.address if inbox else ""
        return oauth.consent_url(
            asked, redirect_uri=WAY.redirect_uri(name), state=state, verifier=verifier, email=email
        )

    return WAY.depart(name, inbox.id if inbox else None, url)


def back(inbox_id: int | None) -> ResponseReturnValue:
    """The mailbox is connected, or it is said why not; then nothing is kept."""
    inbox = found(inbox_id) if inbox_id is not None else None
    home = f"/accounts/{viewer().account.id}/settings/inboxes/email"
    if g.words:
        flash(g.words, "danger")
        return redirect(path_of(inbox) if inbox else f"{home}/new", 303)
    inbox = inbox or at(g.line.address)
    if inbox is None:
        inbox = make(g.line)
    else:
        keep(inbox, g.line)
    flash(f"{inbox.address} is connected.")
    return redirect(path_of(inbox), 303)


blueprint.add_url_rule("/<string:name>", "back", returning(back))


def _prepare(inbox_id: int | None) -> str:
    """In a frame of its own: the line that is to be connected anew, or a blank one."""
    g.line = found(inbox_id).line if inbox_id is not None else Line("")
    return ""


def _connected(asked: Provider, verifier: str, before: Line) -> Line:
    """The line with the tokens that consent gave, tried. Raises Denied, Unreachable, NotConnected."""
    if "code" not in request.args:
        raise Denied(f"{asked.label} did not connect it: {request.args.get('error', 'no code came back')[:200]}")
    tokens = oauth.exchanged(
        asked, code=request.args["code"], verifier=verifier, redirect_uri=WAY.redirect_uri(asked.name)
    )
    kept = EmailCredentials.model_validate(dict(before.credentials))
    if not tokens.email:
        raise Denied(f"{asked.label} did not say whose mailbox it is.")
    login = kept.imap_login if kept.consent == asked.name else before.address
    if login and login.lower() != tokens.email:
        raise Denied(f"You gave consent as {tokens.email}, but this inbox is {login}.")
    line = Line(
        before.address or tokens.email,
        before.token,
        before.name or tokens.email,
        {**before.credentials, **_credentials(asked, tokens)},
        {**EmailSettings().model_dump(mode="json"), **before.settings},
    )
    return Email(line).connect("")


def _credentials(asked: Provider, tokens: Tokens) -> dict[str, Any]:
    return EmailCredentials(
        consent=asked.name,
        imap_host=asked.imap[0],
        imap_port=asked.imap[1],
        imap_security="tls",
        imap_login=tokens.email,
        smtp_host=asked.smtp[0],
        smtp_port=asked.smtp[1],
        smtp_security="starttls" if asked.smtp[1] == 587 else "tls",
        access_token=tokens.access,
        refresh_token=tokens.refresh,
        expires_at=tokens.expires_at,
    ).model_dump(mode="json", exclude={"mailgun_key", "relay_user", "relay_password"})


def _provider(name: str) -> Provider:
    """Raises NotFound for one that the settings do not name."""
    asked = oauth.provider(name)
    if asked is None or not asked.is_set_up:
        raise NotFound
    return asked
