"""Rich messages at the desk: how they are drawn, and how choices and cards are put together, with the keyboard alone too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Message
from tests.browser.channels import a_file, a_picture, an_api_inbox, begun_in, came
from tests.browser.conftest import Desk, Visit
from tests.browser.inbox import home, listens
from tests.browser.rich import every_kind
from tests.browser.test_inbox_looks import findings
from tests.cast import Cast, a_contact

SIZES: dict[str, dict[str, Any]] = {"light": {}, "phone at night": {"width": 390, "height": 844, "dark": True}}
LONG = "W" * 3_000


def opened(page: Page, desk: Desk, cast: Cast, number: int) -> Page:
    def picture(route: Route) -> None:
        route.fulfill(body=a_picture("#a95").getvalue(), content_type="image/png")

    page.route("**/pictures/*", picture)
    page.goto(f"{home(desk, cast)}/{number}")
    listens(page)
    return page


def last_said(cast: Cast) -> Message:
    with transaction(cast.account_id):
        return db.session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()


@pytest.mark.parametrize("size", SIZES)
def test_what_messengers_bring_can_be_read_by_everyone(
    desk: Desk, cast: Cast, signed_in_page: Visit, size: str
) -> None:
    page = opened(signed_in_page("Bob", **SIZES[size]), desk, cast, every_kind(cast))
    for words in ("From an ad", "Café da Garagem", "no longer available", "Order", "Public post on x.com"):
        expect(page.locator("message-thread").get_by_text(words).first).to_be_attached()
    assert findings(page) == []


def test_absurd_lengths_break_no_layout(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    said = {
        "referral": {"headline": LONG, "body": LONG, "url": "https://example.com/"},
        "order": {"items": [{"name": LONG, "quantity": 1, "price": 99_999_999, "currency": LONG}], "text": LONG},
        "template": {"name": LONG, "footer": LONG, "buttons": [{"kind": "url", "text": LONG}]},
        "link": "https://example.com/",
    }
    with transaction(cast.account_id):
        talk = begun_in(an_api_inbox(cast), a_contact(cast.account_id, LONG[:200]))
        message = came(talk, LONG, content_attributes=said)
        for kind in ("location", "contact", "fallback", "file"):
            a_file(message, kind, fallback_title=LONG, latitude=1.0, longitude=1.0, meta={"phones": [LONG]})
        items = [{"title": LONG, "value": LONG, "actions": [{"type": "postback", "text": LONG, "payload": "x"}]}]
        for kind in ("cards", "input_select", "article"):
            came(talk, LONG, content_type=kind, content_attributes={"items": items})
        number = talk.display_id
    page = opened(signed_in_page("Bob", width=390, height=844), desk, cast, number)
    for selector in ("message-thread", ".messages", "body", ".composer"):
        assert page.locator(selector).evaluate("node => node.scrollWidth - node.clientWidth") <= 0, selector


def test_choices_are_composed_with_the_keyboard_and_kept_as_a_draft(
    desk: Desk, cast: Cast, signed_in_page: Visit
) -> None:
    with transaction(cast.account_id):
        talk = begun_in(an_api_inbox(cast), a_contact(cast.account_id, "Dana"))
        came(talk, "When can I come?")
        number = talk.display_id
    page = opened(signed_in_page("Bob"), desk, cast, number)
    page.locator("#composer-text").focus()
    page.keyboard.type("When does it suit you?")
    page.get_by_role("button", name="Offer something to press").focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Choices").press("Enter")
    first = page.get_by_role("textbox", name="Choice 1", exact=True)
    expect(first).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="Write at least one choice.")).to_be_visible()
    page.keyboard.type("Monday")
    page.keyboard.press("Enter")
    page.keyboard.type("Friday")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Choice 3")).to_be_focused()
    page.keyboard.press("Backspace")
    expect(page.get_by_role("textbox", name="Choice 2")).to_be_focused()
    page.reload()
    listens(page)
    expect(first).to_have_value("Monday")
    page.get_by_role("tab", name="Private note").click()
    expect(first).to_be_hidden()
    page.get_by_role("tab", name="Reply", exact=True).click()
    page.get_by_role("textbox", name="Choice 2").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message-out .choice")).to_have_text(["Monday", "Friday"])
    expect(page.locator(".offer")).to_be_hidden()
    expect(page.locator(".message-out:not(.is-sending)")).to_have_count(1)
    said = last_said(cast)
    assert (said.content, said.content_type) == ("When does it suit you?", "input_select")


def test_a_card_is_composed_with_its_picture_and_buttons(
    desk: Desk, cast: Cast, signed_in_page: Visit, tmp_path: Path
) -> None:
    with transaction(cast.account_id):
        talk = begun_in(an_api_inbox(cast), a_contact(cast.account_id, "Dana"))
        came(talk, "What have you got?")
        number = talk.display_id
    photo = tmp_path / "ridge.png"
    photo.write_bytes(a_picture().getvalue())
    page = opened(signed_in_page("Bob"), desk, cast, number)
    page.get_by_role("button", name="Offer something to press").click()
    page.get_by_role("menuitem", name="Cards").click()
    page.get_by_role("textbox", name="Title").fill("Ridge 2")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a picture").click()
    chooser.value.set_files(photo)
    expect(page.locator(".offer-picture canvas")).to_be_visible()
    page.get_by_role("textbox", name="Words on the button").fill("Keep one")
    page.get_by_role("button", name="Add a button").click()
    page.get_by_label("What the button does").nth(1).select_option("link")
    page.get_by_role("textbox", name="Words on the button").nth(1).fill("See it")
    page.get_by_role("textbox", name="Address it opens").fill("javascript:alert(1)")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("A link’s address begins with https://.")).to_be_visible()
    page.get_by_role("textbox", name="Address it opens").fill("https://shop.example/ridge")
    assert findings(page) == []
    page.keyboard.press("Control+Enter")
    card = page.locator(".message-out .asked-cards")
    expect(card.get_by_role("link", name="See it")).to_have_attribute("href", "https://shop.example/ridge")
    assert card.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    assert last_said(cast).content_attributes["items"][0]["title"] == "Ridge 2"


def test_words_are_marked_by_keys_and_the_marks_taken_off_again(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    with transaction(cast.account_id):
        talk = begun_in(an_api_inbox(cast), a_contact(cast.account_id, "Dana"))
        came(talk, "Hello")
        number = talk.display_id
    page = opened(signed_in_page("Bob"), desk, cast, number)
    field = page.locator("#composer-text")
    field.fill("Six newton metres")
    field.evaluate("field => field.setSelectionRange(0, 4)")
    page.keyboard.press("Control+b")
    expect(field).to_have_value("**Six** newton metres")
    page.keyboard.press("Control+b")
    expect(field).to_have_value("Six newton metres")
    page.get_by_role("button", name="Formatting").click()
    page.get_by_role("menuitem", name="Quote").press("Enter")
    expect(field).to_have_value("> Six newton metres")
    expect(field).to_be_focused()
    page.get_by_role("button", name="Formatting").click()
    page.get_by_role("menuitem", name="Preview").click()
    seen = page.get_by_role("dialog", name="How it goes out")
    expect(seen.locator("blockquote")).to_have_text("Six newton metres")
    page.keyboard.press("Escape")
    expect(seen).to_have_count(0)
