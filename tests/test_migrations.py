"""Migrations lead from nothing to exactly what the models say, and only forward."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import psycopg2
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import text

from app import create_app
from app.lib.database import Model, owner_engine
from tests.conftest import Ground, make_settings

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def new_app(ground: Ground) -> Iterator[Flask]:
    """The application on a database that holds nothing at all."""
    name = f"empty_{uuid.uuid4().hex[:8]}"
    _execute(ground.database_url, f"create database {name}")
    base, _, query = ground.database_url.partition("?")
    app = create_app(
        make_settings(Ground(ground.folder, f"{base.rpartition('/')[0]}/{name}?{query}", ground.redis_url))
    )
    with app.app_context():
        yield app
        app.extensions["sqlalchemy"].engine.dispose()
    _execute(ground.database_url, f"drop database {name} with (force)")


def test_from_nothing_to_what_the_models_say(new_app: Flask) -> None:
    flask_migrate.upgrade()
    engine = owner_engine(new_app.config["PARLEY"])
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Model.metadata) == []
    engine.dispose()


def test_migrating_again_changes_nothing(new_app: Flask) -> None:
    flask_migrate.upgrade()
    flask_migrate.upgrade()
    engine = owner_engine(new_app.config["PARLEY"])
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from alembic_version")).scalar() == 1
    engine.dispose()


def test_there_is_one_line_of_migrations_and_none_goes_back() -> None:
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    assert len(scripts.get_heads()) == 1
    for script in scripts.walk_revisions():
        assert not hasattr(script.module, "downgrade"), f"{script.path} goes back"


def _execute(url: str, statement: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()
