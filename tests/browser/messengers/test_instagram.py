"""Instagram as people use it: connected by its login, written to with a story, answered, refused and sent again."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import expect

from tests.browser.messengers.play import Play, a_picture
from tests.channels.contract.instagram import DOOR, said
from tests.channels.contract.messenger import signed
from tests.fakes.instagram import APP_SECRET, GRETA, TOKEN, InstagramGraph, PageGraph
from tests.fakes.messenger import INSTAGRAM_ID
from tests.fakes.meta_rules import refusal
from tests.fakes.provider import serving


def posted(play: Play, body: Any) -> None:
    """Happened just now."""
    (happened,) = body["entry"][0]["messaging"]
    happened["timestamp"] = now_ms()
    request = signed(body, secret=APP_SECRET, path=DOOR).request
    play.knock(DOOR, content=request["data"], headers=request["headers"])


def now_ms() -> int:
    return int(time.time() * 1000)


def event(**what: Any) -> dict[str, Any]:
    told = {"sender": {"id": GRETA}, "recipient": {"id": INSTAGRAM_ID}, **what}
    return {"object": "instagram", "entry": [{"id": INSTAGRAM_ID, "time": now_ms(), "messaging": [told]}]}


def test_instagram_is_connected_written_to_and_answered(play: Play) -> None:
    with serving(InstagramGraph()) as graph, serving(PageGraph()) as elsewhere:
        elsewhere.media = {name: ("image/png", a_picture(colour)["buffer"]) for name, colour in PICTURES.items()}
        graph.people[GRETA]["profile_pic"] = f"{elsewhere.url}/cdn/greta.png"
        typed = {"Access token": "IGAA-nonsense", "App secret": APP_SECRET}
        play.fill("Instagram", typed, name="Fernway on Instagram")
        play.submit()
        expect(play.page.locator(".field-error").first).to_contain_text("Invalid OAuth access token")
        play.connect("Instagram", {**typed, "Access token": TOKEN}, name="Fernway on Instagram")
        assert "messages" in graph.subscribed

        posted(play, said("Do you ship to Norway?"))
        play.open("Greta Lindqvist")
        story = {"url": f"{elsewhere.url}/cdn/story.png", "id": "17858893269000001"}
        posted(play, event(message={"mid": "m_story", "text": "Love this!", "reply_to": {"story": story}}))
        picture = {"type": "image", "payload": {"url": f"{elsewhere.url}/cdn/bell.png"}}
        posted(play, said("Like this one", attachments=[picture]))
        mention = {"type": "story_mention", "payload": {"url": f"{elsewhere.url}/cdn/gone.png"}}
        posted(play, event(message={"mid": "m_mention", "attachments": [mention]}))
        play.sees_picture(2)
        play.sees("Replied to your story")
        play.sees("no longer available")

        play.says("We do, from next week. 🚲")
        play.says(files=[a_picture("#456")])
        assert graph.sent[1]["message"]["attachment"]["type"] == "image"
        offered(play, "Shall we keep one?", ["Yes", "No"])
        assert len(graph.sent[2]["message"]["quick_replies"]) == 2
        posted(play, event(message={"mid": "m_pressed", "text": "Yes", "quick_reply": {"payload": "Yes"}}))
        play.sees("Yes")

        posted(play, event(read={"mid": "m_out_1"}))
        play.ticks("We do, from next week.", "Read")
        posted(play, event(reaction={"mid": "m_out_1", "action": "react", "emoji": "❤️", "reaction": "love"}))
        play.sees("❤️")

        graph.instead.append(refusal("The requested user cannot be found.", code=100, subcode=2534014))
        play.says("It is on its way.")
        play.refused("The requested user cannot be found.")
        play.pictures("instagram")
        play.tries_again()
        assert graph.sent[-1]["message"]["text"] == "It is on its way."


PICTURES = {"greta.png": "#7a4", "story.png": "#b65", "bell.png": "#48a"}


def offered(play: Play, question: str, choices: list[str]) -> None:
    """A question with choices to press, by the composer."""
    play.page.get_by_role("button", name="Offer something to press").click()
    play.page.get_by_role("menuitem", name="Choices").click()
    for number, words in enumerate(choices, 1):
        play.page.get_by_role("textbox", name=f"Choice {number}", exact=True).fill(words)
    play.says(question)
