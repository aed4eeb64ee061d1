"""A channel played through as people do it: connected in the settings, written to by a customer, answered by an agent."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect
from sqlalchemy import select

from app.ledger.drain import drain
from app.ledger.transaction import transaction
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Conversation, Inbox, Message
from tests.browser.conftest import Desk
from tests.browser.inbox import listens
from tests.cast import Cast
from workers.jobs import JOBS

# Where pictures of the screens are put, for whoever wants to look at them.
SCREENSHOTS = os.environ.get("SCREENSHOTS", "")
SIZES = {"desk": (1440, 900), "phone": (390, 844)}
WITHIN = 10.0


class Play:
    """`page` is an administrator's. What workers do is done by `work` and by everything that waits, in the test's process."""

    def __init__(self, desk: Desk, cast: Cast, page: Page) -> None:
        self.desk, self.cast, self.page = desk, cast, page

    # In the settings.

    def fill(self, channel: str, fields: Mapping[str, Any], *, name: str = "") -> None:
        """Settings, Inboxes, Add, the channel by its name; the form by its fields' titles: text, True, or an option's words."""
        self.page.goto(f"{self._home}/settings/inboxes")
        self.page.get_by_role("link", name="Add an inbox").click()
        self.page.get_by_role("main").get_by_role("link", name=channel, exact=True).click()
        form = self.page.locator("main form", has=self.page.get_by_label("Name", exact=True))
        form.get_by_label("Name", exact=True).fill(name)
        for title, value in fields.items():
            fill_in(form.get_by_label(title, exact=True), value)

    def submit(self) -> None:
        """As `fill` left it. A refusal stands at its field: `play.page.locator('.field-error')`."""
        self.page.get_by_role("button", name="Connect", exact=True).click()

    def connect(self, channel: str, fields: Mapping[str, Any], *, name: str = "Fernway") -> Inbox:
        """Connected by the form; returns the inbox as it is kept."""
        self.fill(channel, fields, name=name)
        self.submit()
        expect(self.page.get_by_role("heading", name=name, level=1)).to_be_visible()
        return self.inbox()

    def consent(self, channel: str, button: str) -> None:
        """To the provider's own page (the stand-in's) by the channel's "Connect with …"; what follows is the test's."""
        self.page.goto(f"{self._home}/settings/inboxes/new")
        self.page.get_by_role("main").get_by_role("link", name=channel, exact=True).click()
        self.page.get_by_role("link", name=button).click()

    def inbox(self) -> Inbox:
        """The newest."""
        with transaction(self.cast.account_id):
            return db.session.scalars(select(Inbox).order_by(Inbox.id.desc()).limit(1)).one()

    # The customer's and the provider's side.

    def knock(self, url: str, **request: Any) -> httpx.Response:
        """A delivery as the provider makes it; `url` is whole, or a path of the desk's. `request` as httpx.post has it.

        What it brings is worked through before this returns.
        """
        answer = httpx.post(url if "://" in url else f"{self.desk.url}{url}", timeout=10, **request)
        assert answer.status_code < 300, f"{answer.status_code}: {answer.text}"
        self.work()
        return answer

    def work(self) -> int:
        """All that is due in the doors' queues."""
        return sum(drain(queue, JOBS) for queue in (Queue.INBOUND, Queue.OUTBOUND, Queue.SLOW))

    def until(self, holds: Callable[[], Any], why: str = "") -> None:
        """Work until it holds: what a person does at the desk is there a moment later."""
        deadline = time.monotonic() + WITHIN
        while not holds():
            assert time.monotonic() < deadline, why or "it did not come to that"
            self.work()
            self.page.wait_for_timeout(50)

    # At the desk.

    @property
    def thread(self) -> Locator:
        return self.page.locator("message-thread")

    def open(self, customer: str) -> None:
        """The conversation with somebody of that name, live."""
        self.page.goto(f"{self._home}/conversations")
        listens(self.page)
        self.page.locator(".conversation-name", has_text=customer).first.click()
        expect(self.page.get_by_role("heading", name=customer, level=1)).to_be_visible()
        self.page.wait_for_selector("message-thread")

    def bubble(self, text: str) -> Locator:
        """The message with those words, whoever's it is."""
        return self.thread.locator(".message", has_text=text).last

    def sees(self, text: str) -> None:
        expect(self.thread).to_contain_text(text)

    def sees_picture(self, count: int = 1) -> None:
        """So many pictures in the thread, each drawn."""
        shown = self.thread.locator("img:not(.avatar img)")
        self.until(lambda: shown.count() >= count, f"{count} pictures were not shown")
        drawn = "image => image.decode().then(() => image.naturalWidth)"
        assert all(image.evaluate(drawn) for image in shown.all())

    def says(self, text: str = "", *, files: Sequence[FilePayload] = ()) -> None:
        """By the composer, as a person does; returns when the answer has been handed over, or was refused."""
        before = self._answers()
        if text:
            self.page.locator("#composer-text").fill(text)
        if files:
            self.page.locator("message-composer input[type=file][name=attachments]").set_input_files(list(files))
        self.page.locator("#composer-text").press("Control+Enter")
        self.until(lambda: self._answers() > before, "the answer was not taken")
        self.settles()

    def settles(self) -> None:
        """Work until nothing that was answered is under way any more."""
        self.until(lambda: self._statuses().isdisjoint({"queued", "sending"}), f"still {self._statuses()}")

    def ticks(self, text: str, state: str) -> None:
        """Under the answer of those words: Sent, Delivered or Read."""
        ticks = self.bubble(text).locator(".ticks")
        self.until(lambda: ticks.count() and state in ticks.inner_text(), f"{text!r} is not {state.lower()}")

    def refused(self, reason: str) -> None:
        """The last answer stands refused, in the provider's words."""
        expect(self.thread.locator(".failure").last).to_contain_text(reason)

    def tries_again(self) -> None:
        """The refused answer is sent again, and taken."""
        self.thread.get_by_role("button", name="Try again").last.click()
        self.until(lambda: "failed" not in self._statuses(), "it was refused again")
        self.settles()
        expect(self.thread.locator(".failure")).to_have_count(0)

    def pictures(self, name: str) -> None:
        """The screen as it is, in both themes and both sizes, under `name`; only where SCREENSHOTS names a folder."""
        if not SCREENSHOTS:
            return
        folder, was = Path(SCREENSHOTS), self.page.viewport_size
        folder.mkdir(parents=True, exist_ok=True)
        for size, (width, height) in SIZES.items():
            self.page.set_viewport_size({"width": width, "height": height})
            for scheme in ("light", "dark"):
                self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                self.page.wait_for_timeout(150)
                self.page.screenshot(path=folder / f"{name}-{size}-{scheme}.png")
        self.page.emulate_media(color_scheme="light")
        if was:
            self.page.set_viewport_size(was)

    @property
    def _home(self) -> str:
        return f"{self.desk.url}/accounts/{self.cast.account_id}"

    def _statuses(self) -> set[str]:
        with transaction(self.cast.account_id):
            return set(db.session.scalars(select(Message.status).where(*self._said())))

    def _answers(self) -> int:
        with transaction(self.cast.account_id):
            return len(db.session.scalars(select(Message.id).where(*self._said())).all())

    def _said(self) -> tuple[Any, ...]:
        """What was answered in the conversation that is open."""
        found = re.search(r"/conversations/(\d+)", self.page.url)
        number = int(found[1]) if found else 0
        talks = select(Conversation.id).where(Conversation.display_id == number)
        return (Message.conversation_id.in_(talks), Message.message_type.in_(("outgoing", "template")))


def fill_in(field: Locator, value: Any) -> None:
    kind = field.evaluate("field => field.localName === 'select' ? 'select' : field.type")
    if kind in ("checkbox", "radio"):
        field.set_checked(bool(value))
    elif kind == "select":
        field.select_option(label=str(value))
    else:
        field.fill(str(value))


def a_picture(colour: str = "#7a9", size: tuple[int, int] = (640, 400), name: str = "wheel.png") -> FilePayload:
    """As it is chosen from a disk; its bytes are `a_picture()["buffer"]`."""
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": file.getvalue()}
