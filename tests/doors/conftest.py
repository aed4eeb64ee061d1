"""A pigeon loft at Fernway and one at Elsewhere, and short ways to knock and to work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.ledger.drain import drain
from app.ledger.transaction import transaction
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Inbox
from tests.cast import Cast
from tests.fakes.pigeon import Loft, pigeons, post, ring
from workers.jobs import JOBS

SECRET = "a ring of brass"  # the loft's


@pytest.fixture
def loft() -> Iterator[Loft]:
    with pigeons() as loft:
        yield loft


@pytest.fixture
def inbox(cast: Cast, loft: Loft) -> Inbox:
    return open_loft(cast.account_id, "fernway")


def open_loft(account_id: int, address: str) -> Inbox:
    with transaction(account_id):
        inbox = Inbox(account_id=account_id, name=address.title(), channel="pigeon", address=address)
        inbox.credentials = {"secret": SECRET}
        db.session.add(inbox)
        db.session.flush()
    return inbox


Knocks = Callable[..., TestResponse]


@pytest.fixture
def knock(client: FlaskClient, inbox: Inbox) -> Knocks:
    def knock(*letters: dict[str, Any], secret: str = SECRET) -> TestResponse:
        body = post([{"loft": "fernway", "from": "dana", **letter} for letter in letters])
        return client.post("/webhooks/pigeon", data=body, headers={"X-Ring": ring(secret, body)})

    return knock


def work(*queues: Queue) -> int:
    """Drain the doors' queues until nothing is due."""
    return sum(drain(queue, JOBS) for queue in queues or (Queue.INBOUND, Queue.OUTBOUND, Queue.SLOW))
