"""Contacts and search in a browser: what one does shows to others at once, and all of it is for everyone."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Contact
from tests.browser.conftest import Desk, Visit
from tests.browser.inbox import customer_says, listens
from tests.cast import Cast, a_contact, a_conversation, alice, bob

SIZES: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"dark": True},
    "narrow": {"width": 1000, "height": 800},
    "phone": {"width": 390, "height": 844, "touch": True},
    "phone at night": {"width": 390, "height": 844, "touch": True, "dark": True},
}


@pytest.fixture
def dana(cast: Cast) -> Contact:
    """Dana with all that her page can hold, and somebody who is blocked."""
    with transaction(cast.account_id):
        dana = a_contact(
            cast.account_id,
            "Dana Ruiz",
            email="dana@x.example",
            phone_number="+4930123456",
            custom_attributes={"Plan": "Club", "Orders": "https://shop.example/orders/7"},
            additional_attributes={"company_name": "Velo", "city": "Lisbon"},
        )
        a_contact(cast.account_id, "Eve", email="eve@x.example", blocked=True)
        a_conversation(cast, "Is the wheel back?", contact=dana).assign(bob(cast), by=alice(cast).actor)
        a_conversation(cast, "And my invoice?", contact=dana).resolve(by=bob(cast).actor)
        dana.write_note("Rides with the club.", by=alice(cast))
        return dana


def home(desk: Desk, cast: Cast, rest: str = "") -> str:
    return f"{desk.url}/accounts/{cast.account_id}/contacts{rest}"


def findings(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['help']} {each['nodes'][0]['html'][:160]}" for each in found]


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_and_nothing_is_cut(
    desk: Desk, cast: Cast, dana: Contact, signed_in_page: Visit, size: str
) -> None:
    page = signed_in_page("Bob", **SIZES[size])
    account = f"{desk.url}/accounts/{cast.account_id}"
    for path in (
        "/contacts",
        "/contacts?q=zzz",
        f"/contacts/{dana.id}",
        f"/contacts/{dana.id}/edit",
        "/search",
        "/search?q=wheel",
    ):
        page.goto(account + path)
        expect(page.locator("h1")).to_be_visible()
        assert findings(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_what_a_colleague_does_shows_at_once(desk: Desk, cast: Cast, dana: Contact, signed_in_page: Visit) -> None:
    bobs, alices = signed_in_page("Bob"), signed_in_page("Alice")
    for page in (bobs, alices):
        page.goto(home(desk, cast, f"/{dana.id}"))
        listens(page)
    bobs.get_by_label("Write a note").fill("Likes blue grips")
    alices.get_by_label("Write a note").fill("A draft of Alice's")
    bobs.get_by_role("button", name="Add note").click()
    for page in (bobs, alices):
        expect(page.locator(".notes")).to_contain_text("Likes blue grips")
    expect(bobs.get_by_label("Write a note")).to_have_value("")
    expect(alices.get_by_label("Write a note")).to_have_value("A draft of Alice's")

    alices.locator("#attribute-form [name=name]").fill("Bike")
    alices.locator("#attribute-form [name=value]").fill("Ridge 2")
    alices.locator("#attribute-form button").click()
    expect(bobs.locator(".attributes")).to_contain_text("Bike")
    expect(bobs.locator(".person-card")).to_contain_text("Ridge 2")

    alices.get_by_role("button", name="Block").click()
    expect(bobs.get_by_role("button", name="Unblock")).to_be_visible()
    alices.get_by_role("button", name="Undo").click()
    expect(bobs.get_by_role("button", name="Block")).to_be_visible()

    customer_says(cast, 2, "Hello again")
    expect(bobs.locator(".talk").first).to_contain_text("Hello again")


def test_a_note_is_deleted_by_its_author_or_an_administrator(
    desk: Desk, cast: Cast, dana: Contact, signed_in_page: Visit
) -> None:
    bobs, alices = signed_in_page("Bob"), signed_in_page("Alice")
    for page in (bobs, alices):
        page.goto(home(desk, cast, f"/{dana.id}"))
        listens(page)
    expect(bobs.get_by_role("button", name="Delete the note")).to_have_count(0)
    bobs.get_by_label("Write a note").fill("Mine")
    bobs.get_by_role("button", name="Add note").click()
    expect(bobs.get_by_role("button", name="Delete the note")).to_have_count(1)
    expect(alices.get_by_role("button", name="Delete the note")).to_have_count(2)
    alices.get_by_role("button", name="Delete the note").first.click()
    expect(bobs.locator(".notes")).not_to_contain_text("Mine")


def test_changing_someones_address(desk: Desk, cast: Cast, dana: Contact, signed_in_page: Visit) -> None:
    page = signed_in_page("Bob")
    page.goto(home(desk, cast))
    page.get_by_role("link", name="Dana Ruiz").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("E-mail").fill("eve@x.example")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".field-error")).to_have_text("Eve has this e-mail address already.")
    page.get_by_label("E-mail").fill("Dana@Y.example")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".reach")).to_contain_text("dana@y.example")
    with transaction(cast.account_id):
        assert db.session.get_one(Contact, (cast.account_id, dana.id)).email == "dana@y.example"


def test_the_palette_finds_people_and_words(desk: Desk, cast: Cast, dana: Contact, signed_in_page: Visit) -> None:
    page = signed_in_page("Bob")
    page.goto(home(desk, cast))
    page.keyboard.press("Control+k")
    page.keyboard.type("whee")
    expect(page.locator(".palette-item", has_text="Is the wheel back?")).to_be_visible()
    page.locator("dialog.palette input").fill("ruiz")
    expect(page.locator(".palette-item", has_text="dana@x.example")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(home(desk, cast, f"/{dana.id}"))
