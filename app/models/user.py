"""A person who signs in; what they may do is said by their memberships."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, select, update
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

    @classmethod
    def live_of(cls, user_id: int) -> list[Login]:
        """The browsers a user is signed in with, the latest seen first."""
        return list(
            db.session.scalars(
                select(cls)
                .where(cls.user_id == user_id, cls.ended_at.is_(None), cls.expires_at > clock.now())
                .order_by(cls.last_seen_at.desc(), cls.id.desc())
            )
        )


class Purpose(StrEnum):
    """What a link sent by mail is for."""

    INVITATION = "invitation"
    RESET = "reset"
    NEW_EMAIL = "new_email"


class OneTimeToken(Model):
    """A link sent to `email` that works once: an invitation, a password reset, a new address. Only its digest is kept."""

    __tablename__ = "one_time_tokens"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    purpose: Mapped[str]
    email: Mapped[str | None]
    token_digest: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    user: Mapped[User] = relationship()

    @property
    def is_live(self) -> bool:
        return self.used_at is None and self.expires_at > clock.now()

    @classmethod
    def issue(
        cls, user: User, purpose: Purpose, *, lasts: timedelta, email: str = "", account_id: int | None = None
    ) -> str:
        """A new token for `user`, returned once in the clear; earlier ones of the same purpose and account end."""
        cls.withdraw(user.id, purpose, account_id)
        secret = crypto.token()
        db.session.add(
            cls(
                user_id=user.id,
                account_id=account_id,
                purpose=purpose,
                email=email or user.email,
                token_digest=crypto.digest(secret),
                expires_at=clock.now() + lasts,
            )
        )
        return secret

    @classmethod
    def withdraw(cls, user_id: int, purpose: Purpose, account_id: int | None = None) -> None:
        """End those that were not used."""
        db.session.execute(
            update(cls)
            .where(
                cls.user_id == user_id,
                cls.purpose == purpose,
                cls.account_id.is_not_distinct_from(account_id),
                cls.used_at.is_(None),
            )
            .values(used_at=clock.now())
        )

    @classmethod
    def peek(cls, secret: str, purpose: Purpose) -> OneTimeToken | None:
        """The live token, to show what it is for; None when it is unknown, used or expired."""
        return cls._live(select(cls).where(cls.token_digest == crypto.digest(secret), cls.purpose == purpose))

    @classmethod
    def use(cls, secret: str, purpose: Purpose) -> OneTimeToken | None:
        """The live token, which ends with this transaction; None when it is unknown, used or expired."""
        wanted = select(cls).where(cls.token_digest == crypto.digest(secret), cls.purpose == purpose)
        found = cls._live(wanted.with_for_update())
        if found:
            found.used_at = clock.now()
        return found

    @classmethod
    def _live(cls, wanted: Select[OneTimeToken]) -> OneTimeToken | None:
        found = db.session.scalar(wanted.execution_options(populate_existing=True))
        return found if found and found.is_live else None
