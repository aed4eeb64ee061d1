"""An administrator connects a program, a customer writes through it, an agent answers, and the program hears it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.ledger.drain import drain
from app.ledger.transaction import transaction
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Inbox
from tests.browser.conftest import Desk, Visit
from tests.browser.inbox import listens
from tests.cast import Cast
from tests.fakes.webhook_receiver import Receiver, Reply, private_calls_allowed, receiving
from workers.jobs import JOBS


@pytest.fixture
def receiver(app: Flask) -> Iterator[Receiver]:
    with receiving() as receiver, private_calls_allowed(app):
        yield receiver


def settings_of(desk: Desk, cast: Cast) -> str:
    return f"{desk.url}/accounts/{cast.account_id}/settings/inboxes"


def post(url: str, **said: Any) -> Any:
    answer = httpx.post(url, json=said)
    assert answer.status_code == 200, answer.text
    return answer.json() if answer.content else None


def deliver_until(receiver: Receiver, calls: int) -> None:
    """What the agent has sent goes out, as soon as the desk has it."""
    deadline = time.monotonic() + 10
    while len(receiver.calls) < calls and time.monotonic() < deadline:
        drain(Queue.OUTBOUND, JOBS)
        time.sleep(0.05)
    assert len(receiver.calls) == calls


def connect(page: Page, desk: Desk, cast: Cast, receiver: Receiver) -> str:
    """By the keyboard, through the settings page; returns the identifier."""
    page.goto(f"{settings_of(desk, cast)}/new")
    page.get_by_role("main").get_by_role("link", name="API").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name", exact=True).fill("Fernway app")
    page.get_by_label("Webhook address").fill(receiver.url)
    page.get_by_label("Answers are taken for (hours)").fill("24")
    page.get_by_label("Bob", exact=False).check()
    page.keyboard.press("Control+s")
    expect(page.get_by_role("heading", name="Fernway app", level=1)).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("Your server took our test.")
    return page.get_by_label("Identifier of this inbox").input_value()


def test_connected_written_to_answered_refused_and_sent_again(
    desk: Desk, cast: Cast, signed_in_page: Visit, receiver: Receiver
) -> None:
    alice = signed_in_page("Alice")
    identifier = connect(alice, desk, cast, receiver)
    secret = alice.get_by_label("Secret of the webhook", exact=True).input_value()
    assert receiver.calls[0].is_proven(secret)
    alice.get_by_role("button", name="I have copied them").click()
    expect(alice.get_by_text("Kept by your server; not shown again.").first).to_be_visible()

    home = f"{desk.url}/public/api/v1/inboxes/{identifier}/contacts"
    dana = f"{home}/{post(home, name='Dana')['source_id']}/conversations"
    talk = f"{dana}/{post(dana)['id']}"
    bob = signed_in_page("Bob")
    bob.goto(f"{desk.url}/accounts/{cast.account_id}/conversations")
    listens(bob)
    post(f"{talk}/messages", content="Is the Ridge 2 back?")
    bob.locator(".conversation-name", has_text="Dana").click()
    thread = bob.locator("message-thread")
    expect(thread).to_contain_text("Is the Ridge 2 back?")
    post(f"{talk}/toggle_typing", typing_status="on")
    expect(bob.locator("typing-line")).to_have_text("Dana is typing")

    receiver.replies = [Reply(422, b"no such customer")]
    bob.locator("message-composer [contenteditable], message-composer textarea").first.fill("It is back.")
    bob.keyboard.press("Control+Enter")
    deliver_until(receiver, 2)
    expect(thread.locator(".failure")).to_contain_text("Not sent: It answered 422: no such customer.")
    thread.get_by_role("button", name="Try again").click()
    deliver_until(receiver, 3)
    expect(thread.locator(".failure")).to_have_count(0)
    refused, taken = receiver.calls[1:]
    assert refused.key == taken.key
    assert taken.is_proven(secret)
    assert taken.event["content"] == "It is back."
    post(f"{talk}/update_last_seen")
    expect(thread.locator(".ticks-read")).to_have_count(1)


@pytest.mark.parametrize(("width", "height", "dark"), [(1440, 900, False), (390, 844, True)])
def test_axe_finds_nothing(
    desk: Desk, cast: Cast, signed_in_page: Visit, receiver: Receiver, width: int, height: int, dark: bool
) -> None:
    with transaction(cast.account_id):
        inbox = Inbox(account_id=cast.account_id, name="Fernway app", channel="api", address="an-identifier")
        inbox.channel_settings = {"webhook_url": receiver.url}
        inbox.credentials = {"hmac_secret": "a", "webhook_secret": "whsec_AA==", "unseen": ["webhook_secret"]}
        db.session.add(inbox)
    with transaction(cast.account_id):
        inbox_id = db.session.scalars(select(Inbox.id).where(Inbox.channel == "api")).one()
    page = signed_in_page("Alice", width=width, height=height, dark=dark)
    complaints = []
    for path in ("/new", "/api/new", f"/api/{inbox_id}"):
        page.goto(settings_of(desk, cast) + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page).response["violations"]
        complaints += [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
    assert complaints == []
