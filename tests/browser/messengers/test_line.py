"""LINE as people use it: an account is connected, written to, answered, refused and sent again."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import expect

from tests.browser.messengers.play import Play, a_picture
from tests.browser.messengers.test_telegram import offered
from tests.channels.contract.line import a_call, recorded
from tests.fakes.line import CHANNEL_ID, MONTHLY_LIMIT, SECRET, TOKEN, Line, LineData, LineStickers
from tests.fakes.provider import serving


def brought(play: Play, line: Line, name: str, **more: Any) -> None:
    """Happened just now, and delivered where the account's webhook is."""
    told = recorded(name)
    told["events"][0] |= {"timestamp": int(time.time() * 1000), **more}
    call = a_call("", told)
    play.knock(line.endpoint, content=call.request["data"], headers=call.request["headers"])


def test_line_is_connected_written_to_and_answered(play: Play) -> None:
    with serving(Line()) as line, serving(LineData()) as contents, serving(LineStickers()):
        line.takes_http = True
        contents.contents[recorded("image")["events"][0]["message"]["id"]] = ("image/png", a_picture("#b65")["buffer"])
        typed = {"Channel ID": CHANNEL_ID, "Channel secret": "f" * 32, "Channel access token": TOKEN}
        play.fill("LINE", typed, name="Fernway on LINE")
        play.submit()
        expect(play.page.locator(".field-error").first).to_contain_text("LINE answers: invalid client_secret")
        inbox = play.connect("LINE", {**typed, "Channel secret": SECRET}, name="Fernway on LINE")
        assert line.endpoint == f"{play.desk.url}/webhooks/line/{inbox.token}"

        brought(play, line, "text")
        play.open("Dana")
        brought(play, line, "image")
        brought(play, line, "location")
        play.sees_picture()
        play.sees("Fernway Cycles, Torstr. 1, Berlin")

        play.says("It **is** back: [look](https://shop.example/red)")
        play.says(files=[a_picture("#456")])
        assert line.sent[0]["text"] == "It is back: look https://shop.example/red"
        # LINE fetches pictures by https alone, which the desk of this test does not have.
        assert line.sent[1]["text"].startswith("wheel.png: http://")
        play.ticks("It is back", "Sent")

        offered(play, "Which colour?", ["Red", "Blue"])
        actions = line.sent[-1]["template"]["actions"]
        assert [action["label"] for action in actions] == ["Red", "Blue"]
        brought(play, line, "postback", postback={"data": actions[1]["data"]})
        play.sees("Pressed a button")

        line.instead.append(MONTHLY_LIMIT)
        play.says("Shall we keep one for you?")
        play.refused("You have reached your monthly limit.")
        play.pictures("line")
        play.tries_again()
        assert line.sent[-1]["text"] == "Shall we keep one for you?"
