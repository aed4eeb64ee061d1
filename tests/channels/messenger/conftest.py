"""Messenger for the tests: Graph's stand-in, and the line of a page that is connected to it."""

from __future__ import annotations

from collections.abc import Iterator

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
