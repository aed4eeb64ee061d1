"""A new user's first ten minutes: from an empty database to a live conversation, by clicks and keys alone."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.ledger.transaction import system
from app.lib.database import db
from app.models import Inbox
from tests.browser.conftest import Desk, Visit
from tests.browser.test_widget import Widget
from tests.browser.website import Website


def test_from_nothing_to_a_live_conversation(desk: Desk, visitor_page: Visit) -> None:
    owner = visitor_page()
    found_an_account(owner, desk)
    token = make_a_website_inbox(owner)
    site = Website(desk.url, token)
    try:
        owner.goto(f"{desk.url}/")
        visitor = visitor_page(width=390, height=844)
        visitor.goto(site.url)
        widget = Widget(visitor)
        widget.open()
        widget.write("Is the Ridge 2 back?")

        row = owner.locator("#conversation-rows > li")
        expect(row).to_contain_text("Is the Ridge 2 back?")
        row.get_by_role("link").first.click()
        answer = owner.get_by_role("textbox", name=re.compile("Reply"))
        answer.fill("On Friday. Shall I keep one for you?")
        answer.press("Control+Enter")
        expect(widget.messages.last).to_contain_text("On Friday. Shall I keep one for you?")
        widget.write("Yes, please!")
        expect(owner.locator("message-thread")).to_contain_text("Yes, please!")
    finally:
        site.close()


def found_an_account(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.url}/accounts/1/conversations")
    expect(page).to_have_url(f"{desk.url}/welcome")
    for label, words in {
        "What is your business called": "Fernway",
        "Your name": "Amelia Reyes",
        "Your e-mail": "amelia@fernway.example",
        "Password": "Wheels-in-a-row-9",
    }.items():
        page.get_by_label(re.compile(label, re.IGNORECASE)).first.fill(words)
    page.locator("button[type=submit]").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Fernway")


def make_a_website_inbox(page: Page) -> str:
    """Returns the token in the lines to paste."""
    page.get_by_role("link", name="Put a chat on your website").click()
    page.get_by_label("Name").first.fill("Shop chat")
    page.get_by_label("Address of the site").fill("https://fernway.example")
    page.get_by_role("button", name=re.compile("Make|Create|Add|Save")).first.click()
    expect(page.get_by_text("websiteToken").first).to_be_visible()
    with system(why="tests"):
        return db.session.scalars(select(Inbox)).one().address
