"""Runs migrations as the owner of the database, one process at a time."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

from app.config import settings
from app.lib.database import login_password, login_url, owner_engine

metadata = current_app.extensions["migrate"].db.metadata
# One number for all processes that might migrate the same database at once.
MIGRATING = 7_275_391


def run() -> None:
    engine = owner_engine(settings())
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": MIGRATING})
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            compare_type=True,
            compare_server_default=False,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if not settings().database_login_url:
            set_login_password(connection)
    engine.dispose()


def set_login_password(connection: Connection) -> None:
    """The login's password is derived from the secret key; a new key takes effect here."""
    login = login_url(settings())
    statement = text("select format('alter role %I password %L', cast(:name as text), cast(:password as text))")
    connection.execute(
        text(
            connection.execute(statement, {"name": login.username, "password": login_password(settings())}).scalar_one()
        )
    )
    connection.commit()


run()
