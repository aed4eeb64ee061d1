"""Telegram as people use it: a bot is connected, written to, answered, refused and sent again."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import expect

from tests.browser.messengers.play import Play, a_picture
from tests.channels.contract.telegram import recorded
from tests.fakes.provider import serving
from tests.fakes.telegram import BLOCKED, TOKEN, Telegram


def brought(play: Play, telegram: Telegram, name: str, **more: Any) -> None:
    """Happened just now, and delivered where the bot's webhook is."""
    update = recorded(name)
    kind = next(key for key in update if key != "update_id")
    update[kind] |= {"date": int(time.time()), **more}
    play.knock(telegram.webhook["url"], json=update, headers=telegram.proof())


def offered(play: Play, question: str, choices: list[str]) -> None:
    """A question with choices to press, by the composer."""
    play.page.get_by_role("button", name="Offer something to press").click()
    play.page.get_by_role("menuitem", name="Choices").click()
    for number, words in enumerate(choices, 1):
        play.page.get_by_role("textbox", name=f"Choice {number}", exact=True).fill(words)
    play.says(question)


def test_telegram_is_connected_written_to_and_answered(play: Play) -> None:
    with serving(Telegram()) as telegram:
        telegram.takes_http = True
        telegram.files = {
            "AgADphotox": ("photos/1.png", a_picture("#b65")["buffer"]),
            "face": ("photos/2.png", a_picture("#48a", size=(200, 200))["buffer"]),
        }
        telegram.photos = {4711: ["face"]}
        play.fill("Telegram", {"Bot token": f"1:{'x' * 35}"}, name="Fernway bot")
        play.submit()
        expect(play.page.locator(".field-error").first).to_contain_text(
            "Telegram does not know this token: Unauthorized"
        )
        inbox = play.connect("Telegram", {"Bot token": TOKEN}, name="Fernway bot")
        assert telegram.webhook["url"] == f"{play.desk.url}/webhooks/telegram/{inbox.token}"
        expect(play.page.get_by_role("main")).not_to_contain_text(TOKEN)

        brought(play, telegram, "text")
        play.open("Dana Okafor")
        brought(play, telegram, "photo")
        brought(play, telegram, "venue")
        brought(play, telegram, "contact")
        play.sees_picture()
        play.sees("The scratch is here")
        play.sees("Fernway Cycles, Torstr. 1, Berlin")
        play.sees("Eli Okafor")

        play.says("It **is** back: [look](https://shop.example/red)")
        play.says(files=[a_picture("#456"), a_picture("#654", name="bell.png")])
        assert telegram.sent[0]["text"] == "It is back: look"
        assert [telegram.uploads[message["message_id"]][0] for message in telegram.sent[1:]] == [
            "wheel.png",
            "bell.png",
        ]
        play.ticks("It is back", "Sent")

        offered(play, "Which colour?", ["Red", "Blue"])
        asked = telegram.sent[-1]
        assert [row[0]["text"] for row in asked["reply_markup"]["inline_keyboard"]] == ["Red", "Blue"]
        blue = asked["reply_markup"]["inline_keyboard"][1][0]["callback_data"]
        brought(play, telegram, "callback_query", data=blue, message={**asked, "date": int(time.time())})
        play.sees("Pressed a button")
        brought(play, telegram, "reaction", message_id=asked["message_id"])
        play.sees("👍")

        telegram.instead.append(BLOCKED)
        play.says("Shall we keep one for you?")
        play.refused("Forbidden: bot was blocked by the user")
        play.pictures("telegram")
        play.tries_again()
        assert telegram.sent[-1]["text"] == "Shall we keep one for you?"
