"""Who gets in, in a real browser: first visit, sign-in by keyboard, invitations, profile, and being shown out."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from PIL import Image
from playwright.sync_api import Page, expect

from app.ledger.transaction import system, transaction
from app.lib.database import db
from app.models import AccessToken, Membership, User
from tests.at_the_door import ALICE, BOB, CHOSEN, browser_of, link_in, mailed
from tests.browser.conftest import Desk, Visit
from tests.browser.inbox import listens
from tests.cast import PASSWORD, Cast, a_contact, a_conversation, bob


def finds_nothing(page: Page) -> None:
    """Axe has nothing to say of what is shown."""
    violations = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in violations] == []


def people_of(desk: Desk, cast: Cast) -> str:
    return f"{desk.url}/accounts/{cast.account_id}/settings/people"


def test_the_first_visitor_sets_parley_up_with_the_keyboard_alone(desk: Desk, visitor_page: Visit) -> None:
    page = visitor_page()
    page.goto(desk.url)
    expect(page).to_have_url(f"{desk.url}/welcome")
    for words in ("Fernway", "Alice", ALICE):
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Fernway is ready")
    page.get_by_role("link", name="Put a chat on your website").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/settings/inboxes/new"))


def test_one_signs_in_by_keyboard_after_a_slip_and_comes_back_to_where_one_wanted(
    desk: Desk, cast: Cast, visitor_page: Visit
) -> None:
    page = visitor_page()
    page.goto(people_of(desk, cast))
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type(ALICE)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("do not belong together")
    expect(page.get_by_label("E-mail")).to_have_value(ALICE)
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(people_of(desk, cast))
    page.get_by_role("button", name=re.compile("Alice")).first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Sign out").press("Enter")
    expect(page).to_have_url(f"{desk.url}/login")


def test_somebody_invited_sets_a_password_and_is_in(
    desk: Desk, cast: Cast, app: Flask, signed_in_page: Visit, visitor_page: Visit
) -> None:
    alice = signed_in_page("Alice")
    alice.goto(people_of(desk, cast))
    alice.keyboard.press("i")
    expect(alice.get_by_label("E-mail addresses")).to_be_focused()
    alice.keyboard.type("nonsense")
    alice.get_by_role("button", name="Send invitations").press("Enter")
    expect(alice.get_by_role("dialog")).to_contain_text("Not an e-mail address: nonsense")
    alice.get_by_label("E-mail addresses").fill("eve@fernway.example")
    alice.get_by_role("button", name="Send invitations").press("Enter")
    expect(alice.locator("#toasts")).to_contain_text("eve@fernway.example was invited")
    expect(alice.get_by_role("row", name=re.compile("eve@"))).to_contain_text("Invited")

    (message,) = mailed(app)
    eve = visitor_page()
    eve.goto(desk.url + link_in(message))
    # The first field has the focus once the page is painted, which may be after it has loaded.
    expect(eve.get_by_label("Your name")).to_be_focused()
    eve.keyboard.type("Eve")
    expect(eve.get_by_label("Your name")).to_have_value("Eve")
    eve.keyboard.press("Tab")
    eve.keyboard.type(CHOSEN)
    eve.keyboard.press("Enter")
    expect(eve).to_have_url(re.compile(rf"/accounts/{cast.account_id}/conversations"))
    alice.reload()
    expect(alice.get_by_role("row", name=re.compile("Eve"))).to_contain_text("Active")


def test_a_role_is_changed_and_a_person_deactivated_and_brought_back_from_the_list(
    desk: Desk, cast: Cast, signed_in_page: Visit
) -> None:
    page = signed_in_page("Alice")
    page.goto(people_of(desk, cast))
    row = page.locator(f"#member-{cast.bob_id}")
    row.get_by_role("button").press("Enter")
    page.get_by_role("menuitem", name="Make an administrator").press("Enter")
    expect(row).to_contain_text("Administrator")
    expect(page.locator("#toasts")).to_contain_text("Bob is now an administrator")
    row.get_by_role("button").click()
    page.get_by_role("menuitem", name="Deactivate").click()
    expect(row).to_contain_text("Deactivated")
    page.get_by_role("button", name="Undo").click()
    expect(row).to_contain_text("Active")
    with transaction(cast.account_id):
        assert Membership.found(cast.account_id, cast.bob_id).is_active


def test_who_is_deactivated_sees_their_open_page_end_and_what_they_held_is_handed_over(
    desk: Desk, cast: Cast, signed_in_page: Visit
) -> None:
    with transaction(cast.account_id):
        a_conversation(cast, contact=a_contact(cast.account_id, "Dana")).assign(bob(cast), by=bob(cast).actor)
    as_bob, as_alice = signed_in_page("Bob"), signed_in_page("Alice")
    closed: list[bool] = []
    as_bob.on("websocket", lambda socket: socket.on("close", lambda _: closed.append(True)))
    as_bob.goto(f"{desk.url}/accounts/{cast.account_id}/conversations")
    listens(as_bob)
    as_alice.goto(people_of(desk, cast))
    as_alice.locator(f"#member-{cast.bob_id}").get_by_role("button").click()
    as_alice.get_by_role("menuitem", name="Deactivate").click()
    expect(as_alice.get_by_role("heading", level=1)).to_have_text("Hand over from Bob")
    for _ in range(50):
        if closed:
            break
        as_bob.wait_for_timeout(100)
    assert closed
    # It asks why by itself.
    expect(as_bob).to_have_url(re.compile("/login"), timeout=15_000)

    as_alice.get_by_label("Who takes over").select_option(label="Alice")
    as_alice.get_by_role("button", name="Hand over one conversation").click()
    expect(as_alice.locator("#toasts")).to_contain_text("1 conversation went to Alice")


def test_availability_and_theme_change_where_they_stand(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    page = signed_in_page("Bob")
    page.goto(f"{desk.url}/profile")
    me = page.locator("#me .me")
    me.click()
    page.get_by_role("menuitemradio", name="Busy").click()
    expect(me).to_contain_text("Busy")
    expect(page.locator("#me .presence-busy").first).to_be_attached()
    me.click()
    with page.expect_response("**/profile/theme"):
        page.get_by_role("menuitemradio", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(me).to_contain_text("Busy")


def test_a_photo_is_chosen_and_stands_in_the_rail_at_once(desk: Desk, signed_in_page: Visit, tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("RGB", (300, 500), "teal").save(file, "PNG")
    (tmp_path / "me.png").write_bytes(file.getvalue())
    (tmp_path / "no.png").write_text("no picture")
    page = signed_in_page("Bob")
    page.goto(f"{desk.url}/profile")
    page.get_by_label("Choose a photo").set_input_files(tmp_path / "no.png")
    expect(page.locator("#toasts")).to_contain_text("This is not a picture")
    page.get_by_label("Choose a photo").set_input_files(tmp_path / "me.png")
    expect(page.locator("#me img")).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("Your photo was changed")
    expect(page.locator("#me img")).to_have_js_property("complete", True)
    assert page.evaluate("document.querySelector('#me img').naturalWidth") > 0
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("#me img")).to_have_count(0)


def test_the_token_is_shown_copied_and_renewed(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    with system(why="tests"):
        secret = AccessToken.of(db.session.get_one(User, cast.bob_id)).secret
    page = signed_in_page("Bob")
    page.goto(f"{desk.url}/profile")
    page.get_by_role("button", name="Show the token").click()
    expect(page.get_by_label("Your access token")).to_have_value(secret)
    page.get_by_role("button", name="Copy the token").click()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Make a new one").click()
    expect(page.get_by_label("Your access token")).not_to_have_value(secret)


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)], ids=["desk", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_on_any_of_these_screens(
    desk: Desk, cast: Cast, app: Flask, signed_in_page: Visit, visitor_page: Visit, width: int, height: int, dark: bool
) -> None:
    browser_of(app, ALICE).post(people_of(desk, cast).removeprefix(desk.url), data={"emails": "eve@fernway.example"})
    (invitation,) = mailed(app)
    app.test_client().post("/reset", data={"email": BOB})
    (reset,) = mailed(app)
    with transaction(cast.account_id):
        a_conversation(cast).assign(bob(cast), by=bob(cast).actor)
    stranger = visitor_page(width=width, height=height, dark=dark)
    for path in ("/login", "/reset", link_in(invitation), link_in(reset), "/reset/over"):
        stranger.goto(desk.url + path)
        finds_nothing(stranger)
        assert stranger.evaluate("document.documentElement.scrollWidth") <= width
    with system(why="tests"):
        Membership.found(cast.account_id, cast.bob_id).deactivated_at = Membership.found(
            cast.account_id, cast.bob_id
        ).created_at
    alice = signed_in_page("Alice", width=width, height=height, dark=dark)
    home = f"/accounts/{cast.account_id}"
    hand_over = f"{home}/settings/people/{cast.bob_id}/hand-over"
    for path in (f"{home}/settings/general", f"{home}/settings/people", hand_over, f"{home}/first-steps", "/profile"):
        alice.goto(desk.url + path)
        finds_nothing(alice)
        assert alice.evaluate("document.documentElement.scrollWidth") <= width
    alice.goto(desk.url + f"{home}/settings/people")
    alice.get_by_role("button", name="Invite people").click()
    finds_nothing(alice)
