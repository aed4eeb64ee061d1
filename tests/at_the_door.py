"""Short ways for tests of who gets in: sign in, drain the mails, follow the link in the last one."""

from __future__ import annotations

import re
from email.message import EmailMessage
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.ledger.drain import drain
from app.lib import mail
from app.lib.queue import Queue
from tests.cast import PASSWORD
from workers.jobs import JOBS

ALICE, BOB, CHARLIE = "alice@fernway.example", "bob@fernway.example", "charlie@elsewhere.example"
CHOSEN = "Ridge-2-in-size-M"


def sign_in(
    client: FlaskClient, email: str, password: str = PASSWORD, *, path: str = "/login", **fields: str
) -> TestResponse:
    return client.post(path, data={"email": email, "password": password, **fields})


def browser_of(app: Flask, email: str) -> FlaskClient:
    """Another browser, signed in."""
    client = app.test_client()
    assert sign_in(client, email).status_code == 303
    return client


def mailed(app: Flask) -> list[EmailMessage]:
    """The mails that are on their way, sent now; the oldest first."""
    folder = Path(app.config["PARLEY"].data_dir) / "mails"
    for path in folder.glob("*.eml"):
        path.unlink()
    drain(Queue.OUTBOUND, JOBS)
    return [mail.read_kept(kept.name) for kept in reversed(mail.kept_mails())]


def link_in(message: EmailMessage) -> str:
    """The path of the one link in a mail's text."""
    body = message.get_body(("plain",))
    assert body is not None
    found = re.search(r"^http://localhost(/\S+)$", body.get_content(), re.MULTILINE)
    assert found
    return found[1]
