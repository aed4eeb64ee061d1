"""An API inbox and the programs that call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.ledger.transaction import transaction
from app.lib import crypto
from app.lib.database import db
from app.models import Inbox
from tests.cast import Cast

HMAC_SECRET = "the secret of the inbox"


@dataclass(frozen=True)
class Client:
    """A customer's app, or a server that speaks for customers; paths are within the inbox."""

    http: FlaskClient
    identifier: str
    inbox_id: int

    def send(self, method: str, path: str, **request: Any) -> TestResponse:
        return self.http.open(f"/public/api/v1/inboxes/{self.identifier}{path}", method=method, **request)

    def get(self, path: str, **request: Any) -> TestResponse:
        return self.send("GET", path, **request)

    def post(self, path: str, **request: Any) -> TestResponse:
        return self.send("POST", path, **request)

    def patch(self, path: str, **request: Any) -> TestResponse:
        return self.send("PATCH", path, **request)

    def contact(self, **said: Any) -> str:
        """The path of a new contact."""
        answer = self.post("/contacts", json=said)
        assert answer.status_code == 200, answer.text
        assert answer.json
        return f"/contacts/{answer.json['source_id']}"

    def conversation(self, contact: str) -> str:
        """The path of a new conversation."""
        answer = self.post(f"{contact}/conversations", json={})
        assert answer.status_code == 200, answer.text
        assert answer.json
        return f"{contact}/conversations/{answer.json['id']}"


def proof(identifier: str) -> str:
    return crypto.hmac_hex(HMAC_SECRET, identifier)


MakeClient = Callable[..., Client]


@pytest.fixture
def a_client(app: Flask, cast: Cast) -> MakeClient:
    """`a_client(hmac_mandatory=True)`: a client of an inbox of Fernway's own making, or of another account's."""

    def make(account_id: int = 0, **settings: Any) -> Client:
        account_id = account_id or cast.account_id
        with transaction(account_id):
            inbox = Inbox(account_id=account_id, name="App", channel="api", address=crypto.token(18))
            inbox.channel_settings = settings
            inbox.credentials = {"hmac_secret": HMAC_SECRET, "webhook_secret": "whsec_" + "A" * 44}
            db.session.add(inbox)
            db.session.flush()
            if account_id == cast.account_id:
                inbox.set_members({cast.bob_id})
            return Client(app.test_client(), inbox.address, inbox.id)

    return make


@pytest.fixture
def dana(a_client: MakeClient) -> Client:
    return a_client()
