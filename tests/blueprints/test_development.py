"""Kept mails are shown to whoever develops, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.lib import mail
from app.lib.database import db
from tests.at_the_door import ALICE, mailed
from tests.cast import Cast
from tests.conftest import Ground, make_settings


@pytest.fixture
def developer(ground: Ground, cast: Cast) -> Iterator[FlaskClient]:
    app = create_app(make_settings(ground, environment="development"))
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


def test_a_kept_mail_is_listed_and_shown_as_text_and_as_it_looks(
    app: Flask, developer: FlaskClient, cast: Cast
) -> None:
    assert "/development/mails" in developer.get("/login").text
    developer.post("/reset", data={"email": ALICE})
    mailed(app)
    (kept,) = mail.kept_mails()
    listed = developer.get("/development/mails").text
    assert "Set a new password" in listed
    assert ALICE in listed
    page = developer.get(f"/development/mails/{kept.name}")
    assert '<iframe class="kept-frame"' in page.text
    assert "sandbox=" in page.text
    html = developer.get(f"/development/mails/{kept.name}/html")
    policy = html.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy


@pytest.mark.parametrize("name", ["x", "..%2f..%2fetc%2fpasswd", "20200101T000000000000Z-00000000.eml", "%00"])
def test_names_that_are_none_are_not_found(developer: FlaskClient, name: str) -> None:
    assert developer.get(f"/development/mails/{name}").status_code == 404
    assert developer.get(f"/development/mails/{name}/html").status_code == 404


@pytest.mark.parametrize(
    "given",
    [
        {"environment": "test"},
        {"environment": "production"},
        {"environment": "development", "smtp_url": "smtp://localhost"},
    ],
)
def test_it_is_not_there_where_mails_are_real(ground: Ground, cast: Cast, given: dict[str, str]) -> None:
    app = create_app(make_settings(ground, **given))
    client = app.test_client()
    assert client.get("/development/mails").status_code == 404
    assert "/development/mails" not in client.get("/login").text
    with app.app_context():
        db.engine.dispose()
