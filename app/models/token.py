"""An access token: what a program signs in with over REST."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.lib import clock, crypto
from app.lib.database import Model, db
from app.models.user import User


class AccessToken(Model):
    """Found by digest; kept encrypted beside it, since a person may look at their own token again."""

    __tablename__ = "access_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    token_digest: Mapped[str] = mapped_column(unique=True)
    token_sealed: Mapped[str]
    last_used_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    user: Mapped[User] = relationship()

    @property
    def secret(self) -> str:
        return crypto.decrypt(self.token_sealed)

    @classmethod
    def of(cls, user: User) -> AccessToken:
        """The user's token, made at first need."""
        return db.session.scalar(select(cls).where(cls.user_id == user.id)) or cls.renew(user)

    @classmethod
    def renew(cls, user: User) -> AccessToken:
        """A new secret; the old one stops working."""
        secret = crypto.token(24)
        kept = db.session.scalar(select(cls).where(cls.user_id == user.id)) or cls(user_id=user.id)
        kept.token_digest, kept.token_sealed = crypto.digest(secret), crypto.encrypt(secret)
        kept.created_at, kept.last_used_at = clock.now(), None
        db.session.add(kept)
        db.session.flush()
        return kept

    @classmethod
    def find(cls, secret: str) -> AccessToken | None:
        return db.session.scalar(select(cls).where(cls.token_digest == crypto.digest(secret)))
