"""WhatsApp as people use it: connected by hand, written to, answered by words, pictures, choices and templates."""

from __future__ import annotations

import time
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Conversation
from tests.browser.messengers.play import Play, a_picture
from tests.channels.whatsapp.conftest import body_of
from tests.channels.whatsapp.forms import ALL
from tests.fakes.provider import serving
from tests.fakes.whatsapp import ACCOUNT, APP_SECRET, PHONE, TOKEN, WhatsAppGraph, refusal

DOOR = "/webhooks/whatsapp"
SHEENA = "Sheena Nelson"
TYPED = {
    "Phone number ID": PHONE,
    "WhatsApp Business Account ID": ACCOUNT,
    "Access token": TOKEN,
    "App secret": APP_SECRET,
}


def comes(play: Play, name: str, **changes: Any) -> None:
    """Happened just now."""
    body = body_of(name)
    value = body["entry"][0]["changes"][0]["value"]
    for each in [*value.get("messages", []), *value.get("statuses", [])]:
        each |= {"timestamp": str(int(time.time())), **changes}
    request = WhatsAppGraph.signed(body)
    headers = {**request["headers"], "content-type": request["content_type"]}
    play.knock(DOOR, content=request["data"], headers=headers)


def test_whatsapp_is_connected_written_to_and_answered(play: Play) -> None:
    with serving(WhatsAppGraph()) as graph:
        graph.templates = [*ALL]
        play.fill("WhatsApp", {**TYPED, "Access token": "EAAnonsense"}, name="Fernway on WhatsApp")
        play.submit()
        expect(play.page.locator(".field-error").first).to_contain_text("Invalid OAuth access token")
        play.connect("WhatsApp", TYPED, name="Fernway on WhatsApp")
        assert graph.webhooks["phone_number"].endswith(DOOR)
        play.work()
        play.page.reload()
        expect(play.page.locator("#templates")).to_contain_text("order shipped")
        play.page.get_by_role("button", name="Sync templates").click()
        expect(play.page.locator(".toast")).to_contain_text("8 templates synced")
        play.pictures("whatsapp-settings")

        comes(play, "text")
        play.open(SHEENA)
        graph.keep_media(a_picture("#b65")["buffer"], "image/png")
        comes(play, "image")
        comes(play, "location")
        comes(play, "contacts")
        comes(play, "order")
        play.sees("Love these!")
        play.sees("Barbara J. Johnson")
        play.sees_picture(1)

        play.says("Yes, in *blue* and green. 🚲")
        play.says("This one", files=[a_picture("#456")])
        assert graph.sent[-1]["image"]["caption"] == "This one"
        for state in ("delivered", "read"):
            comes(play, f"status_{state}")
            play.ticks("Yes, in blue and green.", state.capitalize())
        offered(play, "Shall we keep one?", ["Yes, please", "No"])
        assert graph.sent[-1]["interactive"]["type"] == "button"
        comes(play, "button_reply")
        comes(play, "reaction")
        play.sees("👍")

        graph.instead.append(refusal(131026, "(#131026) Message undeliverable", details="Message Undeliverable."))
        play.says("It is on its way.")
        play.refused("Message undeliverable")
        play.refused("it may not be on WhatsApp")
        play.pictures("whatsapp")
        play.tries_again()

        long_ago(play)
        graph.window_open = False
        play.page.reload()
        expect(play.page.locator(".composer-closed")).to_contain_text("The 24 hours to answer are over.")
        play.pictures("whatsapp-closed")
        by_template(play)
        play.until(lambda: graph.sent[-1]["type"] == "template", "the template was not sent")
        assert graph.sent[-1]["template"]["components"][1]["parameters"][1]["text"] == "blue bell"
        play.settles()
        play.sees("your blue bell is on its way.")
        play.pictures("whatsapp-template-sent")


def offered(play: Play, question: str, choices: list[str]) -> None:
    """A question with choices to press, by the composer."""
    play.page.get_by_role("button", name="Offer something to press").click()
    play.page.get_by_role("menuitem", name="Choices").click()
    for number, words in enumerate(choices, 1):
        play.page.get_by_role("textbox", name=f"Choice {number}", exact=True).fill(words)
    play.says(question)


def long_ago(play: Play) -> None:
    with transaction(play.cast.account_id):
        talk = db.session.query(Conversation).order_by(Conversation.id.desc()).first()
        assert talk is not None
        for message in talk.messages_before(None, 50):
            message.created_at = message.created_at.replace(year=2024)
        assert talk.last_incoming_at is not None
        talk.last_incoming_at = talk.last_incoming_at.replace(year=2024)


def by_template(play: Play) -> None:
    """By the keyboard alone: found, chosen, filled in and sent."""
    page = play.page
    page.get_by_role("button", name="Choose a template").press("Enter")
    search = page.get_by_role("searchbox", name="Search templates")
    expect(search).to_be_focused()
    expect(page.locator("[data-template]")).to_have_count(6)
    search.press_sequentially("order way")
    expect(page.locator("[data-template]")).to_have_count(1)
    search.press("ArrowDown")
    page.keyboard.press("Enter")
    first = page.get_by_label("Header 1")
    expect(first).to_be_focused()
    for words in ("17", SHEENA, "blue bell", "1Z999"):
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    expect(page.locator(".templates-preview")).to_contain_text(f"Hi {SHEENA}, your blue bell is on its way.")
    page.evaluate("Promise.all(document.getAnimations().map(one => one.finished.catch(() => {})))")
    found = Axe().run(page).response["violations"]
    assert not [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]
    play.pictures("whatsapp-template")
    page.locator("#dialog-templates").get_by_role("button", name="Send", exact=True).press("Enter")
    expect(page.locator("#dialog-templates")).to_have_count(0)
