"""Messenger for the tests: Graph's stand-in, and the line of a page that is connected to it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.channels.messenger import Messenger
from tests.channels.contract.messenger import LINE
from tests.conftest import Ground, make_settings
from tests.fakes.messenger import APP_ID, APP_SECRET, Graph
from tests.fakes.provider import serving


@pytest.fixture
def context(parley: Flask) -> Iterator[Flask]:
    with parley.app_context():
        yield parley


@pytest.fixture
def installed(context: Flask, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs Parley has put in its own Meta app."""
    settings = make_settings(ground, meta_app_id=APP_ID, meta_app_secret=APP_SECRET)
    monkeypatch.setitem(context.config, "PARLEY", settings)


@pytest.fixture
def graph() -> Iterator[Graph]:
    with serving(Graph()) as stand_in:
        yield stand_in


@pytest.fixture
def messenger(context: Flask) -> Messenger:
    return Messenger(LINE)


def broken(value: Any, dice: random.Random) -> Any:
    """Here and there something else than what belongs there."""
    if dice.random() < 0.04:
        return dice.choice(
            [None, True, 0, -1, 1e999, 10**40, "", "<script>", "\0\ud83d", "x" * 9000, [], {}, [[]], [None]]
        )
    if isinstance(value, dict):
        return {name: broken(each, dice) for name, each in value.items()}
    return [broken(each, dice) for each in value] if isinstance(value, list) else value
