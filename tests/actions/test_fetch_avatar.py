"""The picture that a website names becomes its visitor's photo: fetched by a worker, within limits, written anew."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest
from flask import Flask
from PIL import Image

from app import create_app
from app.actions.fetch_avatar import wish_avatar
from app.actions.identify import Person, identify
from app.ledger.drain import drain
from app.ledger.transaction import system, transaction
from app.lib import clock, storage
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Contact, ContactInbox, Work
from app.realtime import frames
from tests.cast import Cast, a_contact, a_session
from tests.conftest import Ground, make_settings
from workers.jobs import JOBS


def picture(colour: str = "red", size: tuple[int, int] = (900, 600)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", exif=Image.Exif())
    return out.getvalue()


class Gallery(ThreadingHTTPServer):
    """Answers each path with what was hung there; says that everything is a JPEG."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Guide)
        self.hung: dict[str, bytes] = {}
        self.asked: list[str] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Guide(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gallery

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        body = self.server.hung.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def gallery(ground: Ground, app: Flask) -> Iterator[Gallery]:
    server = Gallery()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    reaching = create_app(make_settings(ground, private_hosts=["127.0.0.1"]))
    with reaching.app_context():
        yield server
        db.engine.dispose()
    server.shutdown()
    server.server_close()


@pytest.fixture
def named(cast: Cast) -> Callable[[str], None]:
    """`named(url)`: the website says who visits, with that picture."""
    with transaction(cast.account_id):
        session_id = a_session(a_contact(cast.account_id), cast.inbox_id).id

    def name(url: str) -> None:
        with transaction(cast.account_id):
            session = db.session.get_one(ContactInbox, (cast.account_id, session_id))
            identify(session, Person(name="Dana", additional_attributes={"avatar_url": url}))

    return name


def work_through() -> list[Work]:
    with system(why="tests"):
        db.session.query(Work).update({Work.run_at: clock.now() - timedelta(seconds=1)})
    drain(Queue.SLOW, JOBS)
    return waiting()


def waiting() -> list[Work]:
    with system(why="tests"):
        return [row for row in db.session.query(Work).order_by(Work.id) if row.job == "fetch_avatar"]


def dana(cast: Cast) -> Contact:
    with transaction(cast.account_id):
        return db.session.query(Contact).one()


def test_the_photo_is_fetched_squared_and_shown(gallery: Gallery, named: Callable[[str], None], cast: Cast) -> None:
    gallery.hung["/dana.jpg"] = picture()
    named(gallery.url("/dana.jpg"))
    assert dana(cast).avatar_key is None
    assert work_through() == []
    key = dana(cast).avatar_key
    assert key
    with storage.open(key) as file, Image.open(file) as image:
        assert (image.format, image.size) == ("WEBP", (384, 384))
        assert not image.getexif()
    with transaction(cast.account_id):
        shown = frames.render("contacts/_person.html", contact=db.session.query(Contact).one())
        assert key in shown


def test_the_same_address_is_fetched_once_and_another_a_minute_later(
    gallery: Gallery, named: Callable[[str], None], cast: Cast
) -> None:
    gallery.hung = {"/a": picture(), "/b?signed=2": picture(), "/c": picture("blue")}
    named(gallery.url("/a"))
    work_through()
    first = dana(cast).avatar_key
    named(gallery.url("/a"))
    assert waiting() == []
    named(gallery.url("/b?signed=2"))
    [row] = waiting()
    assert row.run_at > clock.now() + timedelta(seconds=50)
    drain(Queue.SLOW, JOBS)
    assert gallery.asked == ["/a"]
    # The same picture under another address is the same photo.
    work_through()
    assert (gallery.asked, dana(cast).avatar_key) == (["/a", "/b?signed=2"], first)
    named(gallery.url("/c"))
    work_through()
    assert dana(cast).avatar_key not in (None, first)


@pytest.mark.parametrize("what", ["<svg onload=alert(1)>", "<html>", "GIF89a", "PK\x03\x04", ""])
def test_what_is_no_picture_is_not_taken_and_not_asked_for_again(
    gallery: Gallery, named: Callable[[str], None], cast: Cast, what: str
) -> None:
    gallery.hung["/a"] = what.encode()
    named(gallery.url("/a"))
    assert work_through() == []
    named(gallery.url("/a"))
    assert waiting() == []
    assert dana(cast).avatar_key is None
    assert len(gallery.asked) == 1


def test_too_much_is_not_taken(gallery: Gallery, named: Callable[[str], None], cast: Cast) -> None:
    gallery.hung["/a"] = picture() + b"\0" * (11 * 1024 * 1024)
    named(gallery.url("/a"))
    assert work_through() == []
    assert dana(cast).avatar_key is None


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/", "http://10.0.0.1/a.png", "http://[::1]/", "file:///etc/passwd", "ftp://x.example/a", "a"],
)
def test_no_address_leads_into_the_network(app: Flask, named: Callable[[str], None], cast: Cast, url: str) -> None:
    named(url)
    assert work_through() == []
    assert dana(cast).avatar_key is None


def test_a_contact_who_is_gone_is_passed_over(gallery: Gallery, named: Callable[[str], None], cast: Cast) -> None:
    named(gallery.url("/a"))
    with transaction(cast.account_id):
        db.session.query(ContactInbox).delete()
        db.session.query(Contact).delete()
    assert work_through() == []
    assert gallery.asked == []


def test_odd_values_wish_for_nothing(cast: Cast) -> None:
    with transaction(cast.account_id):
        for value in (None, "", 7, ["x"], {}):
            wish_avatar(a_contact(cast.account_id, additional_attributes={"avatar_url": value}))
    assert waiting() == []
