"""A Facebook page as Messenger and Instagram are connected by it: its token, its app, what is told to us, how it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from app.channels.meta import GraphError
from app.channels.meta_messaging.events import mapping, text, word
from app.channels.meta_messaging.graph_access import Access, App, app_of, expiry, subscribe, subscribed, told
from app.channels.standing import Health, NotConnected, Problem

WayBack = Literal["reconnect", "settings"]

LEAST = (
    "messages",
    "messaging_postbacks",
    "messaging_referrals",
    "message_deliveries",
    "message_reads",
    "message_echoes",
    "message_reactions",
)
FIELDS = (*LEAST, "message_edits", "messaging_handovers", "standby")


@dataclass(frozen=True)
class Page:
    id: str
    name: str
    token: str
    app_id: str
    about: Mapping[str, Any]


def checked(
    access: Access, page_id: str, *, field: str, scopes: Sequence[str], more: Sequence[str] = ()
) -> tuple[Page, App]:
    """The page that a token is for, if it may do what is needed. `field` is the token's in the form. Raises NotConnected."""
    if not access.secret:
        raise NotConnected({"app_secret": "Give the app secret: it proves what Meta posts."})
    with told(field):
        about = access.read(f"/{page_id or 'me'}", ["id", "name", "access_token", *more])
        # A person's token is good for finding the page's own, which does not end with the person's.
        token = text(about.get("access_token")) or access.token
        app = App(app_of(Access(token, access.secret)), access.secret)
    with told("app_secret"):
        known = app.debug(token)
    if known.get("is_valid") is not True:
        raise NotConnected({field: _words(known) or "Meta says that this token is not valid."})
    if lacking := _lacking(known, scopes):
        raise NotConnected({field: f"The token lacks {_and(lacking)}."})
    return Page(word(about.get("id")), text(about.get("name")), token, app.id, about), app


def follow(page: Page, access: Access, *, field: str) -> None:
    """Have what happens on the page told to its app. Raises NotConnected."""
    with told(field):
        subscribe(Access(page.token, access.secret), page.id, FIELDS, LEAST)


def health(
    access: Access, page_id: str, app: App, *, kind: str, webhook_url: str, scopes: Sequence[str], way_back: WayBack
) -> Health:
    """`kind` is what Meta calls what is told of; where it is empty, nobody but the console knows where to."""
    problems: list[Problem] = []
    facts: dict[str, str] = {}
    expires_at: datetime | None = None
    try:
        known = app.debug(access.token) if app.id and app.secret else {"is_valid": True}
        problems += _of_token(known, scopes, way_back)
        expires_at = expiry(known.get("expires_at"))
        facts |= _facts(known, app)
        if not problems:
            problems += _of_ways(access, page_id, app, kind=kind, webhook_url=webhook_url)
    except GraphError as refused:
        problems.append(trouble(refused, way_back))
    return Health(problems, facts, expires_at)


def trouble(refused: GraphError, way_back: WayBack) -> Problem:
    if refused.wants_sign_in:
        return Problem("credentials", f"Meta does not let us in any more: {refused.reason}", way_back)
    if refused.permanent:
        return Problem("refused", f"Meta refuses: {refused.reason}", "settings")
    return Problem("unreachable", f"Meta cannot be asked: {refused.reason}")


def _of_token(known: Mapping[str, Any], scopes: Sequence[str], way_back: WayBack) -> list[Problem]:
    if known.get("is_valid") is not True:
        why = _words(known) or "the token is not valid"
        return [Problem("credentials", f"Meta does not let us in any more: {why}", way_back)]
    if lacking := _lacking(known, scopes):
        return [Problem("scopes", f"We are no longer let to do everything: {_and(lacking)} is missing.", way_back)]
    return []


def _of_ways(access: Access, page_id: str, app: App, *, kind: str, webhook_url: str) -> list[Problem]:
    problems = []
    if "messages" not in subscribed(access, page_id, app.id):
        problems.append(Problem("unsubscribed", "Meta does not tell us of this page’s messages.", "register"))
    if kind and app.id and app.secret:
        callback = app.callback(kind)
        if callback.url.rstrip("/") != webhook_url.rstrip("/"):
            where = f"to {callback.url}, not to us" if callback.url else "nowhere"
            problems.append(Problem("webhook", f"Meta posts messages {where}.", "register"))
        elif lacking := [name for name in LEAST if name not in callback.fields]:
            problems.append(Problem("webhook", f"Meta does not post {_and(lacking)} to us.", "register"))
    return problems


def _facts(known: Mapping[str, Any], app: App) -> dict[str, str]:
    until = expiry(known.get("data_access_expires_at"))
    return {
        name: value
        for name, value in {
            "App": text(known.get("application")) or app.id,
            "Access to personal data until": f"{until:%d %b %Y}" if until else "",
        }.items()
        if value
    }


def _lacking(known: Mapping[str, Any], scopes: Sequence[str]) -> list[str]:
    """Tokens of the system have no list of what they may."""
    given = known.get("scopes")
    return [scope for scope in scopes if scope not in given] if isinstance(given, list) and given else []


def _words(known: Mapping[str, Any]) -> str:
    return text(mapping(known.get("error")).get("message"))


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
