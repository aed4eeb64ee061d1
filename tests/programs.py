"""Programs that use the API with somebody's token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.ledger.transaction import system
from app.lib.database import db
from app.models import AccessToken, User


@dataclass(frozen=True)
class Program:
    """A program that knows somebody's token; paths are within the account."""

    client: FlaskClient
    account_id: int
    token: str

    def send(self, method: str, path: str, **request: Any) -> TestResponse:
        address = path if path.startswith("/api/") else f"/api/v1/accounts/{self.account_id}{path}"
        headers = {"api_access_token": self.token, **request.pop("headers", {})}
        return self.client.open(address, method=method, headers=headers, **request)

    def get(self, path: str, **request: Any) -> TestResponse:
        return self.send("GET", path, **request)

    def post(self, path: str, **request: Any) -> TestResponse:
        return self.send("POST", path, **request)

    def put(self, path: str, **request: Any) -> TestResponse:
        return self.send("PUT", path, **request)


def a_program(app: Flask, user_id: int, account_id: int) -> Program:
    with system(why="tests"):
        token = AccessToken.of(db.session.get_one(User, user_id)).secret
    return Program(app.test_client(), account_id, token)
