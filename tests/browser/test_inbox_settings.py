"""An administrator makes the chat of a website, and sees it before anyone else does."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, Visit
from tests.cast import Cast

PREVIEW = "widget-preview iframe:not(.is-coming)"


def home(desk: Desk, cast: Cast) -> str:
    return f"{desk.url}/accounts/{cast.account_id}/settings/inboxes"


def test_the_preview_follows_the_form_and_the_lines_are_copied(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    page = signed_in_page("Alice")
    page.goto(home(desk, cast))
    page.get_by_role("link", name="Add an inbox").click()
    page.get_by_role("main").get_by_role("link", name="Website chat").click()
    page.get_by_label("Name", exact=True).fill("Workshop chat")
    page.get_by_label("Address of the site").fill("fernway.example")
    page.get_by_label("Greeting", exact=True).fill("Need a hand?")
    page.get_by_label("Colour", exact=True).fill("#1c6b4c")
    page.get_by_role("radio", name="Left").check()
    shown = page.frame_locator(PREVIEW)
    expect(shown.get_by_role("heading", name="Need a hand?")).to_be_visible()
    expect(shown.locator(".launcher-left")).to_be_visible()
    assert shown.locator(".launcher").evaluate("mark => getComputedStyle(mark).backgroundColor") == "rgb(28, 107, 76)"
    page.get_by_role("button", name="Make the inbox").click()
    expect(page.get_by_role("heading", name="Workshop chat")).to_be_visible()
    page.get_by_role("button", name="Copy").first.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"{desk.url}/widget/sdk.js" in copied
    assert copied.startswith("<script>")


def test_the_secret_is_shown_when_asked_for_and_changed_when_sure(
    desk: Desk, cast: Cast, signed_in_page: Visit
) -> None:
    page = signed_in_page("Alice")
    page.goto(f"{home(desk, cast)}/{cast.inbox_id}")
    page.get_by_role("button", name="New secret").click()
    page.get_by_role("button", name="Make a new secret").click()
    expect(page.locator("#toasts")).to_contain_text("There is a new secret")
    secret = page.get_by_label("Secret", exact=True)
    expect(secret).to_have_attribute("type", "password")
    page.get_by_role("button", name="Show the secret").click()
    expect(secret).to_have_attribute("type", "text")
    assert len(secret.input_value()) > 40


@pytest.mark.parametrize(("width", "height", "dark"), [(1440, 900, False), (390, 844, True)])
def test_axe_finds_nothing(desk: Desk, cast: Cast, signed_in_page: Visit, width: int, height: int, dark: bool) -> None:
    page = signed_in_page("Alice", width=width, height=height, dark=dark)
    complaints = []
    for path in ("", "/new", "/new/website", f"/{cast.inbox_id}"):
        page.goto(home(desk, cast) + path)
        if path not in ("", "/new"):
            expect(page.frame_locator(PREVIEW).get_by_role("heading", level=1)).to_be_visible()
        complaints += findings(page)
    assert complaints == []


def findings(page: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
