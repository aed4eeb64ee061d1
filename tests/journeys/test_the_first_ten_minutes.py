"""From an empty database to a conversation between a visitor and an agent, over a kill of everything and back."""

from __future__ import annotations

import re
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx
import pytest

from tests.operation.conftest import Started, Starter, eventually

READY = "Ctrl-C stops everything"
PASSWORD = "Bicycle-12-stand"


@dataclass
class Visitor:
    """Dana's browser on the shop's site: it holds no cookie of Parley's, only the token that it was given."""

    url: str
    website_token: str
    token: str = ""

    def ask(self, method: str, path: str, **values: Any) -> Any:
        answer = httpx.request(
            method,
            f"{self.url}/widget/api/{path}",
            params={"website_token": self.website_token},
            headers={"X-Auth-Token": self.token} if self.token else {},
            timeout=30,
            **values,
        )
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer

    def arrive(self) -> None:
        self.token = self.ask("GET", "config").json()["token"]

    def say(self, words: str, client_id: str) -> None:
        self.ask("POST", "messages", json={"content": words, "client_id": client_id})

    def sees(self) -> str:
        return str(self.ask("GET", "messages").text)


@contextmanager
def desk(started: Started) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://localhost:{started.port}", timeout=30, follow_redirects=True) as browser:
        yield browser


def found(browser: httpx.Client) -> int:
    """Goes where the first visit leads, and founds the account there."""
    page = browser.get("/")
    assert page.url.path == "/welcome"
    typed = {"account": "Fernway", "name": "Alice", "email": "alice@fernway.example", "password": PASSWORD}
    welcomed = browser.post("/welcome", data=typed)
    assert welcomed.status_code == 200
    named = re.match(r"/accounts/(\d+)/", welcomed.url.path)
    assert named, welcomed.url
    return int(named.group(1))


def open_website(browser: httpx.Client, account_id: int) -> str:
    """Makes a website's inbox, and copies the token out of the snippet to paste."""
    look = {"name": "Shop", "website_url": "https://shop.example", "color": "#1d5c45", "is_enabled": "on"}
    made = browser.post(f"/accounts/{account_id}/settings/inboxes", data=look)
    assert made.status_code == 200, made.text
    token = re.search(r"websiteToken\W+([A-Za-z0-9_-]{16,})", unescape(made.text))
    assert token, "the page has the snippet"
    return token.group(1)


def sign_in(browser: httpx.Client) -> None:
    assert browser.post("/login", data={"email": "alice@fernway.example", "password": PASSWORD}).status_code == 200


@pytest.mark.timeout(400)
def test_a_new_desk_and_its_first_visitor_lose_nothing_when_everything_is_killed(start: Starter) -> None:
    started = start("--no-demo")
    started.until(READY)
    with desk(started) as alice:
        account_id = found(alice)
        dana = Visitor(f"http://localhost:{started.port}", open_website(alice, account_id))
        assert "/widget/sdk.js" in alice.get(f"/accounts/{account_id}/settings/inboxes/1").text
        dana.arrive()
        question = str(uuid.uuid4())
        dana.say("Is the Ridge 2 in size M back?", question)
        thread = f"/accounts/{account_id}/conversations/1"
        assert "Is the Ridge 2 in size M back?" in alice.get(thread).text
        answer = {"client_id": str(uuid.uuid4()), "content": "On Friday. Shall I keep one for you?"}
        assert alice.post(f"{thread}/messages", data=answer).status_code == 200
        assert "Shall I keep one for you?" in dana.sees()

    family = started.family()
    started.stop(signal.SIGKILL)
    eventually(lambda: not [each for each in family if each.is_running()])
    again = start("--no-demo", data=started.data, port=started.port)
    again.until(READY)

    # She never heard that her first message arrived: her page sends it once more.
    dana.say("Is the Ridge 2 in size M back?", question)
    dana.say("Yes please!", str(uuid.uuid4()))
    with desk(again) as alice:
        sign_in(alice)
        transcript = alice.get(thread).text
        assert "Yes please!" in transcript
        told = program(alice, account_id)
        assert [(each["content"], each["message_type"]) for each in told if each["message_type"] in (0, 1)] == [
            ("Is the Ridge 2 in size M back?", 0),
            ("On Friday. Shall I keep one for you?", 1),
            ("Yes please!", 0),
        ]


def program(browser: httpx.Client, account_id: int) -> list[dict[str, Any]]:
    """What a program with Alice's token reads of the conversation."""
    shown = re.search(r'value="([^"]+)" aria-label="Your access token"', browser.get("/profile/token").text)
    assert shown, "the profile shows the token"
    read = browser.get(
        f"/api/v1/accounts/{account_id}/conversations/1/messages", headers={"api_access_token": shown.group(1)}
    )
    assert read.status_code == 200, read.text
    payload: list[dict[str, Any]] = read.json()["payload"]
    return payload
