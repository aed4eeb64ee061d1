"""What a website may say to the widget, and hears from it, under both names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Contact, Conversation, Label
from app.models.actor import SYSTEM
from tests.browser.test_widget import Widget, visit, website
from tests.browser.website import Website
from tests.cast import Cast, bob

__all__ = ["visit", "website"]


def call(widget: Widget, name: str, *words: Any, on: str = "$chatwoot") -> None:
    widget.page.evaluate("([on, name, words]) => { window[on][name](...words) }", [on, name, list(words)])


def heard(widget: Widget, name: str, count: int = 1) -> list[object]:
    """The details of an event, once it was told so often."""
    widget.page.wait_for_function(
        "([name, count]) => window.heard.filter(([event]) => event === name).length >= count", arg=[name, count]
    )
    return widget.heard(name)


def test_the_settings_of_the_page_are_followed(visit: Callable[..., Widget], website: Website) -> None:
    website.like_chatwoots()
    website.settings = {
        "position": "left",
        "type": "expanded_bubble",
        "launcherTitle": "Ask us",
        "widgetStyle": "flat",
        "darkMode": "dark",
        "locale": "de",
        "welcomeTitle": "Moin!",
        "welcomeDescription": "Fragen <b>kostet</b> nichts.",
        "unavailableMessage": "Gerade ist niemand da.",
        "availableMessage": "Wir sind da.",
        "showPopoutButton": False,
        "enableFileUpload": False,
        "enableEmojiPicker": False,
        "enableEndConversation": False,
    }
    widget = visit()
    expect(widget.launcher).to_have_text("Ask us")
    host = widget.page.locator("#parley-widget")
    expect(host).to_have_attribute("data-side", "left")
    expect(host).to_have_attribute("data-flat", "")
    expect(host).to_have_css("color-scheme", "dark")
    widget.open()
    frame = widget.frame
    expect(frame.get_by_role("heading", name="Moin!")).to_be_visible()
    expect(frame.locator(".widget-tagline")).to_have_text("Fragen <b>kostet</b> nichts.")
    expect(frame.get_by_text("Gerade ist niemand da.")).to_be_visible()
    expect(frame.locator("html")).to_have_attribute("lang", "de")
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")
    for gone in ("[data-does=popout]", "[data-does=attach]", "[popovertarget=emoji]", "[data-does=end]"):
        expect(frame.locator(gone)).to_have_count(0)


def test_what_makes_no_sense_is_told_to_its_writer_and_does_nothing(visit: Callable[..., Widget], cast: Cast) -> None:
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    widget = visit()
    widget.page.on("console", note)
    for name, words in (
        ("toggle", ["sideways"]),
        ("toggleBubbleVisibility", ["perhaps"]),
        ("setUser", []),
        ("setUser", ["dana"]),
        ("setUser", ["", {"name": "Dana"}]),
        ("setUser", [True, {"name": "Dana"}]),
        ("setUser", ["dana", {"phone_number": "+4930123456"}]),
        ("setUser", ["dana", ["Dana"]]),
        ("setCustomAttributes", ["plan"]),
        ("setConversationCustomAttributes", [None]),
        ("deleteCustomAttribute", [7]),
        ("deleteConversationCustomAttribute", []),
        ("setLabel", [""]),
        ("removeLabel", [{}]),
        ("setLocale", [4]),
        ("setColorScheme", ["sepia"]),
    ):
        complaints.clear()
        call(widget, name, *words)
        assert len(complaints) == 1, name
        assert complaints[0].startswith("Parley: ")
        assert name in complaints[0]
    assert len(widget.heard("parley:error")) == len(widget.heard("chatwoot:error")) == 16
    expect(widget.launcher).to_have_attribute("aria-expanded", "false")
    with transaction(cast.account_id):
        assert db.session.query(Contact).count() == 0


def test_the_panel_and_the_launcher_are_the_pages_to_move(visit: Callable[..., Widget]) -> None:
    widget = visit()
    facts = widget.page.evaluate("[$chatwoot.hasLoaded, $chatwoot.isOpen, $chatwoot.websiteToken, $chatwoot.baseUrl]")
    assert facts[:2] == [True, False]
    assert facts[3].startswith("http://localhost")
    for opened, word in ((True, None), (False, None), (True, "open"), (True, "open"), (False, "close")):
        call(widget, "toggle", *([word] if word else []))
        expect(widget.launcher).to_have_attribute("aria-expanded", str(opened).lower())
        assert widget.page.evaluate("parley.isOpen") is opened
    assert len(widget.heard("chatwoot:opened")) == len(widget.heard("parley:closed")) == 2
    call(widget, "toggleBubbleVisibility", "hide")
    expect(widget.launcher).to_be_hidden()
    call(widget, "toggleBubbleVisibility", "show")
    expect(widget.launcher).to_be_visible()
    call(widget, "setColorScheme", "dark")
    expect(widget.page.locator("#parley-widget")).to_have_css("color-scheme", "dark")
    call(widget, "setLocale", "ar")
    expect(widget.page.locator("#parley-widget")).to_have_attribute("dir", "rtl")
    widget.open()
    expect(widget.frame.locator("html")).to_have_attribute("dir", "rtl")
    expect(widget.frame.locator("html")).to_have_attribute("data-theme", "dark")


def test_what_was_wished_before_the_page_had_loaded_is_done(visit: Callable[..., Widget], website: Website) -> None:
    website.run = """
      script.onload = function () {
        window.parley.run({ websiteToken: %(token)s, baseUrl: %(base)s });
        window.parley.run({ websiteToken: "another", baseUrl: "https://elsewhere.example" });
        window.parley.toggle("open");
        window.parley.setUser("dana-1", { name: "Dana" });
      };
    """
    widget = visit()
    expect(widget.launcher).to_have_attribute("aria-expanded", "true")
    assert widget.page.evaluate("parley.websiteToken") == website.token
    expect(widget.page.locator("#parley-widget")).to_have_count(1)
    widget.page.wait_for_function("document.cookie.includes('parley_user_')")


def test_a_script_without_a_token_says_what_is_missing(visitor_page: Callable[..., Page], website: Website) -> None:
    website.token = ""
    page, told = visitor_page(), []
    page.on("console", lambda message: told.append(message.text))
    page.goto(website.url)
    page.wait_for_function("window.heard.some(([event]) => event === 'parley:error')")
    assert any("needs a websiteToken" in words for words in told)
    expect(page.locator("#parley-widget")).to_have_count(0)


def test_attributes_and_labels_reach_the_conversation(visit: Callable[..., Widget], cast: Cast) -> None:
    with transaction(cast.account_id):
        for title in ("club", "repair"):
            Label.create(cast.account_id, {"title": title}, by=SYSTEM)
    widget = visit()
    call(widget, "setConversationCustomAttributes", {"order": 7, "basket": "full"}, on="parley")
    call(widget, "setLabel", "club")
    assert "no conversation" in str(heard(widget, "chatwoot:error")[0])
    widget.write("Hello")
    heard(widget, "chatwoot:on-start-conversation")
    call(widget, "setLabel", "repair")
    call(widget, "setLabel", "club")
    call(widget, "removeLabel", "repair")
    call(widget, "deleteConversationCustomAttribute", "basket")
    call(widget, "setLabel", "nonsense")
    assert "nonsense" in str(heard(widget, "chatwoot:error", 2)[-1])
    with transaction(cast.account_id):
        conversation = db.session.query(Conversation).one()
        assert conversation.label_titles == ["club"]
        assert conversation.custom_attributes == {"order": 7}


def test_a_choice_is_told_to_the_page(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit().write("Hello")
    items = [{"title": "Red", "value": "r"}, {"title": "Blue", "value": "b"}]
    with transaction(cast.account_id):
        db.session.query(Conversation).one().reply(
            "Which?", by=bob(cast).actor, content_type="input_select", content_attributes={"items": items}
        )
    [arrived] = heard(widget, "chatwoot:on-message")
    assert "Which?" in str(arrived)
    widget.frame.get_by_role("button", name="Blue").click()
    assert heard(widget, "parley:postback") == [{"payload": "b", "text": "Blue"}]
    assert "submitted_values" in str(heard(widget, "chatwoot:on-message", 2)[1])


def test_the_chat_stays_when_the_page_is_changed_for_another(visit: Callable[..., Widget]) -> None:
    widget = visit().write("Hello")
    widget.page.evaluate("""() => {
      const body = document.createElement("body")
      body.innerHTML = "<h1>Another page</h1>"
      document.documentElement.replaceChild(body, document.body)
      const again = document.createElement("script")
      again.src = window.parley.baseUrl + "/widget/sdk.js"
      window.loadedAgain = new Promise(done => { again.onload = done })
      document.head.append(again)
      window.dispatchEvent(new Event("turbo:load"))
    }""")
    widget.page.evaluate("window.loadedAgain")
    widget.page.evaluate("window.parley.run({ websiteToken: 'another' })")
    expect(widget.page.locator("#parley-widget")).to_have_count(1)
    expect(widget.messages).to_have_text(re.compile("Hello"))
    assert len(widget.heard("parley:ready")) == 1
    # A page that clears everything gets the chat back.
    widget.page.evaluate("document.querySelector('#parley-widget').remove()")
    expect(widget.launcher).to_be_visible()


def test_a_popped_out_window_takes_no_token_in_its_address(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit().write("Hello")
    addresses: list[str] = []
    widget.page.context.on("request", lambda request: addresses.append(request.url))
    with widget.page.context.expect_page() as opened:
        call(widget, "popoutChatWindow")
    own = opened.value
    expect(own.locator("#messages .message")).to_have_text(re.compile("Hello"))
    assert "#" not in own.url
    token = own.evaluate("Object.values(sessionStorage)[0]")
    assert token
    assert not any(token in address for address in addresses)
    # The page it came from is not needed any more, and its reloads open the same conversation.
    widget.page.close()
    own.reload()
    expect(own.locator("#messages .message")).to_have_text(re.compile("Hello"))
    assert own.evaluate("localStorage.length") == 0


@pytest.mark.parametrize("name", ["parleySettings", "chatwootSettings"])
def test_a_hidden_launcher_stays_hidden(visitor_page: Callable[..., Page], website: Website, name: str) -> None:
    if name == "chatwootSettings":
        website.like_chatwoots()
    website.settings = {"hideMessageBubble": True, "baseDomain": ""}
    page = visitor_page()
    page.goto(website.url)
    page.wait_for_function("window.heard.some(([event]) => event === 'chatwoot:ready')")
    expect(page.locator("#parley-widget .launcher")).to_be_hidden()
    page.evaluate("parley.toggle('open')")
    expect(page.frame_locator("#parley-widget iframe").locator("main")).to_be_visible()
