"""What channels bring, as a person at the desk meets it: mails, pictures, voices, windows, and writing first."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.ledger.transaction import transaction
from app.lib import clock
from app.lib.database import db
from app.models import Connection, Message
from tests.browser.channels import a_correspondence, a_mail, an_api_inbox, an_email_inbox, begun_in, came, every_state
from tests.browser.conftest import Desk, Visit
from tests.browser.inbox import home, listens, numbered
from tests.browser.test_inbox_looks import findings
from tests.cast import Cast, a_contact

SIZES: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"dark": True},
    "phone": {"width": 390, "height": 844, "touch": True},
}


def opened(page: Page, desk: Desk, cast: Cast, number: int) -> Page:
    page.goto(f"{home(desk, cast)}/{number}")
    listens(page)
    return page


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_in_any_state(desk: Desk, cast: Cast, signed_in_page: Visit, size: str) -> None:
    states, mails = every_state(cast), a_correspondence(cast)
    with transaction(cast.account_id):
        talk = numbered(cast, mails)
        talk.additional_attributes = {"maybe_continues": states, "maybe_continues_why": "The same subject."}
        problem = {"code": "denied", "words": "The password was refused.", "repair": "reconnect"}
        db.session.add(
            Connection(account_id=cast.account_id, inbox_id=talk.inbox_id, state="trouble", problems=[problem])
        )
    page = opened(signed_in_page("Alice", **SIZES[size]), desk, cast, states)
    expect(page.locator(".voice-time")).to_have_text("0:02")
    assert findings(page) == []
    opened(page, desk, cast, mails)
    expect(page.locator(".bar")).not_to_have_count(0)
    expect(page.frame_locator(".email-frame").get_by_role("heading", name="Invoice 2041")).to_be_visible()
    assert findings(page) == []


def test_a_mail_stands_in_a_frame_of_its_height_where_nothing_runs(
    desk: Desk, cast: Cast, signed_in_page: Visit
) -> None:
    page = opened(signed_in_page("Bob"), desk, cast, a_correspondence(cast))
    card = page.locator("mail-card").first
    frame = card.locator("iframe")
    expect(card.frame_locator("iframe").get_by_text("14 club bikes")).to_be_visible()
    expect(frame).not_to_have_css("height", "120px")
    inner = "frame => frame.contentDocument.documentElement.scrollHeight - frame.clientHeight"
    page.wait_for_function(f"({inner})(document.querySelector('.email-frame')) <= 1")
    assert page.title() == "Greta Lindqvist · Parley"
    shown = card.frame_locator("iframe").locator("img").first
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 320
    card.get_by_role("button", name="As text").click()
    expect(frame).to_be_hidden()
    expect(card.locator(".email-text").first).to_contain_text("please find the invoice below.")
    expect(card.locator(".email-quoted")).to_be_hidden()
    card.get_by_label("Show what it quotes").click()
    expect(card.locator(".email-quoted")).to_contain_text("Could you send it once more?")


def test_pictures_from_elsewhere_are_shown_when_asked_for(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    page = opened(signed_in_page("Bob"), desk, cast, a_correspondence(cast))
    page.route("**/pictures/*", lambda route: route.fulfill(status=404))
    with page.expect_request("**/pictures/*"):
        page.get_by_role("button", name="Show remote images (1)").click()
    expect(page.get_by_text("Pictures from elsewhere")).to_have_count(0)


def test_whom_an_answer_goes_to_is_seen_and_changed_with_the_keyboard(
    desk: Desk, cast: Cast, signed_in_page: Visit
) -> None:
    number = a_correspondence(cast)
    page = opened(signed_in_page("Bob"), desk, cast, number)
    chips = page.locator(".recipient-chip:visible > span")
    expect(chips).to_have_text(["greta@lindqvist.example", "anna@lindqvist.example"])
    copy = page.get_by_role("textbox", name="Copy", exact=True)
    copy.focus()
    page.keyboard.press("Backspace")
    page.keyboard.press("Delete")
    expect(chips).to_have_text(["greta@lindqvist.example"])
    page.keyboard.type("nobody")
    page.keyboard.press("Enter")
    expect(copy).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Control+a")
    page.evaluate("navigator.clipboard.writeText('Eve <Eve@else.example>; office@lindqvist.example\\n')")
    page.keyboard.press("Control+v")
    expect(chips).to_have_text(["greta@lindqvist.example", "eve@else.example", "office@lindqvist.example"])
    expect(page.locator("[data-says]")).to_contain_text("were not on the mail you answer")
    page.locator("#composer-text").fill("Here it is")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".sent-to", has_text="eve@else.example")).to_be_visible()
    with transaction(cast.account_id):
        said = db.session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
        assert said.content_attributes["to_emails"] == ["greta@lindqvist.example"]
        assert "eve@else.example" in said.content_attributes["cc_emails"]


def test_a_mail_that_comes_meanwhile_is_the_one_that_is_answered(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    number = a_correspondence(cast)
    page = opened(signed_in_page("Bob"), desk, cast, number)
    chips = page.locator(".recipient-chip:visible > span")
    expect(chips).to_have_count(2)
    with transaction(cast.account_id):
        a_mail(numbered(cast, number), to=["hello@fernway.cc"], cc=["office@lindqvist.example"])
    expect(chips).to_have_text(["greta@lindqvist.example", "office@lindqvist.example"])


def test_nobody_answers_when_the_time_for_it_is_over(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    with transaction(cast.account_id):
        inbox = an_api_inbox(cast, channel_settings={"agent_reply_time_window": 24})
        talk = begun_in(inbox, a_contact(cast.account_id))
        asked = came(talk, "Is anyone there?")
        asked.created_at = talk.last_incoming_at = clock.now() - timedelta(hours=25)
        number = talk.display_id
    page = opened(signed_in_page("Bob"), desk, cast, number)
    expect(page.get_by_text("The 24 hours to answer are over.")).to_be_visible()
    expect(page.locator("#composer-text")).to_be_hidden()
    page.get_by_role("button", name="Write a private note").click()
    expect(page.locator("#composer-text")).to_be_focused()
    page.keyboard.type("Too late, alas")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".bubble.note")).to_contain_text("Too late, alas")
    page.get_by_role("tab", name="Reply", exact=True).click()
    expect(page.locator("#composer-text")).to_be_hidden()
    with transaction(cast.account_id):
        came(numbered(cast, number), "Hello again")
    expect(page.locator("#composer-text")).to_be_visible()
    expect(page.locator("answer-window")).to_contain_text("Answers are taken until")


def test_pictures_are_looked_through_with_the_keyboard(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    page = opened(signed_in_page("Bob"), desk, cast, every_state(cast))
    first = page.locator("a[data-picture]").first
    first.focus()
    page.keyboard.press("Enter")
    viewer = page.get_by_role("dialog", name="Picture")
    expect(viewer.locator(".viewer-name")).to_have_text("wheel.png · 1 of 2")
    assert viewer.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    assert findings(page) == []
    page.keyboard.press("ArrowRight")
    expect(viewer.locator(".viewer-name")).to_have_text("wheel.png · 2 of 2")
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(page.locator("a[data-picture]").nth(1)).to_be_focused()


def test_a_voice_plays_and_is_sought_with_the_keyboard(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    page = opened(signed_in_page("Bob"), desk, cast, every_state(cast))
    voice = page.locator("voice-message")
    voice.get_by_role("button", name="Play the recording, 2 seconds").focus()
    page.keyboard.press("Enter")
    expect(voice.get_by_role("button", name="Pause the recording, 2 seconds")).to_be_focused()
    page.keyboard.press("Enter")
    expect(voice).to_have_attribute("data-state", "still")
    voice.get_by_role("slider", name="Place in the recording").focus()
    page.keyboard.press("ArrowRight")
    expect(voice.get_by_role("slider")).to_have_attribute("aria-valuetext", "0:02 of 0:02")
    expect(voice.locator(".transcript")).to_have_text("Tomorrow is fine.")


def test_a_conversation_is_begun_from_a_contacts_page(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    with transaction(cast.account_id):
        an_email_inbox(cast)
        greta = a_contact(cast.account_id, "Greta", email="greta@lindqvist.example")
    page = signed_in_page("Bob")
    page.goto(f"{desk.url}/accounts/{cast.account_id}/contacts/{greta.id}")
    page.get_by_role("link", name="Write", exact=True).click()
    expect(page.locator(".recipient-chip > span")).to_have_text(["greta@lindqvist.example"])
    assert findings(page) == []
    page.get_by_role("textbox", name="Message").fill("Your bike is ready.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Give it a subject.")).to_be_visible()
    page.get_by_label("Subject").fill("Your bike")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".bubble")).to_have_text(["Your bike is ready."])
    expect(page.locator(".thread-about")).to_contain_text("Your bike")


def test_a_wave_is_drawn_where_none_was_told(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    number = every_state(cast)
    with transaction(cast.account_id):
        for message in db.session.scalars(select(Message)):
            for attachment in message.attachments:
                attachment.meta = json.loads("{}")
    page = opened(signed_in_page("Bob"), desk, cast, number)
    page.locator("voice-message").scroll_into_view_if_needed()
    expect(page.locator(".voice-time")).to_have_text("0:02")
