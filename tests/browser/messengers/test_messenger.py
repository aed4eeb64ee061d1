"""Facebook Messenger as people use it: connected, written to, answered, refused and sent again."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import expect

from tests.browser.messengers.play import Play, a_picture
from tests.channels.contract.messenger import said, signed
from tests.fakes.messenger import APP_SECRET, DANA, PAGE_ID, PAGE_TOKEN, Graph
from tests.fakes.meta_rules import refusal
from tests.fakes.provider import serving


def posted(play: Play, body: Any) -> None:
    """Happened just now."""
    (happened,) = body["entry"][0]["messaging"]
    happened["timestamp"] = now_ms()
    request = signed(body).request
    play.knock("/webhooks/messenger", content=request["data"], headers=request["headers"])


def now_ms() -> int:
    return int(time.time() * 1000)


def event(**what: Any) -> dict[str, Any]:
    told = {"sender": {"id": DANA}, "recipient": {"id": PAGE_ID}, **what}
    return {"object": "page", "entry": [{"id": PAGE_ID, "time": now_ms(), "messaging": [told]}]}


def test_messenger_is_connected_written_to_and_answered(play: Play) -> None:
    with serving(Graph()) as graph:
        photo = {name: ("image/png", a_picture(colour)["buffer"]) for name, colour in PICTURES.items()}
        graph.media = photo
        typed = {"Page access token": PAGE_TOKEN, "App secret": "not the secret"}
        play.fill("Facebook Messenger", typed, name="Fernway page")
        play.submit()
        expect(play.page.locator(".field-error").first).to_contain_text("appsecret_proof")
        play.connect("Facebook Messenger", {**typed, "App secret": APP_SECRET}, name="Fernway page")
        assert graph.callbacks == {"page": f"{play.desk.url}/webhooks/messenger"}

        posted(play, said("Is the blue bell back?", referral=AD))
        play.open("Dana Reyes")
        posted(play, said("It looked like this", attachments=[picture(f"{graph.url}/cdn/bell.png")]))
        posted(play, said("I live here", attachments=[PLACE]))
        play.sees_picture()
        play.sees("Dana's Location")
        play.sees("Ridge 2: the autumn bike")

        play.says("It **is** back.")
        play.says(files=[a_picture("#456")])
        assert graph.sent[0]["message"]["text"] == "It *is* back."
        assert graph.uploads[0][0] == "wheel.png"
        offered(play, "Which colour?", ["Blue", "Green"])
        assert [each["title"] for each in graph.sent[2]["message"]["quick_replies"]] == ["Blue", "Green"]
        posted(play, event(message={"mid": "m_pressed", "text": "Blue", "quick_reply": {"payload": "Blue"}}))
        play.sees("Blue")

        posted(play, event(delivery={"mids": ["m_out_1"], "watermark": now_ms()}))
        play.ticks("It is back.", "Delivered")
        posted(play, event(read={"watermark": now_ms()}))
        play.ticks("It is back.", "Read")
        # All of them changed at once, and stand where they stood.
        order = "lines => lines.map(line => Number(line.dataset.sequence))"
        assert play.thread.locator("li[data-sequence]").evaluate_all(order) == [1, 2, 3, 4, 5, 6, 7]
        posted(play, event(reaction={"mid": "m_out_1", "action": "react", "emoji": "❤️", "reaction": "love"}))
        play.sees("❤️")

        graph.instead.append(refusal("This person isn't available right now.", code=551))
        play.says("Shall we keep one for you?")
        play.refused("This person isn't available right now.")
        play.pictures("messenger")
        play.tries_again()
        assert graph.sent[-1]["message"]["text"] == "Shall we keep one for you?"


PICTURES = {"dana.png": "#b65", "bell.png": "#48a"}
AD = {
    "ref": "autumn",
    "source": "ADS",
    "type": "OPEN_THREAD",
    "ads_context_data": {"ad_title": "Ridge 2: the autumn bike"},
}
PLACE = {
    "type": "location",
    "title": "Dana's Location",
    "payload": {"coordinates": {"lat": 52.5200066, "long": 13.404954}},
}


def picture(url: str) -> dict[str, Any]:
    return {"type": "image", "payload": {"url": url}}


def offered(play: Play, question: str, choices: list[str]) -> None:
    """A question with choices to press, by the composer."""
    play.page.get_by_role("button", name="Offer something to press").click()
    play.page.get_by_role("menuitem", name="Choices").click()
    for number, words in enumerate(choices, 1):
        play.page.get_by_role("textbox", name=f"Choice {number}", exact=True).fill(words)
    play.says(question)
