"""The real application behind a real server, and people who look at it with Chromium."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import select

from app.config import environment_with
from app.ledger.transaction import system
from app.lib import clock, crypto
from app.lib.database import db
from app.models import Login, User
from tests.cast import Cast
from tests.conftest import SECRET, Ground, free_port
from tests.fakes import tiktok
from tests.fakes.places import PROVIDER_URLS

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 30.0
CHROMIUM = "/usr/bin/chromium"
# Of providers where consent is the way in.
APPS = {"tiktok_app_id": tiktok.APP_ID, "tiktok_app_secret": tiktok.APP_SECRET}
ARGUMENTS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]


class Desk:
    """Parley's web as it runs in life (gunicorn, gevent), on the database and Redis of the tests.

    What a test writes in a frame of its own is shown live on the desk's pages, as if another process had written it.
    """

    def __init__(self, ground: Ground) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = ground.folder / "desk.log"
        self._environment = environment_with(
            {
                "environment": "test",
                "secret_key": SECRET,
                "database_url": ground.database_url,
                "redis_url": ground.redis_url,
                "data_dir": str(ground.folder / "data"),
                "public_url": self.url,
                "bind": f"127.0.0.1:{self.port}",
                "web_processes": "1",
                "lease_seconds": "2.0",
                # The tests' own stand-ins of providers.
                "private_hosts": "127.0.0.1",
                "provider_urls": ",".join(f"{name}={url}" for name, url in PROVIDER_URLS.items()),
                **APPS,
            }
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once it answers."""
        argv = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), "wsgi:app"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                argv, cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + STARTS_WITHIN
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the desk did not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.05)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(12)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


@pytest.fixture(scope="session")
def _desk(ground: Ground) -> Iterator[Desk]:
    desk = Desk(ground)
    desk.start()
    yield desk
    desk.stop()


@pytest.fixture
def desk(_desk: Desk, app: Flask) -> Desk:
    """The running desk, on an empty database."""
    if not _desk.is_running:
        _desk.start()
    return _desk


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


Visit = Callable[..., Page]


@pytest.fixture
def visitor_page(chromium: Browser) -> Iterator[Visit]:
    """`visitor_page(width=…, height=…)`: a page of someone who is signed in nowhere; scripts that fail fail the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def visit(*, width: int = 1440, height: int = 900, dark: bool = False, touch: bool = False) -> Page:
        context = chromium.new_context(
            locale="en-GB",
            timezone_id="Europe/Lisbon",
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            has_touch=touch,
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def signed_in_page(desk: Desk, cast: Cast, app: Flask, visitor_page: Visit) -> Visit:
    """`signed_in_page("Bob", width=…)`: a page of someone of the cast, signed in, not yet anywhere."""

    def visit(name: str, *, width: int = 1440, height: int = 900, dark: bool = False, touch: bool = False) -> Page:
        page = visitor_page(width=width, height=height, dark=dark, touch=touch)
        cookie = sign_in(app, name)
        page.context.add_cookies([{"name": "parley_session", "value": cookie, "url": desk.url}])
        return page

    return visit


def sign_in(app: Flask, name: str) -> str:
    """A login of someone of the cast; returns the session cookie that carries it."""
    secret = crypto.token()
    with system(why="tests"):
        user = db.session.scalars(select(User).where(User.name == name)).one()
        db.session.add(
            Login(user_id=user.id, token_digest=crypto.digest(secret), expires_at=clock.now() + timedelta(hours=1))
        )
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]  # the cookie's own
    return str(signer.dumps({"_user_id": secret, "_fresh": True}))
