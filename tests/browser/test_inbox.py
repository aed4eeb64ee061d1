"""The live inbox, as two people and a customer use it."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from app.ledger.transaction import transaction
from tests.browser.conftest import Desk, Visit
from tests.browser.inbox import (
    a_named_conversation,
    alice_says,
    customer_says,
    home,
    listens,
    numbered,
    open_conversation,
    said,
)
from tests.cast import Cast, alice, bob


def names(page: Page) -> list[str]:
    return page.locator(".conversation-name").all_inner_texts()


def test_a_conversation_opens_with_one_request_and_the_browser_steps_back(
    desk: Desk, cast: Cast, signed_in_page: Visit
) -> None:
    for name in ("Dana", "Erin"):
        a_named_conversation(cast, name)
    page = signed_in_page("Bob")
    page.goto(home(desk, cast))
    expect(page.get_by_role("heading", name="Choose a conversation")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "GET" else None)
    open_conversation(page, "Dana")
    expect(page.locator(".bubble")).to_have_text(["Is anyone there?"])
    assert [url.rsplit("/", 1)[1] for url in asked if "/assets/" not in url] == ["1"]
    expect(page.locator(".conversation-row.is-selected .conversation-name")).to_have_text("Dana")
    open_conversation(page, "Erin")
    page.go_back()
    expect(page.locator("#thread h1")).to_contain_text("Dana")
    page.go_back()
    expect(page.get_by_role("heading", name="Choose a conversation")).to_be_visible()
    page.go_forward()
    expect(page.locator("#thread h1")).to_contain_text("Dana")
    page.reload()
    expect(page.locator("#thread h1")).to_contain_text("Dana")


def test_what_a_customer_writes_is_there_at_once(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    dana, erin = a_named_conversation(cast, "Dana"), a_named_conversation(cast, "Erin")
    page = signed_in_page("Bob")
    page.goto(home(desk, cast))
    listens(page)
    assert names(page) == ["Erin", "Dana"]
    customer_says(cast, dana, "One more thing")
    expect(page.locator(".conversation-name").first).to_have_text("Dana")
    expect(page.locator(".conversation-text").first).to_have_text("One more thing")
    expect(page.locator(".conversation-row").first.locator(".count")).to_contain_text("2")
    expect(page).to_have_title("(2) Inbox · Parley")
    open_conversation(page, "Erin")
    customer_says(cast, erin, "And **this** is https://example.com/x")
    expect(page.locator(".bubble").last).to_have_text("And **this** is https://example.com/x")
    expect(page.locator(".bubble a")).to_have_attribute("href", "https://example.com/x")
    new = a_named_conversation(cast, "Frank")
    expect(page.locator(".conversation-name").first).to_have_text("Frank")
    expect(page.locator(".rail-item", has_text="All").locator(".rail-count")).to_have_text("3")
    assert new == 3


def test_an_answer_is_shown_at_once_and_sent_once(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    number = a_named_conversation(cast, "Dana")
    page = signed_in_page("Bob")
    page.goto(f"{home(desk, cast)}/{number}")
    listens(page)
    page.keyboard.press("r")
    page.keyboard.type("Hello *Dana*\nHow are you?")
    page.locator(".composer .button-primary").dblclick()
    expect(page.locator(".message-out .bubble em")).to_have_text("Dana")
    expect(page.locator(".message-out .message-meta")).to_contain_text("Sent")
    expect(page.locator(".message-out .message-meta")).to_contain_text("You")
    expect(page.locator("#composer-text")).to_have_value("")
    expect(page.locator("#composer-text")).to_be_focused()
    page.keyboard.type("and this by keys")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message-out")).to_have_count(2)
    expect(page.locator(".is-sending")).to_have_count(0)
    assert said(cast, number) == ["Is anyone there?", "Hello *Dana*\nHow are you?", "and this by keys"]


def test_what_could_not_be_sent_stays_and_is_one_message_when_tried_again(
    desk: Desk, cast: Cast, signed_in_page: Visit
) -> None:
    number = a_named_conversation(cast, "Dana")
    page = signed_in_page("Bob")
    page.goto(f"{home(desk, cast)}/{number}")
    listens(page)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    # The server gets it, and the answer is lost.
    page.route("**/messages", lose)
    page.locator("#composer-text").fill("Are you still there?")
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/messages")):
        page.keyboard.press("Control+Enter")
    expect(page.locator(".message-out .bubble")).to_have_text(["Are you still there?"])
    page.unroute("**/messages")
    page.context.set_offline(True)
    page.locator("#composer-text").fill("Written on a train")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".failure")).to_contain_text("There is no connection.")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".failure, .is-sending")).to_have_count(0)
    expect(page.locator(".message-out .bubble")).to_have_text(["Are you still there?", "Written on a train"])
    assert said(cast, number)[1:] == ["Are you still there?", "Written on a train"]


def test_a_note_is_for_colleagues_and_drafts_stay(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    number = a_named_conversation(cast, "Dana")
    a_named_conversation(cast, "Erin")
    page = signed_in_page("Bob")
    page.goto(f"{home(desk, cast)}/{number}")
    listens(page)
    page.locator("#composer-text").fill("Half a rep")
    open_conversation(page, "Erin")
    expect(page.locator("#row-" + uuid_of(cast, number) + " .conversation-text:visible")).to_have_text(
        "Draft Half a rep"
    )
    open_conversation(page, "Dana")
    expect(page.locator("#composer-text")).to_have_value("Half a rep")
    page.locator("#composer-text").fill("")
    page.locator("#thread-body").focus()
    page.keyboard.press("n")
    page.keyboard.type("She called twice")
    expect(page.locator(".composer")).to_have_class("composer composer-note")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".bubble.note")).to_contain_text("She called twice")
    expect(page.locator(".is-sending")).to_have_count(0)
    with transaction(cast.account_id):
        message = numbered(cast, number).last_message
        assert message is not None
        assert message.private


def test_everything_is_done_by_keys(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    number, _ = a_named_conversation(cast, "Dana"), a_named_conversation(cast, "Erin")
    page = signed_in_page("Bob")
    page.goto(f"{home(desk, cast)}/{number}")
    listens(page)
    page.keyboard.press("i")
    expect(page.locator(".activity").last).to_contain_text("You took the conversation")
    page.keyboard.press("p")
    page.keyboard.press("ArrowUp")
    page.get_by_role("menuitemradio", name="Urgent").press("Enter")
    expect(page.locator(".activity").last).to_contain_text("You set the priority to Urgent")
    expect(page.locator("[id^=properties] .property").nth(1)).to_contain_text("Urgent")
    page.keyboard.press("a")
    expect(page.get_by_role("menuitemradio", name="Alice")).to_be_visible()
    page.keyboard.type("ali")
    page.keyboard.press("Enter")
    expect(page.locator(".activity").last).to_contain_text("You assigned the conversation to Alice")
    page.keyboard.press("h")
    page.get_by_role("menuitem", name="Tomorrow").press("Enter")
    expect(page.locator("#thread h1")).to_contain_text("09:00")
    expect(page.locator(".conversation-name")).to_have_text(["Erin"])
    page.keyboard.press("o")
    expect(page.locator("#thread h1")).to_contain_text("Open")
    page.locator("#thread-body").focus()
    page.keyboard.press("e")
    expect(page.locator("#thread h1")).to_contain_text("Resolved")
    expect(page.locator(".conversation-name")).to_have_text(["Erin"])
    expect(page.locator(".conversation-name")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#thread h1")).to_contain_text("Erin")
    with transaction(cast.account_id):
        conversation = numbered(cast, number)
        assert (conversation.status, conversation.priority) == ("resolved", "urgent")
        assert conversation.assignee_id == cast.alice_id


def test_the_list_is_filtered_and_remembered(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    for name in ("Dana", "Erin", "Frank"):
        a_named_conversation(cast, name)
    with transaction(cast.account_id):
        numbered(cast, 1).assign(bob(cast), by=alice(cast).actor)
        numbered(cast, 2).mark_pending(by=alice(cast).actor)
    page = signed_in_page("Bob")
    page.goto(home(desk, cast))
    listens(page)
    expect(page.locator(".conversation-name")).to_have_text(["Dana", "Frank"])
    page.get_by_role("link", name="Mine").click()
    expect(page.locator(".conversation-name")).to_have_text(["Dana"])
    page.get_by_role("link", name="Unassigned").click()
    expect(page.locator(".conversation-name")).to_have_text(["Frank"])
    page.get_by_role("link", name="Pending").click()
    expect(page.locator(".conversation-name")).to_have_text(["Erin"])
    expect(page.get_by_role("heading", name="Unassigned", level=1)).to_be_visible()
    with transaction(cast.account_id):
        numbered(cast, 2).reopen(by=alice(cast).actor)
    expect(page.locator(".conversation-name")).to_have_count(0)
    expect(page.get_by_role("heading", name="Nothing is pending")).to_be_visible()
    page.goto(home(desk, cast))
    expect(page.locator(".tab[aria-current]")).to_contain_text("Pending")
    expect(page.locator(".rail-item[aria-current]")).to_contain_text("Unassigned")


def test_more_of_the_list_comes_by_scrolling(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    for number in range(60):
        a_named_conversation(cast, f"Customer {number:02}")
    page = signed_in_page("Bob")
    page.goto(home(desk, cast))
    listens(page)
    expect(page.locator(".conversation-row")).to_have_count(25 + 2)
    for _ in range(4):
        page.locator("#rows").evaluate("rows => rows.scrollTop = rows.scrollHeight")
        page.wait_for_timeout(200)
    expect(page.locator(".conversation-name")).to_have_count(60)
    assert names(page) == [f"Customer {number:02}" for number in reversed(range(60))]


def test_one_answers_a_certain_message(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    number = a_named_conversation(cast, "Dana", "Which torque?")
    page = signed_in_page("Bob")
    page.goto(f"{home(desk, cast)}/{number}")
    listens(page)
    page.locator("#thread-body").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Answer this").press("Enter")
    expect(page.locator("[data-quote]")).to_have_text("Dana: Which torque?")
    page.keyboard.type("Six newton metres")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message-out .quoted")).to_have_text("Dana Which torque?")
    expect(page.locator("[data-quote]")).to_be_hidden()


def test_resolving_can_be_undone(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    number = a_named_conversation(cast, "Dana")
    page = signed_in_page("Bob")
    page.goto(f"{home(desk, cast)}/{number}")
    listens(page)
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("Resolved #1")
    expect(page.locator(".conversation-name")).to_have_count(0)
    page.get_by_role("button", name="Open again").last.click()
    expect(page.locator(".conversation-name")).to_have_text(["Dana"])
    expect(page.locator("#thread h1")).to_contain_text("Open")


def test_a_chosen_time_is_the_readers_own(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    number = a_named_conversation(cast, "Dana")
    page = signed_in_page("Bob")
    page.goto(f"{home(desk, cast)}/{number}")
    listens(page)
    page.keyboard.press("h")
    page.get_by_role("menuitem", name="Choose a time").click()
    page.get_by_label("Day and hour").fill("2031-07-01T15:30")
    page.get_by_role("dialog").get_by_role("button", name="Snooze").click()
    expect(page.locator("#thread h1")).to_contain_text("15:30")
    with transaction(cast.account_id):
        until = numbered(cast, number).snoozed_until
        assert until is not None
        # Lisbon keeps summer time in July.
        assert until.isoformat() == "2031-07-01T14:30:00+00:00"


def test_a_new_message_is_told_unless_one_looks_at_it(desk: Desk, cast: Cast, signed_in_page: Visit) -> None:
    dana, erin, frank = (a_named_conversation(cast, name) for name in ("Dana", "Erin", "Frank"))
    with transaction(cast.account_id):
        numbered(cast, frank).assign(alice(cast), by=alice(cast).actor)
    page = signed_in_page("Bob")
    rang: list[str] = []
    page.expose_function("rang", lambda row: rang.append(row))
    page.goto(f"{home(desk, cast)}/{dana}")
    listens(page)
    page.evaluate("() => document.addEventListener('alerts:rang', event => window.rang(event.detail.row))")
    for number in (dana, frank, erin):
        customer_says(cast, number, "Hello again")
    expect(page.locator(".conversation-text", has_text="Hello again")).to_have_count(3)
    page.wait_for_timeout(300)
    assert rang == ["row-" + uuid_of(cast, erin)]


def uuid_of(cast: Cast, number: int) -> str:
    with transaction(cast.account_id):
        return str(numbered(cast, number).uuid)


__all__ = ["alice_says"]
