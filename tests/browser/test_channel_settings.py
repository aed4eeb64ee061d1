"""The settings of every channel, as an administrator meets them: to read, to reach by keyboard, on a desk and on a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.ledger.transaction import transaction
from app.lib import clock
from app.lib.database import db
from app.models import Connection, Inbox
from tests.browser.conftest import Desk, Visit
from tests.cast import Cast


def settings_of(desk: Desk, cast: Cast) -> str:
    return f"{desk.url}/accounts/{cast.account_id}/settings/inboxes"


def a_bot(cast: Cast) -> Inbox:
    """In trouble, with facts to read."""
    with transaction(cast.account_id):
        inbox = Inbox(account_id=cast.account_id, name="Fernway bot", channel="telegram", address="110201543")
        inbox.credentials = {"bot_token": "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "username": "fernway_bot"}
        db.session.add(inbox)
        db.session.flush()
        problems = [
            {"code": "webhook", "words": "Telegram delivers to https://elsewhere.example/hook.", "repair": "register"},
            {"code": "late", "words": "12 updates wait since 07:10.", "repair": "settings"},
        ]
        db.session.add(
            Connection(
                account_id=cast.account_id,
                inbox_id=inbox.id,
                state="trouble",
                problems=problems,
                facts={"Bot": "@fernway_bot", "Waiting updates": "12"},
                checked_at=clock.now(),
            )
        )
    return inbox


def complaints(page: Page, width: int) -> list[str]:
    found = [
        f"{page.url} {each['id']}: {each['nodes'][0]['html'][:200]}" for each in Axe().run(page).response["violations"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth") > width
    return [*found, *([f"{page.url} is wider than the screen"] if wide else [])]


@pytest.mark.parametrize(("width", "height", "dark"), [(1440, 900, False), (390, 844, True)])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    desk: Desk, cast: Cast, signed_in_page: Visit, width: int, height: int, dark: bool
) -> None:
    inbox = a_bot(cast)
    # All are drawn by the same templates: the longest, one with a choice, and one with much to copy.
    news = [f"/{kind}/new" for kind in ("twilio_voice", "instagram", "whatsapp")]
    page = signed_in_page("Alice", width=width, height=height, dark=dark)
    found = []
    for path in ("", "/new", *news, f"/telegram/{inbox.id}", "/telegram/guide", f"/{inbox.id}/removal"):
        page.goto(settings_of(desk, cast) + path)
        found += complaints(page, width)
    assert found == []


def test_what_is_wrong_is_mended_from_the_inbox_by_keyboard(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    inbox = a_bot(cast)
    page = signed_in_page("Alice")
    page.goto(settings_of(desk, cast))
    expect(page.get_by_role("main").get_by_role("link", name="Register again")).to_be_visible()
    page.goto(f"{desk.url}/accounts/{cast.account_id}/conversations")
    page.get_by_role("link", name="Register again").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Fernway bot", level=1)).to_be_visible()
    expect(page.get_by_text("Telegram delivers to https://elsewhere.example/hook.")).to_be_visible()
    page.get_by_role("button", name="Register again", exact=True).focus()
    # Nobody answers where the tests say that Telegram is: that is told, and nothing is lost.
    page.keyboard.press("Enter")
    expect(page.locator("#toasts .toast-danger, #toasts [role=alert]").first).to_be_visible()
    expect(page).to_have_url(f"{settings_of(desk, cast)}/telegram/{inbox.id}#health")
    page.get_by_role("link", name="Remove", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_label("Type the name of the inbox").fill("Fernway bot")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Fernway bot is removed.")
    expect(page.get_by_role("main").get_by_role("link", name="Fernway bot")).to_have_count(0)
