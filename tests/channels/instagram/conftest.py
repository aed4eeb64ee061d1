"""Instagram for the tests: the stand-ins of its Graph and its login, and the lines of both ways in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.channels.instagram.channel import Instagram
from tests.channels.contract.instagram import LINE
from tests.conftest import Ground, make_settings
from tests.fakes import messenger
from tests.fakes.instagram import APP_ID, APP_SECRET, InstagramGraph, InstagramLoginPage, PageGraph
from tests.fakes.provider import serving


@pytest.fixture
def context(parley: Flask) -> Iterator[Flask]:
    with parley.app_context():
        yield parley


@pytest.fixture
def installed(context: Flask, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs Parley has put in an Instagram app and the Meta app around it."""
    settings = make_settings(
        ground,
        instagram_app_id=APP_ID,
        instagram_app_secret=APP_SECRET,
        meta_app_id=messenger.APP_ID,
        meta_app_secret=messenger.APP_SECRET,
    )
    monkeypatch.setitem(context.config, "PARLEY", settings)


@pytest.fixture
def graph() -> Iterator[InstagramGraph]:
    with serving(InstagramGraph()) as stand_in:
        yield stand_in


@pytest.fixture
def login() -> Iterator[InstagramLoginPage]:
    with serving(InstagramLoginPage()) as stand_in:
        yield stand_in


@pytest.fixture
def page_graph() -> Iterator[PageGraph]:
    with serving(PageGraph()) as stand_in:
        yield stand_in


@pytest.fixture
def instagram(context: Flask) -> Instagram:
    return Instagram(LINE)
