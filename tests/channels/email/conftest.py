"""What the tests of mail's transports stand on: a Dovecot, one for all of a process, and an application with settings."""

from __future__ import annotations

import itertools
import shutil
import ssl
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.channels.email.channel import Email
from app.channels.standing import Line
from app.config import load_settings
from app.lib import tls
from tests.fakes.consent import CLIENT_ID, CLIENT_SECRET, Consent
from tests.fakes.dovecot import PASSWORD, Dovecot
from tests.lib.certificates import make_certificate

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("dovecot-tls"), "localhost")


@pytest.fixture(scope="session")
def consent() -> Iterator[Consent]:
    server = Consent()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def dovecot(certificate: Path, consent: Consent) -> Iterator[Dovecot]:
    # A short path, for its sockets have one each, and one that its own users may pass through.
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    server = Dovecot(folder, certificate, f"{consent.url}/introspect")
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The test's own authority is one of the system's."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls.trust.cache_clear()
    yield
    tls.trust.cache_clear()


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def desk(tmp_path: Path, consent: Consent) -> Iterator[Callable[..., None]]:
    """An application with nothing but settings, which may be given anew."""
    application = Flask("desk")

    def settle(**given: Any) -> None:
        known: dict[str, Any] = {
            "environment": "test",
            "secret_key": "s" * 40,
            "database_url": "postgresql://nobody@localhost/none",
            "data_dir": str(tmp_path),
            "smtp_url": "",
            "mail_from": "Parley <parley@desk.test>",
            "private_hosts": ["localhost", "127.0.0.1"],
            "google_client_id": CLIENT_ID,
            "google_client_secret": CLIENT_SECRET,
            "google_accounts_url": consent.url,
            "google_token_url": consent.url,
        }
        application.config["PARLEY"] = load_settings(**known | given)

    settle()
    with application.app_context():
        yield settle


@dataclass
class Box:
    """A mailbox of its own at the Dovecot, and the inbox that reads it."""

    dovecot: Dovecot
    address: str
    credentials: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    cursor: dict[str, Any] = field(default_factory=dict)

    @property
    def channel(self) -> Email:
        return Email(Line(self.address, "token", "Hello", self.credentials, self.settings))

    def connect(self) -> None:
        self.settings = dict(self.channel.connect("").settings)

    def look(self) -> list[Any]:
        """One poll, whose cursor is kept; its letters."""
        polled = self.channel.poll(self.cursor)
        self.cursor = dict(polled.cursor)
        return list(polled.envelopes)

    def look_until_done(self) -> list[Any]:
        came = []
        while True:
            polled = self.channel.poll(self.cursor)
            self.cursor = dict(polled.cursor)
            came += polled.envelopes
            if not polled.more:
                return came


@pytest.fixture
def box(dovecot: Dovecot, desk: Callable[..., None]) -> Box:
    address = f"hello{next(_numbers)}@fernway.test"
    credentials = {
        "imap_host": "localhost",
        "imap_port": dovecot.port,
        "imap_security": "none",
        "imap_login": address,
        "imap_password": PASSWORD,
    }
    return Box(dovecot, address, credentials)


def a_mail(number: int = 1, *, sender: str = "Dana <dana@example.com>", **headers: str) -> bytes:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "hello@fernway.test"
    message["Subject"] = headers.pop("subject", f"Question {number}")
    message["Message-ID"] = headers.pop("message_id", f"<{number}.{id(message)}@example.com>")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(f"Words of mail {number}.\n")
    return message.as_bytes()
