"""Pages leave small for whoever can read them so, and untouched otherwise."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from app.lib.squeeze import squeeze

WORDS = "Every conversation, from every channel. " * 100


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("bare")
    app.after_request(squeeze)

    def stream() -> Iterator[str]:
        yield WORDS

    app.add_url_rule("/page", "page", lambda: WORDS)
    app.add_url_rule("/short", "short", lambda: "short")
    app.add_url_rule("/picture", "picture", lambda: Response(WORDS, mimetype="image/png"))
    app.add_url_rule("/stream", "stream", lambda: Response(stream(), mimetype="text/html"))
    return app.test_client()


def test_a_page_is_compressed_for_who_can_read_it(client: FlaskClient) -> None:
    answer = client.get("/page", headers={"Accept-Encoding": "br, gzip;q=0.8"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert int(answer.headers["Content-Length"]) == len(answer.data) < 300
    assert gzip.decompress(answer.data).decode() == WORDS


@pytest.mark.parametrize("accepted", [None, "identity", "gzip;q=0"])
def test_who_cannot_read_it_gets_the_words(client: FlaskClient, accepted: str | None) -> None:
    answer = client.get("/page", headers={"Accept-Encoding": accepted} if accepted else {})
    assert answer.get_data(as_text=True) == WORDS


@pytest.mark.parametrize("path", ["/short", "/picture", "/stream"])
def test_what_gains_nothing_is_left_alone(client: FlaskClient, path: str) -> None:
    assert "Content-Encoding" not in client.get(path, headers={"Accept-Encoding": "gzip"}).headers
