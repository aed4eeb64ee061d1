"""A visitor on a customer's website and the desk talk to each other, over two sites, as in life."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, FrameLocator, Page, Route, expect
from sqlalchemy import func, select

from app.ledger.transaction import transaction
from app.lib import crypto
from app.lib.database import db
from app.models import Contact, Conversation, Inbox, Message
from app.realtime import signals
from tests.browser.conftest import Desk, Visit
from tests.browser.inbox import listens
from tests.browser.website import Website
from tests.cast import Cast, bob

SECRET = "the shop's secret"
# Long enough for a machine that has much else to do; what is there is never waited for.
expect.set_options(timeout=20_000)


@pytest.fixture
def website(desk: Desk, cast: Cast) -> Iterator[Website]:
    with transaction(cast.account_id):
        inbox = db.session.get_one(Inbox, (cast.account_id, cast.inbox_id))
        inbox.channel_settings = {"color": "#1c6b4c", "locales": ["en", "de", "ar"]}
        inbox.credentials = {"hmac_secret": SECRET}
        token = inbox.address
    site = Website(desk.url, token)
    yield site
    site.close()


class Widget:
    """The widget on a page of the website."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.launcher = page.locator("#parley-widget .launcher")
        self.badge = page.locator("#parley-widget .badge")
        self.teaser = page.locator("#parley-widget .teaser")
        self.frame: FrameLocator = page.frame_locator("#parley-widget iframe")
        self.field = self.frame.get_by_role("textbox", name="Write a message")
        self.messages = self.frame.locator("#messages .message:not(.is-typing)")

    def open(self) -> Widget:
        self.launcher.click()
        return self

    def write(self, text: str) -> Widget:
        """Returns once the server has it."""
        self.type_in(text)
        expect(self.frame.locator(".message-out:not(.is-draft)").last).to_contain_text(text[:20])
        return self

    def type_in(self, text: str) -> Widget:
        self.open_chat()
        self.field.fill(text)
        self.field.press("Enter")
        return self

    def open_chat(self) -> None:
        if self.launcher.get_attribute("aria-expanded") == "false":
            self.launcher.click()
        expect(self.frame.locator("main")).to_be_visible()
        start = self.frame.get_by_role("button", name=re.compile("^Write to us"))
        self.frame.locator("#home:not([hidden]), #chat:not([hidden])").first.wait_for()
        if start.is_visible():
            start.click()

    def heard(self, name: str) -> list[object]:
        told: list[list[object]] = self.page.evaluate("window.heard")
        return [detail for event, detail in told if event == name]


@pytest.fixture
def visit(visitor_page: Visit, website: Website) -> Callable[..., Widget]:
    def go(path: str = "/", **options: object) -> Widget:
        page = visitor_page(**options)
        page.goto(website.url + path)
        widget = Widget(page)
        expect(widget.launcher).to_be_visible()
        return widget

    return go


def answer(cast: Cast, text: str, *, private: bool = False) -> None:
    with transaction(cast.account_id):
        conversation = db.session.scalars(select(Conversation).order_by(Conversation.id.desc())).first()
        assert conversation
        conversation.reply(text, by=bob(cast).actor, private=private)


def said(cast: Cast) -> list[str]:
    with transaction(cast.account_id):
        return list(
            db.session.scalars(select(Message.content).where(Message.message_type == "incoming").order_by(Message.id))
        )


def said_by(cast: Cast) -> list[tuple[str | None, str]]:
    with transaction(cast.account_id):
        rows = db.session.execute(
            select(Contact.identifier, Message.content)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .join(Contact, Contact.id == Conversation.contact_id)
            .where(Message.message_type == "incoming")
            .order_by(Message.id)
        )
        return [(identifier, content) for identifier, content in rows]


def _slowly(widget: Widget, path: str) -> None:
    """The next call of that door takes a moment to arrive."""

    def wait(route: Route) -> None:
        widget.page.wait_for_timeout(300)
        route.continue_()

    widget.page.route(f"**/widget/api/{path}?*", wait, times=1)


