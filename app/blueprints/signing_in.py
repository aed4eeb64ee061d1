"""Which browser is signed in as whom: a row per sign-in, whose token the session cookie carries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network

from flask import Flask, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy import select, update

from app.actions.sign_out import sign_out
from app.config import Settings, settings
from app.errors import NotSignedIn
from app.ledger.transaction import system
from app.lib import clock, crypto
from app.lib.database import db
from app.models.membership import Membership
from app.models.user import Login, User

SHORT_LOGIN = timedelta(hours=16)
SEEN_EVERY = timedelta(minutes=5)

login_manager = LoginManager()


@dataclass(frozen=True)
class Place:
    """An account that someone is active in."""

    id: int
    name: str


@dataclass(frozen=True)
class SignedIn(UserMixin):  # type: ignore[misc]  # published without types
    """A browser that is signed in; `token` is the secret of its login, `accounts` the last used one first."""

    token: str
    login_id: int
    user_id: int
    accounts: tuple[Place, ...] = ()

    def get_id(self) -> str:
        return self.token


def install(app: Flask, config: Settings) -> None:
    # Templates speak of `viewer`: a look at the browser's sign-in while a page is drawn would come inside a frame.
    login_manager.init_app(app, add_context_processor=False)
    login_manager.session_protection = None
    app.config.update(
        REMEMBER_COOKIE_NAME="parley_remember",
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=config.is_secure,
        REMEMBER_COOKIE_DURATION=timedelta(days=config.session_days),
    )


def signed_in() -> SignedIn:
    """The signed-in browser of this request. Raises NotSignedIn. Not to be called inside a frame at first."""
    found = known()
    if found is None:
        raise NotSignedIn
    return found


def known() -> SignedIn | None:
    """As `signed_in`; None where nobody is."""
    if not current_user.is_authenticated:
        return None
    found: SignedIn = current_user._get_current_object()
    return found


def begin(user: User, *, remember: bool) -> None:
    """Sign this browser in as `user`, and end whatever it held before; to be called inside a system frame."""
    earlier = session.get("_user_id")
    if isinstance(earlier, str):
        ended = update(Login).where(Login.token_digest == crypto.digest(earlier), Login.ended_at.is_(None))
        db.session.execute(ended.values(ended_at=clock.now()))
    session.clear()
    secret = crypto.token()
    lasts = timedelta(days=settings().session_days) if remember else SHORT_LOGIN
    login = Login(
        user_id=user.id,
        token_digest=crypto.digest(secret),
        user_agent=(request.user_agent.string or "")[:300],
        address=request.remote_addr or "",
        remember=remember,
        expires_at=clock.now() + lasts,
    )
    db.session.add(login)
    db.session.flush()
    user.last_sign_in_at, user.last_sign_in_address = clock.now(), request.remote_addr
    login_user(SignedIn(secret, login.id, user.id, _places(user.id)), remember=remember)
    if not remember:
        # A cookie of an earlier sign-in must not outlive this one.
        session["_remember"] = "clear"


def end() -> None:
    """Sign this browser out, and close its other tabs."""
    login_id = signed_in().login_id
    with system(why="sign-out"):
        login = db.session.get(Login, login_id)
        if login is not None:
            sign_out(login)
    session.clear()
    logout_user()


def address_range() -> str:
    """Where this request comes from, as limits count it: an IPv6 address stands for its /64, which one person has."""
    given = request.remote_addr or ""
    try:
        address = ip_address(given.partition("%")[0])
    except ValueError:
        return given
    return given if address.version == 4 else str(ip_network((address, 64), strict=False))


def is_live(login_id: int) -> bool:
    """Whether that browser is still signed in."""
    with system(why="sign-in"):
        login = db.session.get(Login, login_id)
        return login is not None and login.is_live


@login_manager.user_loader  # type: ignore[untyped-decorator]  # published without types
def load(token: str) -> SignedIn | None:
    """The live login that a cookie's token names."""
    with system(why="sign-in"):
        login = db.session.scalar(select(Login).where(Login.token_digest == crypto.digest(token)))
        if login is None or not login.is_live:
            return None
        if clock.now() - login.last_seen_at > SEEN_EVERY:
            login.last_seen_at, login.address = clock.now(), request.remote_addr or ""
        return SignedIn(token, login.id, login.user_id, _places(login.user_id))


def _places(user_id: int) -> tuple[Place, ...]:
    accounts = (membership.account for membership in Membership.all_of(user_id))
    return tuple(Place(account.id, account.name) for account in accounts if not account.is_suspended)
