"""TikTok as people use it: an account is connected, written to, answered, refused and sent again."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import expect

from tests.browser.messengers.play import Play, a_picture
from tests.browser.messengers.test_telegram import offered
from tests.channels.tiktok.conftest import content_of
from tests.fakes.provider import serving
from tests.fakes.tiktok import APP_ID, APP_SECRET, TikTokStandIn, delivery, no, signed


def brought(play: Play, name: str, event: str = "im_receive_msg", **more: Any) -> None:
    """Happened just now."""
    body = delivery(event, {**content_of(name), "timestamp": now_ms(), **more})
    play.knock("/webhooks/tiktok", content=body, headers=signed(body))


def now_ms() -> int:
    return int(time.time() * 1000)


def test_tiktok_is_connected_written_to_and_answered(play: Play) -> None:
    with serving(TikTokStandIn()) as tiktok:
        tiktok.media = {"img-1": ("image/png", a_picture("#b65")["buffer"])}
        typed = {"App ID": APP_ID, "App secret": APP_SECRET, "Refresh token": "rft.odd"}
        play.fill("TikTok", typed, name="Fernway on TikTok")
        play.submit()
        expect(play.page.locator(".field-error").first).to_contain_text("The authorization is invalid or has expired")
        play.connect("TikTok", {**typed, "Refresh token": "rft.first"}, name="Fernway on TikTok")
        assert tiktok.webhook == f"{play.desk.url}/webhooks/tiktok"

        brought(play, "text")
        play.open("dana_rides")
        brought(play, "image")
        brought(play, "share_post")
        play.sees_picture()
        play.sees("A post on TikTok")

        play.says("It **is** back. 🚲")
        play.says(files=[a_picture("#456")])
        assert [each["message_type"] for each in tiktok.sent] == ["TEXT", "IMAGE"]
        assert tiktok.sent[0]["text"]["body"] == "It is back. 🚲"
        offered(play, "Which colour?", ["Blue", "Red"])
        assert [each["title"] for each in tiktok.sent[2]["template"]["buttons"]] == ["Blue", "Red"]
        pressed = {"reply_source_msg_id": "out-3", "reply_source_unique_id": "Blue"}
        brought(play, "button", reply_source_payload=pressed)
        play.sees("Pressed a button")
        brought(play, "read", "im_mark_read_msg", read={"last_read_timestamp": now_ms() + 60_000})
        play.ticks("It is back", "Read")
        brought(play, "reaction", reaction=[{**content_of("reaction")["reaction"][0], "original_msg_id": "out-1"}])
        play.sees("👍")

        tiktok.instead.append(no(40064, "The message is blocked by the direct message rules."))
        play.says("Shall we keep one for you?")
        play.refused("[40064] The message is blocked by the direct message rules")
        play.pictures("tiktok")
        play.tries_again()
        assert tiktok.sent[-1]["text"]["body"] == "Shall we keep one for you?"