def test_a_visitor_writes_at_once_and_hears_the_answer_live(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit()
    assert widget.heard("parley:ready")
    assert widget.heard("chatwoot:ready")
    widget.write("Is the Ridge 2 in size M back?")
    expect(widget.messages).to_have_count(1)
    expect(widget.messages.first.locator(".message-meta")).to_contain_text("Delivered")
    assert said(cast) == ["Is the Ridge 2 in size M back?"]
    answer(cast, "It comes back on **Friday**.")
    expect(widget.messages).to_have_count(2)
    expect(widget.messages.nth(1).locator("strong")).to_have_text("Friday")
    expect(widget.messages.nth(1)).to_contain_text("Bob")
    expect(widget.frame.locator("#chat-name")).to_have_text("Bob")
    assert widget.heard("parley:on-start-conversation")
    assert [told["content"] for told in widget.heard("parley:on-message")] == ["It comes back on Friday."]  # type: ignore[index]


def test_notes_do_not_reach_the_visitor_and_typing_does(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit().write("Hello")
    expect(widget.messages).to_have_count(1)
    answer(cast, "They always ask this", private=True)
    with transaction(cast.account_id):
        conversation = db.session.scalars(select(Conversation)).one()
        signals.typing(conversation, bob(cast).actor, on=True, private=True)
        signals.typing(conversation, bob(cast).actor, on=True)
    expect(widget.frame.get_by_text("Bob is typing")).to_have_count(1)
    answer(cast, "Hello to you")
    expect(widget.messages).to_have_count(2)
    expect(widget.frame.get_by_text("Bob is typing")).to_have_count(0)
    expect(widget.frame.get_by_text("always ask")).to_have_count(0)


def test_read_marks_go_both_ways(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit().write("Hello")
    expect(widget.messages.first.locator(".message-meta")).to_contain_text("Delivered")
    with transaction(cast.account_id):
        db.session.scalars(select(Conversation)).one().mark_seen(by=bob(cast))
    expect(widget.messages.first.locator(".message-meta")).to_contain_text("Seen")
    answer(cast, "Yes?")
    expect(widget.messages.nth(1)).to_have_attribute("data-status", "read")


def test_closed_it_shows_how_much_waits_and_the_last_words(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit().write("Hello")
    expect(widget.messages).to_have_count(1)
    widget.frame.get_by_role("button", name="Close").last.click()
    expect(widget.launcher).to_be_focused()
    answer(cast, "I can hold one for you until Friday.")
    expect(widget.badge).to_have_text("1")
    expect(widget.teaser).to_contain_text("I can hold one for you until Friday.")
    expect(widget.launcher).to_have_attribute("aria-label", "Open the chat, 1 new message")
    widget.teaser.get_by_role("button").first.click()
    expect(widget.messages.nth(1)).to_have_attribute("data-status", "read")
    expect(widget.badge).to_be_hidden()


def test_the_conversation_is_kept_across_pages_and_visits(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit().write("Hello")
    expect(widget.messages).to_have_count(1)
    widget.page.get_by_role("link", name="Workshop").click()
    expect(widget.page.get_by_role("heading", name="Workshop")).to_be_visible()
    answer(cast, "Are you still there?")
    expect(widget.badge).to_have_text("1")
    widget.page.reload()
    expect(widget.badge).to_have_text("1")
    widget.open()
    expect(widget.messages).to_have_text([re.compile("Hello"), re.compile("Are you still there?")])
    with transaction(cast.account_id):
        assert db.session.scalar(select(func.count()).select_from(Contact)) == 1


def test_a_message_typed_offline_is_sent_once_when_back(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit().write("Hello")
    expect(widget.messages.first.locator(".message-meta")).to_contain_text("Delivered")
    widget.page.context.set_offline(True)
    widget.type_in("Written on a train")
    expect(widget.messages.nth(1).locator(".message-meta")).to_have_text("Waiting for a connection")
    expect(widget.frame.locator("#offline")).to_be_visible()
    answer(cast, "Said while you were away")
    widget.page.context.set_offline(False)
    expect(widget.frame.get_by_text("Said while you were away")).to_be_visible()
    expect(widget.frame.locator("#offline")).to_be_hidden()
    expect(widget.messages).to_have_count(3)
    expect(widget.messages.last.locator(".message-meta")).to_contain_text("Delivered")
    assert said(cast) == ["Hello", "Written on a train"]


def test_what_was_typed_offline_outlives_the_page(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit().write("Hello")
    expect(widget.messages.first.locator(".message-meta")).to_contain_text("Delivered")
    widget.page.context.set_offline(True)
    widget.type_in("Written on a train")
    expect(widget.messages.nth(1).locator(".message-meta")).to_have_text("Waiting for a connection")
    widget.page.context.set_offline(False)
    widget.page.reload()
    widget.open_chat()
    expect(widget.messages).to_have_count(2)
    assert said(cast) == ["Hello", "Written on a train"]


def test_on_a_phone_it_is_the_whole_screen(visit: Callable[..., Widget]) -> None:
    widget = visit(width=390, height=844, touch=True).open()
    expect(widget.frame.get_by_role("button", name=re.compile("^Write to us"))).to_be_visible()
    box = widget.page.locator("#parley-widget .panel").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 844}
    expect(widget.launcher).to_be_hidden()
    widget.frame.get_by_role("button", name="Close").first.click()
    expect(widget.launcher).to_be_visible()


def test_escape_closes_and_the_focus_comes_and_goes(visit: Callable[..., Widget]) -> None:
    widget = visit()
    widget.launcher.focus()
    widget.page.keyboard.press("Enter")
    expect(widget.frame.get_by_role("button", name=re.compile("^Write to us"))).to_be_focused()
    widget.page.keyboard.press("Enter")
    expect(widget.field).to_be_focused()
    widget.page.keyboard.press("Escape")
    expect(widget.launcher).to_be_focused()
    expect(widget.launcher).to_have_attribute("aria-expanded", "false")
    assert widget.heard("parley:opened")
    assert widget.heard("chatwoot:closed")


def test_files_are_picked_and_shown(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit()
    widget.open_chat()
    invoice: FilePayload = {"name": "invoice.txt", "mimeType": "text/plain", "buffer": b"one bicycle"}
    widget.frame.locator("#picker").set_input_files([invoice])
    expect(widget.frame.locator(".widget-file")).to_contain_text("invoice.txt")
    widget.field.press("Enter")
    expect(widget.messages.first.get_by_role("link", name="invoice.txt")).to_be_visible()
    expect(widget.frame.locator(".widget-file")).to_have_count(0)


def test_a_file_that_is_too_large_is_said_to_be(visit: Callable[..., Widget]) -> None:
    widget = visit()
    widget.open_chat()
    widget.frame.locator("#content").evaluate(
        """() => {
            const picker = document.querySelector('#picker')
            const large = new DataTransfer()
            large.items.add(new File([new Uint8Array(42 * 1024 * 1024)], 'film.mov'))
            picker.files = large.files
            picker.dispatchEvent(new Event('change'))
        }"""
    )
    expect(widget.frame.get_by_role("alert")).to_contain_text("film.mov is too large")


def test_emoji_are_written_into_the_message(visit: Callable[..., Widget]) -> None:
    widget = visit()
    widget.open_chat()
    widget.frame.get_by_role("button", name="Emoji").click()
    widget.frame.get_by_role("button", name="😀").click()
    expect(widget.field).to_have_value("😀")


def test_hostile_words_stay_words(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit()
    hostile = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script> a\u202eb"
    widget.write(hostile)
    expect(widget.messages.first.locator(".bubble")).to_contain_text("<script>")
    expect(widget.messages.first.locator(".message-meta")).to_contain_text("Delivered")
    answer(cast, hostile + " [x](javascript:alert(1))")
    expect(widget.messages).to_have_count(2)
    assert widget.frame.locator("title").first.inner_text() != "owned"
    expect(widget.frame.locator("#messages img, #messages script, #messages a")).to_have_count(0)


def test_a_message_that_is_refused_says_why_and_can_be_discarded(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit().write("Hello")
    widget.frame.locator("#content").evaluate("field => field.removeAttribute('maxlength')")
    widget.field.fill("x" * 150_001)
    widget.field.press("Enter")
    failed = widget.frame.locator(".is-failed")
    expect(failed.locator(".message-meta")).to_contain_text("Not sent. This is too long")
    widget.write("Shorter")
    failed.get_by_role("button", name="Discard").click()
    expect(widget.messages).to_have_text([re.compile("Hello"), re.compile("Shorter")])
    assert said(cast) == ["Hello", "Shorter"]


def test_a_pasted_picture_is_sent(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit()
    widget.open_chat()
    widget.field.evaluate(
        """async field => {
            const canvas = document.createElement('canvas')
            canvas.width = canvas.height = 40
            const picture = await new Promise(resolve => canvas.toBlob(resolve))
            const data = new DataTransfer()
            data.items.add(new File([picture], 'shot.png', {type: 'image/png'}))
            field.dispatchEvent(new ClipboardEvent('paste', {bubbles: true, cancelable: true, clipboardData: data}))
        }"""
    )
    widget.field.press("Enter")
    picture = widget.frame.locator(".message-out:not(.is-draft) .picture img")
    expect(picture).to_have_attribute("alt", "shot.png")
    expect(picture).to_have_js_property("naturalWidth", 40)


def test_set_user_with_a_good_proof_names_the_visitor(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit()
    proof = crypto.hmac_hex(SECRET, "dana-1")
    widget.page.evaluate(
        "hash => window.parley.setUser('dana-1', {name: 'Dana', email: 'dana@example.com', identifier_hash: hash})",
        proof,
    )
    widget.page.wait_for_function("document.cookie.includes('parley_user_')")
    widget.write("Hello, it is me")
    expect(widget.messages.first.locator(".message-meta")).to_contain_text("Delivered")
    with transaction(cast.account_id):
        contact = db.session.scalars(select(Contact)).one()
        assert (contact.identifier, contact.name) == ("dana-1", "Dana")
        assert contact.sessions[0].hmac_verified


def test_set_user_with_a_bad_proof_is_refused_and_told(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit()
    widget.page.evaluate("window.$chatwoot.setUser('dana-1', {name: 'Dana', identifier_hash: '0'.repeat(64)})")
    widget.page.wait_for_function("window.heard.some(([name]) => name === 'chatwoot:error')")
    assert "HMAC failed" in str(widget.heard("parley:error"))
    widget.write("Hello")
    expect(widget.messages.first.locator(".message-meta")).to_contain_text("Delivered")
    with transaction(cast.account_id):
        assert db.session.scalars(select(Contact.identifier)).all() == [None]


def test_another_user_on_the_same_page_sees_nothing_of_the_first(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit()
    widget.page.evaluate("window.parley.setUser('dana-1', {name: 'Dana'})")
    widget.write("My order is late")
    expect(widget.messages).to_have_count(1)
    widget.page.evaluate("window.parley.setUser('erin-2', {name: 'Erin'})")
    expect(widget.messages).to_have_count(0)
    widget.write("Hello from Erin")
    expect(widget.messages).to_have_count(1)
    with transaction(cast.account_id):
        assert set(db.session.scalars(select(Contact.identifier))) == {"dana-1", "erin-2"}


def test_what_is_written_while_the_visitor_changes_goes_out_once_and_in_the_right_name(
    visit: Callable[..., Widget], cast: Cast
) -> None:
    widget = visit()
    widget.page.evaluate("window.parley.setUser('dana-1', {name: 'Dana'})")
    widget.write("My order is late")
    _slowly(widget, "messages")
    widget.field.fill("It was order 4821")
    widget.field.press("Enter")
    widget.page.evaluate("window.parley.setUser('erin-2', {name: 'Erin'})")
    expect(widget.messages).to_have_count(0)
    _slowly(widget, "contact/set_user")
    widget.page.evaluate("window.parley.setUser('frank-3', {name: 'Frank'})")
    widget.field.fill("Hello from Frank")
    widget.field.press("Enter")
    expect(widget.frame.locator(".message-out:not(.is-draft)")).to_contain_text("Hello from Frank")
    expect(widget.messages).to_have_count(1)
    assert said_by(cast) == [
        ("dana-1", "My order is late"),
        ("dana-1", "It was order 4821"),
        ("frank-3", "Hello from Frank"),
    ]


def test_who_the_visitor_is_said_offline_is_told_when_back(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit().write("Hello")
    widget.page.context.set_offline(True)
    widget.page.evaluate("window.parley.setUser('dana-1', {name: 'Dana'})")
    widget.page.context.set_offline(False)
    widget.page.wait_for_function("document.cookie.includes('parley_user_')")
    assert said_by(cast) == [("dana-1", "Hello")]


def test_reset_forgets_the_visitor(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit().write("My address is Coupure 41")
    expect(widget.messages.first.locator(".message-meta")).to_contain_text("Delivered")
    widget.page.evaluate("window.parley.reset()")
    expect(widget.launcher).to_have_attribute("aria-expanded", "false")
    assert "parley_" not in widget.page.evaluate("document.cookie")
    widget.open_chat()
    expect(widget.messages).to_have_count(0)
    widget.page.reload()
    widget.open_chat()
    expect(widget.messages).to_have_count(0)


def test_a_second_tab_goes_on_where_the_first_began(visit: Callable[..., Widget], website: Website) -> None:
    first = visit()
    page = first.page.context.new_page()
    page.goto(website.url)
    second = Widget(page)
    second.open()
    expect(second.frame.get_by_role("button", name=re.compile("^Write to us"))).to_be_visible()
    page.evaluate("window.parley.close()")
    first.page.bring_to_front()
    first.write("From the first tab")
    page.bring_to_front()
    second.open()
    expect(second.messages).to_have_text(re.compile("From the first tab"))


def test_attributes_said_early_go_with_the_first_message(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit()
    widget.page.evaluate("window.parley.setCustomAttributes({plan: 'gold', old: 1})")
    widget.page.evaluate("window.parley.deleteCustomAttribute('old')")
    widget.page.evaluate("window.parley.setConversationCustomAttributes({order: 4821})")
    with widget.page.expect_response(lambda answer: "conversations/set_custom_attributes" in answer.url):
        widget.write("Hello")
    with transaction(cast.account_id):
        assert db.session.scalars(select(Contact.custom_attributes)).one() == {"plan": "gold"}
        assert db.session.scalars(select(Conversation.custom_attributes)).one() == {"order": 4821}


def test_a_site_that_comes_from_chatwoot_changes_one_address(visit: Callable[..., Widget], website: Website) -> None:
    website.like_chatwoots()
    website.settings = {"locale": "de", "position": "left", "type": "expanded_bubble", "launcherTitle": "Fragen?"}
    widget = visit()
    assert widget.page.evaluate("window.$chatwoot === window.parley")
    expect(widget.launcher).to_contain_text("Fragen?")
    box = widget.launcher.bounding_box()
    assert box
    assert box["x"] < 40
    widget.page.evaluate("window.$chatwoot.toggle('open')")
    expect(widget.frame.get_by_role("button", name=re.compile("^Schreiben Sie uns"))).to_be_visible()
    widget.page.evaluate("window.$chatwoot.setLocale('ar')")
    expect(widget.frame.locator("html")).to_have_attribute("dir", "rtl")
    widget.page.evaluate("window.$chatwoot.toggleBubbleVisibility('hide')")
    expect(widget.launcher).to_be_hidden()


def test_a_strict_policy_of_the_page_leaves_it_working(
    visit: Callable[..., Widget], website: Website, desk: Desk
) -> None:
    website.policy = (
        f"default-src 'none'; script-src 'nonce-page' {desk.url}; frame-src {desk.url}; style-src 'nonce-none'"
    )
    widget = visit().write("Hello")
    expect(widget.messages.first.locator(".message-meta")).to_contain_text("Delivered")
    assert widget.launcher.evaluate("button => getComputedStyle(button).height") == "56px"
    assert widget.launcher.evaluate("button => getComputedStyle(button).backgroundColor") == "rgb(54, 81, 207)"


def test_it_survives_a_page_that_changes_its_body(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit().write("Hello")
    expect(widget.messages).to_have_count(1)
    widget.page.evaluate(
        """() => {
            history.pushState({}, '', '/workshop')
            const body = document.createElement('body')
            body.innerHTML = '<main><h1>Another page</h1></main>'
            document.body.replaceWith(body)
            dispatchEvent(new Event('turbo:load'))
        }"""
    )
    answer(cast, "Still here?")
    expect(widget.messages).to_have_count(2)


def test_passers_by_load_nothing_but_the_launcher(visit: Callable[..., Widget]) -> None:
    widget = visit()
    widget.page.wait_for_timeout(600)
    expect(widget.page.locator("#parley-widget iframe")).to_have_count(0)
    assert "parley_" not in widget.page.evaluate("document.cookie")


def test_older_messages_come_when_scrolled_to(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit().write("The first message")
    expect(widget.messages).to_have_count(1)
    with transaction(cast.account_id):
        conversation = db.session.scalars(select(Conversation)).one()
        for number in range(60):
            conversation.reply(f"Answer {number}\n\nwith a second line", by=bob(cast).actor)
    widget.page.reload()
    widget.open_chat()
    expect(widget.frame.get_by_text("Answer 59", exact=True)).to_be_visible()
    expect(widget.frame.locator("#messages").get_by_text("The first message")).to_have_count(0)
    for _ in range(4):
        widget.frame.locator("#scroll").evaluate("place => place.scrollTop = -place.scrollHeight")
        widget.page.wait_for_timeout(200)
    expect(widget.frame.locator("#messages").get_by_text("The first message")).to_have_count(1)
    expect(widget.messages).to_have_count(61)


@pytest.mark.parametrize(("width", "height", "dark"), [(1440, 900, False), (390, 844, True)])
def test_axe_finds_nothing(visit: Callable[..., Widget], cast: Cast, width: int, height: int, dark: bool) -> None:
    widget = visit(width=width, height=height, dark=dark)
    complaints = findings(widget.page)
    widget.open()
    expect(widget.frame.get_by_role("button", name=re.compile("^Write to us"))).to_be_visible()
    complaints += findings(widget.page)
    widget.write("Hello")
    expect(widget.messages.first.locator(".message-meta")).to_contain_text("Delivered")
    answer(cast, "A [link](https://example.com), `code`\n\n- one\n- two")
    expect(widget.messages).to_have_count(2)
    complaints += findings(widget.page)
    assert complaints == []


def findings(page: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


def test_two_windows_a_visitor_and_an_agent_talk_live(
    visit: Callable[..., Widget], signed_in_page: Visit, desk: Desk, cast: Cast
) -> None:
    agent = signed_in_page("Bob")
    agent.goto(f"{desk.url}/accounts/{cast.account_id}/conversations")
    listens(agent)
    widget = visit()
    widget.write("Is the Ridge 2 in size M back?")
    row = agent.locator(".conversation-row").first
    expect(row).to_contain_text("Is the Ridge 2 in size M back?")
    row.locator(".conversation-name").click()
    expect(agent.locator(".message-in .bubble")).to_have_text("Is the Ridge 2 in size M back?")
    agent.locator("#composer-text").click()
    agent.keyboard.type("It comes back on Friday.")
    expect(widget.frame.get_by_text("Bob is typing")).to_have_count(1)
    agent.keyboard.press("Control+Enter")
    expect(widget.messages.nth(1).locator(".bubble")).to_have_text("It comes back on Friday.")
    expect(widget.messages.first.locator(".message-meta")).to_contain_text("Seen")
    expect(agent.locator(".message-out")).to_have_attribute("data-state", "read")
    widget.field.press_sequentially("Gre")
    expect(agent.get_by_text("is typing")).not_to_have_count(0)
    widget.write("Great, thank you")
    expect(agent.locator(".message-in .bubble").last).to_have_text("Great, thank you")
    agent.locator("#composer-note").click()
    agent.locator("#composer-text").fill("Holds until Friday")
    agent.keyboard.press("Control+Enter")
    expect(agent.get_by_text("Holds until Friday")).not_to_have_count(0)
    agent.locator("#composer-reply").click()
    agent.locator("#composer-text").fill("See you then")
    agent.keyboard.press("Control+Enter")
    expect(widget.messages).to_have_text([re.compile(text) for text in ("Ridge", "Friday", "Great", "See you then")])
    expect(widget.frame.get_by_text("Holds until Friday")).to_have_count(0)


def test_the_chat_goes_on_in_a_window_of_its_own(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit().write("Hello")
    widget.frame.get_by_role("button", name="More").click()
    with widget.page.context.expect_page() as opened:
        widget.frame.get_by_role("menuitem", name="Open in a window").click()
    own = opened.value
    expect(own.locator("#messages .message")).to_have_text(re.compile("Hello"))
    expect(widget.launcher).to_have_attribute("aria-expanded", "false")
    own.get_by_role("textbox", name="Write a message").fill("From the window")
    own.keyboard.press("Enter")
    expect(widget.messages).to_have_count(2)
    answer(cast, "I see you")
    expect(own.locator("#messages .message").last).to_contain_text("I see you")
    own.close()


def test_the_frame_alone_is_a_page_one_can_link_to(
    visitor_page: Visit, website: Website, desk: Desk, cast: Cast
) -> None:
    page = visitor_page()
    page.goto(f"{desk.url}/widget?website_token={website.token}")
    page.get_by_role("button", name=re.compile("^Write to us")).click()
    page.get_by_role("textbox", name="Write a message").fill("From a link")
    page.keyboard.press("Enter")
    expect(page.locator(".message-out:not(.is-draft)")).to_have_count(1)
    page.reload()
    page.get_by_role("button", name="Messages").click()
    expect(page.locator("#messages .message")).to_have_text(re.compile("From a link"))
