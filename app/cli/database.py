"""`migrate` brings the database to this version's tables; `shell` lets one look around in it."""

from __future__ import annotations

import code
from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from app import models
from app.config import settings
from app.ledger.transaction import system, transaction
from app.lib.database import db, owner_engine

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


class NewerDatabase(Exception):
    """The database has a revision that this version does not know."""


def revisions() -> tuple[str | None, str]:
    """The database's revision and this version's newest. Raises NewerDatabase, and DBAPIError if it is away."""
    script = ScriptDirectory.from_config(_configuration())
    engine = owner_engine(settings())
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
        raise NewerDatabase(
            f"the database is at revision {current}, which this version of Parley does not know: a newer one has used it."
            " Update this copy, or use another database (bin/dev: choose another with --data)."
        )
    return current, script.get_current_head() or ""


def upgrade() -> bool:
    """Brings the database to the newest revision; returns whether it was at an older one. Raises as `revisions` does."""
    current, newest = revisions()
    # Run even at the newest: a new secret key sets a new password of the login.
    command.upgrade(_configuration(), "head")
    return current != newest


def _configuration() -> Config:
    configuration = Config(MIGRATIONS / "alembic.ini")
    configuration.set_main_option("script_location", str(MIGRATIONS))
    return configuration


def one_line(refused: DBAPIError) -> str:
    """The server's own words, without the statement and without the address, which may hold a password."""
    words = str(refused.orig).strip().splitlines()
    return f"the database refuses: {words[0]}" if words else "the database ended the connection"


@click.command("migrate")
def migrate_command() -> None:
    """Bring the database to this version's tables."""
    try:
        changed = upgrade()
    except NewerDatabase as newer:
        raise click.ClickException(str(newer)) from None
    except DBAPIError as refused:
        raise click.ClickException(one_line(refused)) from None
    click.echo("The database was brought to this version." if changed else "The database is at this version already.")


@click.command("shell")
def shell_command() -> None:
    """A Python prompt with the models; read and write inside `with transaction(account_id):`."""
    names = {name: getattr(models, name) for name in models.__all__}
    names |= {"db": db, "transaction": transaction, "system": system}
    banner = "Parley. Here are db, transaction(account_id), system(why=…) and the models: " + ", ".join(models.__all__)
    code.interact(banner=banner, local=names, exitmsg="")
