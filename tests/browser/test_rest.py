"""Programs reach the REST API through the server that runs in life."""

from __future__ import annotations

import httpx
from flask import Flask

from tests.browser.conftest import Desk
from tests.browser.inbox import a_named_conversation
from tests.cast import Cast
from tests.programs import a_program


def test_a_program_signs_in_and_answers_with_a_file(app: Flask, desk: Desk, cast: Cast) -> None:
    number = a_named_conversation(cast, "Dana")
    token = a_program(app, cast.bob_id, cast.account_id).token
    with httpx.Client(base_url=desk.url, headers={"api_access_token": token}) as program:
        assert program.get("/api/v1/profile").json()["email"] == "bob@fernway.example"
        messages = f"/api/v1/accounts/{cast.account_id}/conversations/{number}/messages"
        sent = program.post(
            messages,
            data={"content": "Here it is", "private": "false"},
            files={"attachments[]": ("invoice.pdf", b"%PDF-1.4 " * 1000)},
        )
        assert sent.status_code == 200, desk.log.read_text()[-3500:]
        sent = sent.json()
        assert httpx.get(sent["attachments"][0]["data_url"]).content == b"%PDF-1.4 " * 1000
        assert program.post(messages, json={"content": "x" * 2_000_000}).status_code == 413
    assert httpx.get(f"{desk.url}/api/v1/profile").status_code == 401
