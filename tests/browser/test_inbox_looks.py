"""The inbox as it looks: on a desk and on a phone, by day and by night, for everyone."""

from __future__ import annotations

import uuid
from io import BytesIO
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from app.channels.base import Inbound
from app.ledger.transaction import transaction
from app.lib import storage
from tests.browser.conftest import Desk, Visit
from tests.browser.inbox import a_named_conversation, home, listens, numbered, open_conversation
from tests.cast import Cast, alice, bob

SIZES: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"dark": True},
    "drawer": {"width": 1000, "height": 800},
    "phone": {"width": 390, "height": 844, "touch": True},
    "phone at night": {"width": 390, "height": 844, "touch": True, "dark": True},
}


def a_busy_inbox(cast: Cast) -> None:
    """Every kind of message, state and row."""
    for name in ("Noor Haddad", "Ines Caldwell", "Jun Watanabe"):
        a_named_conversation(cast, name)
    number = a_named_conversation(cast, "Tomás Ferreira", "My wheel is out of true. See https://example.com/w")
    with transaction(cast.account_id):
        conversation, person = numbered(cast, number), bob(cast)
        dana, picture = conversation.contact, BytesIO()
        Image.linear_gradient("L").resize((640, 400)).convert("RGB").save(picture, "JPEG")
        picture.seek(0)
        files = [
            storage.save(picture, filename="wheel.jpg", limit_bytes=10**7),
            storage.save(BytesIO(b"%PDF-1.4 " * 99), filename="Invoice <1>.pdf", limit_bytes=10**7),
        ]
        asked = conversation.receive(Inbound("", client_id=str(uuid.uuid4()), attachments=files), contact=dana)
        conversation.assign(person, by=alice(cast).actor)
        conversation.prioritize("high", by=alice(cast).actor)
        conversation.reply("That is **bent**:\n\n- a wheel\n- a spoke", by=person.actor, reply_to=asked.client_id)
        conversation.mark_seen_by_contact(by=dana.actor)
        conversation.reply("Two left in Porto", by=alice(cast).actor, private=True)
        failed = conversation.reply("Are you there?", by=person.actor, status="failed")
        failed.external_error = "the other side did not answer"
        numbered(cast, 2).snooze(by=person.actor, until=None)
        numbered(cast, 3).mark_pending(by=person.actor)


def findings(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['help']} {each['nodes'][0]['html'][:160]}" for each in found]


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(desk: Desk, cast: Cast, signed_in_page: Visit, size: str) -> None:
    a_busy_inbox(cast)
    page = signed_in_page("Bob", **SIZES[size])
    page.goto(home(desk, cast))
    listens(page)
    assert findings(page) == []
    open_conversation(page, "Tomás Ferreira")
    page.wait_for_timeout(300)
    assert findings(page) == []
    page.get_by_role("tab", name="Private note").click()
    page.get_by_role("button", name="More", exact=True).click()
    page.wait_for_timeout(300)
    assert findings(page) == []


def test_a_phone_shows_one_pane_at_a_time(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    a_busy_inbox(cast)
    page = signed_in_page("Bob", width=390, height=844, touch=True)
    page.goto(home(desk, cast))
    listens(page)
    expect(page.locator("#list")).to_be_visible()
    expect(page.locator("#thread")).to_be_hidden()
    open_conversation(page, "Tomás Ferreira")
    expect(page.locator("#list")).to_be_hidden()
    page.locator("#thread").get_by_role("button", name="Details").click()
    expect(page.locator("#details")).to_be_visible()
    page.get_by_role("button", name="Close details").click()
    expect(page.locator("#details")).to_be_hidden()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator("#list")).to_be_visible()
    expect(page.locator("#thread")).to_be_hidden()
    page.go_back()
    expect(page.locator("#thread h1")).to_contain_text("Tomás Ferreira")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_on_a_phone_the_list_comes_back_after_resolving(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    for name in ("Dana", "Erin"):
        a_named_conversation(cast, name)
    page = signed_in_page("Bob", width=390, height=844, touch=True)
    page.goto(home(desk, cast))
    listens(page)
    open_conversation(page, "Dana")
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.locator("#list")).to_be_visible()
    expect(page.locator(".conversation-name")).to_have_text(["Erin"])
    expect(page.locator(".toast")).to_contain_text("Resolved #1")


def test_details_fold_and_change_sides_and_stay_so(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    number = a_named_conversation(cast, "Dana")
    page = signed_in_page("Bob")
    page.goto(f"{home(desk, cast)}/{number}")
    page.get_by_role("button", name="Move details to the other side").click()
    expect(page.locator(".desk-inbox")).to_have_class("desk desk-inbox details-right")
    page.keyboard.press("]")
    expect(page.locator("#details")).to_be_hidden()
    page.wait_for_timeout(300)
    page.reload()
    expect(page.locator("#details")).to_be_hidden()
    page.keyboard.press("]")
    expect(page.locator("#details")).to_be_visible()
    expect(page.locator(".desk-inbox")).to_have_class("desk desk-inbox details-right")


def test_pictures_and_files_are_shown_and_fetched(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    a_busy_inbox(cast)
    page = signed_in_page("Bob")
    page.goto(f"{home(desk, cast)}/4")
    picture = page.locator(".picture img")
    picture.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    assert picture.evaluate("image => image.naturalWidth") == 640
    file = page.locator(".attachment").first
    expect(file).to_contain_text("Invoice 1.pdf" if "<" not in (file.text_content() or "") else "Invoice <1>.pdf")
    assert page.request.get(desk.url + str(file.get_attribute("href"))).status == 200


def test_a_file_is_attached_shown_and_sent(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    number = a_named_conversation(cast, "Dana")
    page = signed_in_page("Bob")
    page.goto(f"{home(desk, cast)}/{number}")
    listens(page)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Attach a file").click()
    chooser.value.set_files(
        [
            FilePayload(name="note.txt", mimeType="text/plain", buffer=b"hello"),
            FilePayload(name="other.txt", mimeType="text/plain", buffer=b"world"),
        ]
    )
    page.get_by_role("button", name="Take other.txt off").click()
    page.get_by_role("button", name="Emoji").click()
    page.locator("emoji-picker [data-emoji]").first.click()
    page.get_by_role("button", name="Send", exact=False).last.click()
    expect(page.locator(".message-out .attachment-name")).to_have_text("note.txt")
    expect(page.locator(".is-sending, .attachment-pending")).to_have_count(0)
    with transaction(cast.account_id):
        message = numbered(cast, number).last_message
        assert message is not None
        assert [file.filename for file in message.attachments] == ["note.txt"]
