"""Forgets sign-ins and links that ended long ago."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from app.lib import clock
from app.lib.database import db
from app.models.user import Login, OneTimeToken

KEPT_FOR = timedelta(days=90)


def forget_sign_ins() -> None:
    """In a system frame, once a day."""
    long_ago = clock.now() - KEPT_FOR
    db.session.execute(delete(Login).where((Login.expires_at < long_ago) | (Login.ended_at < long_ago)))
    db.session.execute(delete(OneTimeToken).where(OneTimeToken.expires_at < long_ago))
