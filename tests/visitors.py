"""A customer's browser on a website of Fernway's, as the widget's doors see it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Conversation, Inbox
from tests.cast import Cast


class Visitor:
    """Dana's browser: keeps her token, as the page of the shop does."""

    def __init__(self, client: FlaskClient, cast: Cast) -> None:
        self.client, self.cast = client, cast
        with transaction(cast.account_id):
            self.website_token = db.session.get_one(Inbox, (cast.account_id, cast.inbox_id)).address
        self.token = self.ask("get", "config").get_json()["token"]

    def ask(self, method: str, path: str, *, token: str | None = "", **values: Any) -> TestResponse:
        own = getattr(self, "token", None) if token == "" else token
        headers = {"X-Auth-Token": own} if own else {}
        query = {"website_token": self.website_token, **values.pop("query", {})}
        answer: TestResponse = getattr(self.client, method)(
            f"/widget/api/{path}", headers=headers, query_string=query, **values
        )
        return answer

    def say(self, content: str, client_id: str | None = None, **values: Any) -> TestResponse:
        said = {"content": content, "client_id": client_id or str(uuid.uuid4()), **values}
        return self.ask("post", "messages", json=said)

    @property
    def conversation(self) -> Conversation:
        with transaction(self.cast.account_id):
            return db.session.scalars(select(Conversation).order_by(Conversation.id.desc())).first() or pytest.fail(
                "no conversation"
            )


def counted(cast: Cast, table: type[Any]) -> int:
    with transaction(cast.account_id):
        return db.session.scalar(select(func.count()).select_from(table)) or 0


def set_inbox(cast: Cast, **values: Any) -> None:
    with transaction(cast.account_id):
        inbox = db.session.get_one(Inbox, (cast.account_id, cast.inbox_id))
        credentials = values.pop("credentials", None)
        if credentials:
            inbox.credentials = credentials
        inbox.channel_settings = {**inbox.channel_settings, **values.pop("channel_settings", {})}
        for name, value in values.items():
            setattr(inbox, name, value)
