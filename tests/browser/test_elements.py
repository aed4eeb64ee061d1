"""The gallery in a real browser: every element does what its first lines promise, by mouse and by keyboard."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, Response, request
from playwright.sync_api import Browser, FilePayload, Page, expect
from werkzeug.serving import make_server

from app.blueprints import gallery
from app.blueprints.frame import CSP
from app.lib import markup
from app.lib.assets import Assets

APP = Path(gallery.__file__).parent.parent
LIGHT = "#elements .specimen[data-theme=light]"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A bare application that has only the gallery, under the policy that real pages have."""
    app = Flask("app", root_path=str(APP))
    app.secret_key = "gallery"
    app.jinja_env.globals.update(markup.GLOBALS)
    app.jinja_env.filters.update(markup.FILTERS)
    Assets({"": APP / "static"}).register(app)
    app.register_blueprint(gallery.blueprint)
    app.add_url_rule(
        "/found", "found", lambda: f'<a class="palette-item" href="/gallery?{request.args["q"]}">Tomás Ferreira</a>'
    )
    app.add_url_rule(
        "/refused",
        "refused",
        lambda: (app.jinja_env.get_template("errors/_fragment.html").render(error={"message": "Not yours."}), 403),
    )

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CSP
        return response

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """The gallery, opened; whatever the browser complains of fails the test."""
    context = chromium.new_context(locale="en-GB", timezone_id="Europe/Lisbon", viewport={"width": 1440, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(f"{address}/gallery")
    page.wait_for_function("!!customElements.get('tool-tip')")
    yield page
    context.close()
    assert [words for words in complaints if "403" not in words] == []


def test_a_menu_opens_beside_its_button_moves_by_arrows_and_letters_and_gives_the_focus_back(page: Page) -> None:
    button = page.locator(f"{LIGHT} [popovertarget=menu-live-light]")
    button.focus()
    page.keyboard.press("ArrowDown")
    menu = page.locator("#menu-live-light")
    expect(menu).to_be_visible()
    expect(menu.get_by_role("menuitemradio", name="Tomorrow")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(menu.get_by_role("menuitem", name="They write again")).to_be_focused()
    page.keyboard.press("End")
    expect(menu.get_by_role("menuitem", name="Pick a time")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(menu.get_by_role("menuitem", name="In two hours")).to_be_focused()
    page.keyboard.press("t")
    page.keyboard.press("h")
    expect(menu.get_by_role("menuitem", name="They write again")).to_be_focused()
    below, beside = menu.bounding_box(), button.bounding_box()
    assert below
    assert beside
    assert abs(below["x"] - beside["x"]) < 2
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(button).to_be_focused()


def test_choosing_from_a_menu_closes_it(page: Page) -> None:
    page.locator(f"{LIGHT} [popovertarget=menu-live-light]").click()
    page.locator("#menu-live-light").get_by_role("menuitem", name="In two hours").click()
    expect(page.locator("#menu-live-light")).to_be_hidden()


def test_a_dialog_puts_the_safe_answer_under_the_finger_and_closes_by_button_escape_and_backdrop(page: Page) -> None:
    opener = page.locator(f"{LIGHT} [data-opens=dialog-live-light]")
    dialog = page.locator("#dialog-live-light")
    opener.click()
    expect(dialog.get_by_role("button", name="Keep")).to_be_focused()
    dialog.get_by_role("button", name="Keep").click()
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    opener.click()
    page.mouse.click(20, 20)
    expect(dialog).to_be_hidden()


def test_a_drawer_slides_in_from_the_side(page: Page) -> None:
    page.locator(f"{LIGHT} [data-opens=drawer-live-light]").click()
    drawer = page.locator("#drawer-live-light")
    expect(drawer).to_be_visible()
    page.wait_for_timeout(300)
    box = drawer.bounding_box()
    assert box
    assert (box["x"] + box["width"], box["height"]) == pytest.approx((1440, 900), abs=1)
    drawer.get_by_role("button", name="Close").click()
    expect(drawer).to_be_hidden()


def test_times_stand_in_the_readers_zone_and_words(page: Page) -> None:
    page.evaluate(
        """() => {
            const at = (how, moment) => {
              const element = document.createElement('local-time')
              element.setAttribute('how', how)
              element.innerHTML = `<time datetime="${moment}">as sent</time>`
              element.id = `at-${how}`
              document.querySelector('#elements').append(element)
            }
            at('clock', '2026-07-01T09:15:00Z')
            at('full', '2020-07-01T09:15:00Z')
            at('left', new Date(Date.now() + 18.5 * 60000).toISOString())
            at('relative', new Date(Date.now() - 8 * 60000).toISOString())
            at('day', new Date().toISOString())
        }"""
    )
    assert shown(page, "#at-clock") == "10:15"
    assert shown(page, "#at-full") == "1 Jul 2020, 10:15"
    assert shown(page, "#at-left") == "18m"
    assert page.get_attribute("#at-left", "data-state") == "soon"
    assert shown(page, "#at-relative") == "8m"
    assert shown(page, "#at-day") == "Today"


def test_a_time_follows_a_morph_and_leaves_the_servers_nodes_alone(page: Page) -> None:
    page.evaluate("document.querySelector('local-time[how=clock] time').dateTime = '2026-01-01T12:30:00Z'")
    expect(page.locator("local-time[how=clock]").first).to_have_js_property("isConnected", True)
    page.wait_for_timeout(50)
    assert shown(page, "local-time[how=clock]") == "12:30"
    assert ":" in page.evaluate("document.querySelector('local-time[how=clock]').textContent")


def test_a_picked_emoji_lands_at_the_cursor_and_is_offered_first_next_time(page: Page) -> None:
    field = page.locator("#text-light")
    field.fill("Thank you!")
    field.evaluate("field => field.setSelectionRange(9, 9)")
    opener = page.locator(f"{LIGHT} [popovertarget=emoji-text-light]")
    opener.click()
    search = page.locator("#emoji-text-light").get_by_role("searchbox")
    expect(search).to_be_focused()
    search.fill("thank")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value("Thank you🙏!")
    expect(field).to_be_focused()
    opener.click()
    expect(page.locator("#emoji-text-light .emoji-title").first).to_have_text("Used last")


def test_files_are_picked_counted_limited_and_taken_off(page: Page) -> None:
    drop = page.locator(f"{LIGHT} file-drop")
    drop.locator("input[type=file]").set_input_files(
        [
            FilePayload(name="one.txt", mimeType="text/plain", buffer=b"1"),
            FilePayload(name="large.bin", mimeType="application/octet-stream", buffer=b"0" * 1_000_001),
        ]
    )
    expect(drop.locator(".attachment-name")).to_have_text(["one.txt"])
    expect(page.locator(".toast")).to_contain_text(["Files may be at most 1.0 MB."])
    drop.get_by_role("button", name="Take one.txt off").click()
    expect(drop.locator(".attachment")).to_have_count(0)
    assert drop.locator("input[type=file]").evaluate("input => input.files.length") == 0


def test_a_pasted_picture_becomes_a_file_and_pasted_words_stay_words(page: Page) -> None:
    paste = """(area, withWords) => {
        const data = new DataTransfer()
        data.items.add(new File([new Uint8Array([1])], 'shot.png', {type: 'image/png'}))
        if (withWords) data.setData('text/plain', 'words')
        area.dispatchEvent(new ClipboardEvent('paste', {bubbles: true, cancelable: true, clipboardData: data}))
    }"""
    area = page.locator("#text-light")
    area.evaluate(paste, True)
    expect(page.locator(f"{LIGHT} .attachment-name")).to_have_count(0)
    area.evaluate(paste, False)
    expect(page.locator(f"{LIGHT} .attachment-name")).to_have_text(["shot.png"])


def test_a_key_presses_what_names_it_but_not_while_someone_types(page: Page) -> None:
    page.locator("#text-light").focus()
    page.keyboard.type("h?")
    expect(page.locator("#menu-live-light")).to_be_hidden()
    expect(page.locator("#text-light")).to_have_value("h?")
    page.locator("#text-light").blur()
    page.keyboard.press("h")
    expect(page.locator("#menu-live-light")).to_be_visible()


def test_the_question_mark_lists_the_keys(page: Page) -> None:
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog.locator(".shortcut", has_text="Snooze").locator("kbd")).to_have_text("H")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_the_palette_finds_what_the_page_can_do_and_does_it(page: Page) -> None:
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Commands", exact=True)
    expect(palette.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("ers tom")
    expect(palette.get_by_role("option", selected=True)).to_contain_text("Erase Tomás Ferreira")
    page.keyboard.press("Enter")
    expect(palette).to_be_hidden()
    expect(page.locator("#dialog-live-light")).to_be_visible()


def test_the_palette_shows_what_the_server_found(page: Page) -> None:
    page.evaluate("document.querySelector('command-palette').setAttribute('search', '/found')")
    page.keyboard.press("Control+k")
    page.keyboard.type("zzz")
    expect(page.get_by_role("option", name="Tomás Ferreira")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/gallery?zzz")


def test_a_toast_leaves_by_itself_but_not_while_it_is_looked_at(page: Page) -> None:
    page.clock.install()
    page.evaluate("document.dispatchEvent(new CustomEvent('toast', {detail: {text: 'Resolved'}}))")
    page.evaluate("document.dispatchEvent(new CustomEvent('toast', {detail: {text: 'Offline', stays: true}}))")
    page.locator("#toasts .toast", has_text="Resolved").hover()
    page.clock.run_for(7000)
    expect(page.locator("#toasts .toast")).to_have_count(2)
    page.mouse.move(10, 10)
    page.clock.run_for(7000)
    expect(page.locator("#toasts .toast")).to_have_text(["Offline"])


def test_a_refused_request_leaves_a_toast_and_the_page_as_it_was(page: Page) -> None:
    page.evaluate("htmx.ajax('GET', '/refused', {target: '#text-light', swap: 'outerHTML'})")
    expect(page.locator("#toasts .toast-danger")).to_have_text("Not yours.")
    expect(page.locator("#text-light")).to_be_visible()


def test_a_morph_leaves_open_what_is_open_and_typed_what_is_typed(page: Page) -> None:
    """Live updates morph regions of the page while someone works in them."""
    page.locator("#text-light").fill("half a sentence")
    page.locator(f"{LIGHT} [data-opens=dialog-live-light]").click()
    page.locator("#field-reason-light").fill("asked for it")
    page.evaluate("htmx.ajax('GET', '/gallery', {target: '#elements', swap: 'outerMorph', select: '#elements'})")
    page.wait_for_timeout(300)
    expect(page.locator("#dialog-live-light")).to_be_visible()
    expect(page.locator("#field-reason-light")).to_have_value("asked for it")
    expect(page.locator("#field-reason-light")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#text-light")).to_have_value("half a sentence")
    page.locator(f"{LIGHT} [popovertarget=menu-live-light]").click()
    page.evaluate("htmx.ajax('GET', '/gallery', {target: '#elements', swap: 'outerMorph', select: '#elements'})")
    page.wait_for_timeout(300)
    expect(page.locator("#menu-live-light")).to_be_visible()
    assert shown(page, "#elements local-time[how=relative]") == "now"


def test_going_offline_is_told_until_it_is_over(page: Page) -> None:
    page.context.set_offline(True)
    expect(page.locator("#toasts .toast")).to_have_text(["You are offline. What you write is kept."])
    page.context.set_offline(False)
    expect(page.locator("#toasts .toast")).to_have_count(0)


def test_a_theme_holds_at_once_and_system_lets_go(page: Page) -> None:
    switch = page.locator(f"{LIGHT} theme-switch")
    switch.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    switch.get_by_role("button", name="System").click()
    assert page.get_attribute("html", "data-theme") is None


def test_tabs_show_one_panel_and_arrows_move_between_them(page: Page) -> None:
    page.locator(f"{LIGHT} tab-list").get_by_role("tab", name="One").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#panel-two-light")).to_be_visible()
    expect(page.locator("#panel-one-light")).to_be_hidden()
    expect(page.locator(f"{LIGHT} tab-list").get_by_role("tab", name="Two")).to_be_focused()


def test_copying_says_so(page: Page) -> None:
    page.locator(f"{LIGHT} copy-button button").click()
    expect(page.locator("#toasts .toast")).to_have_text(["Copied"])
    assert page.evaluate("navigator.clipboard.readText()") == "tomas@example.org"


def test_a_password_can_be_looked_at(page: Page) -> None:
    field = page.locator("#field-password-light")
    page.locator(f"{LIGHT} password-field button").click()
    expect(field).to_have_attribute("type", "text")
    page.locator(f"{LIGHT} password-field button").click()
    expect(field).to_have_attribute("type", "password")


def test_a_resting_pointer_is_told_the_name_and_the_key(page: Page) -> None:
    button = page.locator(f"{LIGHT} [popovertarget=menu-live-light]")
    button.scroll_into_view_if_needed()
    page.wait_for_timeout(100)
    button.hover()
    expect(page.locator("tool-tip")).to_have_text("SnoozeH")
    page.mouse.move(5, 5)
    expect(page.locator("tool-tip")).to_be_hidden()


@pytest.mark.parametrize(("width", "height", "theme"), [(1440, 900, "light"), (390, 844, "dark")])
def test_axe_finds_nothing(page: Page, width: int, height: int, theme: str) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def shown(page: Page, selector: str) -> str:
    text: str = page.locator(selector).first.evaluate("element => element.shadowRoot.textContent")
    return text
