"""Which browser is signed in as whom: a row per sign-in, whose token the session cookie carries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, request
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy import select, update

from app.config import Settings, settings
from app.errors import NotSignedIn
from app.ledger.transaction import system
from app.lib import clock, crypto
from app.lib.database import db
from app.models.user import Login, User

SHORT_LOGIN = timedelta(hours=16)
SEEN_EVERY = timedelta(minutes=5)

login_manager = LoginManager()


@dataclass(frozen=True)
class SignedIn(UserMixin):  # type: ignore[misc]  # published without types
    """A browser that is signed in; `token` is the secret of its login."""

    token: str
    login_id: int
    user_id: int

    def get_id(self) -> str:
        return self.token


def install(app: Flask, config: Settings) -> None:
    login_manager.init_app(app)
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
    if not current_user.is_authenticated:
        raise NotSignedIn
    found: SignedIn = current_user._get_current_object()
    return found


def begin(user: User, *, remember: bool) -> None:
    """Sign this browser in as `user`; to be called inside a system frame."""
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
    login_user(SignedIn(secret, login.id, user.id), remember=remember)


def end() -> None:
    """Sign this browser out."""
    login_id = signed_in().login_id
    with system(why="sign-out"):
        db.session.execute(update(Login).where(Login.id == login_id).values(ended_at=clock.now()))
    logout_user()


@login_manager.user_loader
def load(token: str) -> SignedIn | None:
    """The live login that a cookie's token names."""
    with system(why="sign-in"):
        login = db.session.scalar(select(Login).where(Login.token_digest == crypto.digest(token)))
        if login is None or not login.is_live:
            return None
        if clock.now() - login.last_seen_at > SEEN_EVERY:
            login.last_seen_at = clock.now()
        return SignedIn(token, login.id, login.user_id)
