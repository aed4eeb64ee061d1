"""A person who signs in; what they may do is said by their memberships."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.errors import Invalid
from app.lib import clock, crypto
from app.lib.database import Model, Stamped, db

PASSWORD_MIN, PASSWORD_MAX = 8, 128


class User(Stamped, Model):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    display_name: Mapped[str | None]
    # Deferred: the tenant's role may not read these three.
    password_hash: Mapped[str | None] = mapped_column(deferred=True)
    avatar_key: Mapped[str | None]
    locale: Mapped[str] = mapped_column(default="en", server_default="en")
    ui_settings: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    custom_attributes: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    message_signature: Mapped[str | None]
    super_admin: Mapped[bool] = mapped_column(default=False, server_default="false")
    confirmed_at: Mapped[datetime | None]
    last_sign_in_at: Mapped[datetime | None]
    last_sign_in_address: Mapped[str | None]
    otp_secret: Mapped[str | None] = mapped_column(deferred=True)
    otp_required: Mapped[bool] = mapped_column(default=False, server_default="false")
    otp_backup_codes: Mapped[list[str]] = mapped_column(default=list, server_default="[]", deferred=True)

    @property
    def available_name(self) -> str:
        return self.display_name or self.name

    @classmethod
    def with_email(cls, email: str) -> User | None:
        return db.session.scalar(select(cls).where(cls.email == email.strip().lower()))

    def set_password(self, password: str) -> None:
        """Raises Invalid when it is too short, too long, or the person's own address."""
        if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
            raise Invalid({"password": f"Use {PASSWORD_MIN} to {PASSWORD_MAX} characters."})
        if password.lower() in (self.email, self.email.partition("@")[0]):
            raise Invalid({"password": "Do not use your e-mail address as the password."})
        self.password_hash = crypto.hash_password(password)

    def has_password(self, password: str) -> bool:
        return crypto.check_password(self.password_hash, password)


class Login(Model):
    """One signed-in browser; ending it signs that browser out."""

    __tablename__ = "logins"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    token_digest: Mapped[str] = mapped_column(unique=True)
    user_agent: Mapped[str] = mapped_column(default="", server_default="")
    address: Mapped[str] = mapped_column(default="", server_default="")
    remember: Mapped[bool] = mapped_column(default=False, server_default="false")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()

    @property
    def is_live(self) -> bool:
        return self.ended_at is None and self.expires_at > clock.now()


class OneTimeToken(Model):
    """A link sent by mail that works once: an invitation or a password reset. Only its digest is kept."""

    __tablename__ = "one_time_tokens"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    purpose: Mapped[str]
    token_digest: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    user: Mapped[User] = relationship()

    @classmethod
    def issue(cls, user: User, purpose: str, *, lasts: timedelta, account_id: int | None = None) -> str:
        """A new token for `user`, returned once in the clear; earlier unused ones of the same purpose end."""
        for earlier in db.session.scalars(
            select(cls).where(cls.user_id == user.id, cls.purpose == purpose, cls.used_at.is_(None))
        ):
            earlier.used_at = clock.now()
        secret = crypto.token()
        db.session.add(
            cls(
                user_id=user.id,
                account_id=account_id,
                purpose=purpose,
                token_digest=crypto.digest(secret),
                expires_at=clock.now() + lasts,
            )
        )
        return secret

    @classmethod
    def find(cls, secret: str, purpose: str) -> OneTimeToken | None:
        """The live token, locked for this transaction; None when unknown, used or expired."""
        found = db.session.scalar(
            select(cls).where(cls.token_digest == crypto.digest(secret), cls.purpose == purpose).with_for_update()
        )
        return found if found and found.used_at is None and found.expires_at > clock.now() else None
