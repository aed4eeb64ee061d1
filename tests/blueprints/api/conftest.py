"""Programs with the tokens of the cast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Conversation
from tests.cast import Cast, a_conversation
from tests.programs import Program, a_program


@pytest.fixture
def alices(app: Flask, cast: Cast) -> Program:
    return a_program(app, cast.alice_id, cast.account_id)


@pytest.fixture
def bobs(app: Flask, cast: Cast) -> Program:
    return a_program(app, cast.bob_id, cast.account_id)


@pytest.fixture
def charlies(app: Flask, cast: Cast) -> Program:
    """Charlie's, asking for Fernway's things."""
    return a_program(app, cast.charlie_id, cast.account_id)


@pytest.fixture
def conversation(cast: Cast) -> Conversation:
    with transaction(cast.account_id):
        return a_conversation(cast)


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield asked
    event.remove(db.engine, "before_cursor_execute", note)
