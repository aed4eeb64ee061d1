"""A bare application for the ground floor: settings and a private data directory, nothing of a support desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest
from flask import Flask

from app.config import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Bare(Protocol):
    """Sets the application up again with other settings, and tells where its data lies."""

    data_dir: Path

    def __call__(self, **given: object) -> Settings: ...


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Bare]:
    application = Flask("bare")

    class TheBare:
        data_dir = tmp_path

        def __call__(self, **given: object) -> Settings:
            # Settings named here go before the environment of the machine that runs the tests.
            defaults: dict[str, object] = {
                "environment": "test",
                "secret_key": "s" * 40,
                "previous_secret_keys": [],
                "database_url": "postgresql://nobody@localhost/none",
                "data_dir": str(tmp_path),
                "storage_url": "",
                "smtp_url": "",
                "private_hosts": [],
            }
            application.config["PARLEY"] = load_settings(**defaults | given)
            return application.config["PARLEY"]  # type: ignore[no-any-return]  # Flask's configuration is untyped

    the_bare = TheBare()
    the_bare()
    with application.app_context():
        yield the_bare
