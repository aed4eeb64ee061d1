"""Alice at the desk, ready to connect a channel, and what workers do meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.browser.conftest import APPS, Desk, Visit
from tests.browser.messengers.play import Play
from tests.cast import Cast


@pytest.fixture
def play(desk: Desk, cast: Cast, app: Flask, signed_in_page: Visit) -> Iterator[Play]:
    """The test's process does the workers' part with the settings that the desk has: one place on the web for both."""
    before = app.config["PARLEY"]
    app.config["PARLEY"] = before.model_copy(update={"public_url": desk.url, "private_hosts": ["127.0.0.1"], **APPS})
    try:
        yield Play(desk, cast, signed_in_page("Alice"))
    finally:
        app.config["PARLEY"] = before
