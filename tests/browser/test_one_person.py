"""One person in a browser: two contacts become one and two again before everyone's eyes, and all of it is for everyone."""

from __future__ import annotations

import os
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.actions.liken import liken
from app.ledger.transaction import transaction
from app.models import Contact
from app.models.provable import Proof
from tests.browser.conftest import Desk, Visit
from tests.browser.inbox import listens
from tests.cast import Cast, a_contact, a_conversation, alice, bob

SIZES: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"dark": True},
    "phone": {"width": 390, "height": 844, "touch": True},
    "phone at night": {"width": 390, "height": 844, "touch": True, "dark": True},
}


@pytest.fixture
def pair(cast: Cast) -> tuple[Contact, Contact]:
    """Dana, whose address is confirmed, and a visitor of like name who typed it."""
    with transaction(cast.account_id):
        dana = a_contact(
            cast.account_id,
            "Dana",
            last_name="Ruiz",
            email="dana@velo.example",
            custom_attributes={"plan": "Club"},
            additional_attributes={"company_name": "Velo Club", "city": "Lisbon"},
        )
        dana.prove("email", Proof.MAIL)
        visitor = a_contact(
            cast.account_id,
            "Dana R.",
            phone_number="+4930123456",
            claims={"email": "dana@velo.example"},
            custom_attributes={"plan": "none", "bike": "Ridge 2"},
        )
        a_conversation(cast, "Where is my order?", contact=dana).reply("On its way.", by=bob(cast).actor)
        a_conversation(cast, "From my phone: is it here yet?", contact=visitor)
        visitor.write_note("Rides on Sundays.", by=alice(cast))
        liken(visitor)
        return dana, visitor


def findings(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['help']} {each['nodes'][0]['html'][:160]}" for each in found]


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_and_nothing_is_cut(
    desk: Desk, cast: Cast, pair: tuple[Contact, Contact], signed_in_page: Visit, size: str
) -> None:
    dana, visitor = pair
    page = signed_in_page("Alice", **SIZES[size])
    account = f"{desk.url}/accounts/{cast.account_id}"
    for name, path in {
        "contact": f"/contacts/{visitor.id}",
        "choose": f"/contacts/{dana.id}/merges/new?q=dana",
        "merge": f"/contacts/{dana.id}/merges/new?other={visitor.id}",
        "move": "/conversations/1/contact?q=dana",
        "timeline": f"/contacts/{dana.id}/timeline",
    }.items():
        page.goto(account + path)
        expect(page.locator("h1")).to_be_visible()
        if folder := os.environ.get("PARLEY_TEST_PICTURES"):
            page.screenshot(path=f"{folder}/{name}-{size.replace(' ', '-')}.png")
        assert findings(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_two_become_one_and_two_again_before_everyones_eyes(
    desk: Desk, cast: Cast, pair: tuple[Contact, Contact], signed_in_page: Visit
) -> None:
    dana, visitor = pair
    bobs, alices = signed_in_page("Bob"), signed_in_page("Alice")
    account = f"{desk.url}/accounts/{cast.account_id}"
    alices.goto(f"{account}/conversations/2")
    listens(alices)
    expect(alices.locator(f"#person-{visitor.id}")).to_contain_text("Maybe the same person")

    bobs.goto(f"{account}/contacts/{dana.id}")
    listens(bobs)
    bobs.get_by_role("link", name="Compare").press("Enter")
    expect(bobs.get_by_role("row", name="Phone")).to_contain_text("+4930123456")
    bobs.get_by_role("button", name="Merge").press("Enter")
    expect(bobs.locator("#toasts")).to_contain_text("is one with Dana Ruiz now")
    expect(bobs.locator(".talk").filter(has_text="From my phone")).to_have_count(1)
    expect(alices.locator(f"#person-{dana.id}")).to_contain_text("dana@velo.example")
    expect(alices.locator(".thread-name")).to_contain_text("Dana Ruiz")

    bobs.locator(".toast-action", has_text="Undo").press("Enter")
    expect(bobs.locator("#toasts")).to_contain_text("a contact of their own again")
    expect(bobs.locator(".talk").filter(has_text="From my phone")).to_have_count(0)
    expect(alices.locator(f"#person-{visitor.id}")).to_be_visible()


def test_a_conversation_gives_way_to_all_that_was_said_and_comes_back(
    desk: Desk, cast: Cast, pair: tuple[Contact, Contact], signed_in_page: Visit
) -> None:
    dana, _ = pair
    with transaction(cast.account_id):
        a_conversation(cast, "And my invoice?", contact=dana)
    page = signed_in_page("Bob")
    page.goto(f"{desk.url}/accounts/{cast.account_id}/conversations/1")
    listens(page)
    page.keyboard.press("t")
    expect(page.locator("#thread .timeline")).to_contain_text("And my invoice?")
    expect(page.locator("#thread .timeline")).to_contain_text("Where is my order?")
    expect(page.locator(".timeline-part")).to_have_count(2)
    page.keyboard.press("t")
    expect(page.locator("message-thread")).to_contain_text("Where is my order?")
    expect(page.locator("message-thread")).not_to_contain_text("And my invoice?")
