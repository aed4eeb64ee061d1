"""Who may pass a door: each blueprint names its guard once, and every view behind it runs in the account's frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Blueprint, Response, current_app, g, request
from sqlalchemy.orm import joinedload

from app.blueprints.signing_in import SEEN_EVERY, Place, signed_in
from app.errors import NotAllowed, NotFound, NotSignedIn
from app.ledger.transaction import system, transaction
from app.lib import clock
from app.lib.database import db
from app.models.account import Account
from app.models.actor import Actor
from app.models.membership import Membership
from app.models.token import AccessToken
from app.models.user import User
from app.realtime.paths import avatar_path

View = Callable[..., Any]
Guard = Callable[[View], View]


@dataclass(frozen=True)
class Viewer:
    """Who is looking, in which account; what they may see is loaded through `membership`."""

    membership: Membership
    accounts: tuple[Place, ...] = ()
    login_id: int | None = None

    @property
    def user(self) -> User:
        return self.membership.user

    @property
    def account(self) -> Account:
        return self.membership.account

    @property
    def actor(self) -> Actor:
        return self.membership.actor

    @property
    def role(self) -> str:
        return self.membership.role

    @property
    def is_administrator(self) -> bool:
        return self.membership.is_administrator

    @property
    def picture(self) -> str:
        """Where their photo is; empty without one."""
        return avatar_path(self.account.id, self.user.avatar_key) if self.user.avatar_key else ""

    @property
    def ui(self) -> dict[str, Any]:
        """Their own settings of the desk: `theme`, `details_side`, …"""
        return self.user.ui_settings


class Door(Blueprint):
    """A blueprint whose every view stands behind one guard."""

    def __init__(self, name: str, import_name: str, *, guard: Guard, **options: Any) -> None:
        super().__init__(name, import_name, **options)
        self.guard = guard

    def add_url_rule(  # type: ignore[override]  # Flask spells out every form of a view
        self, rule: str, endpoint: str | None = None, view_func: Any = None, **options: Any
    ) -> None:
        if view_func is not None:
            endpoint, view_func = endpoint or view_func.__name__, self.guard(view_func)
        super().add_url_rule(rule, endpoint, view_func, **options)


def _hear_out() -> None:
    """Read all that is sent before a frame opens: somebody's slow line must not hold a transaction."""
    if request.method in ("GET", "HEAD"):
        return
    if request.mimetype in ("multipart/form-data", "application/x-www-form-urlencoded"):
        _ = request.form
    else:
        request.get_data()


def viewer() -> Viewer:
    """Whoever this request is answered for."""
    found: Viewer | None = g.get("viewer")
    if found is None:
        raise NotSignedIn
    return found


def member(view: View) -> View:
    """Anyone who is active in the account that the address names. To others the account does not exist."""

    @wraps(view)
    def framed(account_id: int, **values: Any) -> Response:
        signed_in()
        take_body()
        with transaction(account_id):
            g.viewer = _viewer_signed_in(account_id)
            return current_app.make_response(view(**values))

    return framed


def administrator(view: View) -> View:
    """Administrators of the account."""

    return member(_for_administrators(view))


def registrar(view: View) -> View:
    """Administrators again, in a system frame: people and their sign-ins are not an account's own rows.

    The view names the account in everything it reads and writes.
    """
    checked = _for_administrators(view)

    @wraps(view)
    def framed(account_id: int, **values: Any) -> Response:
        signed_in()
        take_body()
        with system(why="the people of an account"):
            g.viewer = _viewer_signed_in(account_id)
            return current_app.make_response(checked(**values))

    return framed


def myself(view: View) -> View:
    """Whoever is signed in, about themselves, in a system frame: `users` is not an account's to write.

    The desk around the page is that of `?account=`, or of the account they were in last.
    """

    @wraps(view)
    def framed(**values: Any) -> Response:
        known = signed_in()
        if not known.accounts:
            raise NotFound
        account_id = request.args.get("account", known.accounts[0].id, type=int)
        take_body()
        with system(why="own profile"):
            g.viewer = _viewer_signed_in(account_id)
            return current_app.make_response(view(**values))

    return framed


def token_bearer(view: View) -> View:
    """Programs, by the header `api_access_token`; what the token's owner may do, they may."""

    @wraps(view)
    def framed(account_id: int, **values: Any) -> Response:
        user_id = token_owner()
        take_body()
        with transaction(account_id):
            g.viewer = _viewer(account_id, user_id)
            return current_app.make_response(view(**values))

    return framed


def take_body() -> None:
    """Read what was sent before the frame begins, so that a slow upload holds no transaction open."""
    if request.is_json:
        request.get_data()
    else:
        _ = request.form


def token_owner() -> int:
    """The user id behind the request's access token. Raises NotSignedIn."""
    secret = request.headers.get("api_access_token") or request.headers.get("Api-Access-Token") or ""
    with system(why="sign-in"):
        token = AccessToken.find(secret) if secret else None
        if token is None:
            raise NotSignedIn("Invalid Access Token")
        if token.last_used_at is None or (clock.now() - token.last_used_at).total_seconds() > 300:
            token.last_used_at = clock.now()
        return token.user_id


def _for_administrators(view: View) -> View:
    @wraps(view)
    def checked(**values: Any) -> Any:
        if not viewer().is_administrator:
            raise NotAllowed("Only administrators may do this.")
        return view(**values)

    return checked


def _viewer_signed_in(account_id: int) -> Viewer:
    browser = signed_in()
    seen = _viewer(account_id, browser.user_id).membership
    if seen.active_at is None or clock.now() - seen.active_at > SEEN_EVERY:
        seen.active_at = clock.now()
    # Pages of errors are drawn without a viewer, and in the viewer's theme.
    g.ui = dict(seen.user.ui_settings)
    return Viewer(seen, browser.accounts, browser.login_id)


def _viewer(account_id: int, user_id: int) -> Viewer:
    found = db.session.get(
        Membership,
        (account_id, user_id),
        options=[joinedload(Membership.user), joinedload(Membership.account)],
    )
    if found is None or not found.is_active:
        raise NotFound
    if found.account.is_suspended:
        raise NotAllowed("This account is suspended.")
    return Viewer(found)
