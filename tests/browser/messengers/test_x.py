"""X as people use it: a profile is connected, written to and mentioned, answered directly and in public, refused and sent again."""

from __future__ import annotations

import json
import time
from typing import Any

from playwright.sync_api import expect

from tests.browser.messengers.play import Play, a_picture
from tests.channels.x.conftest import told
from tests.fakes.provider import serving
from tests.fakes.x import CONSUMER, TOKEN, XStandIn, problem, signed

THREAD = "2080765813578191303"


def brought(play: Play, x: XStandIn, body: dict[str, Any]) -> None:
    """Happened just now, and delivered where the app's webhook is."""
    for name in ("direct_message_events", "direct_message_mark_read_events"):
        for event in body.get(name, []):
            event["created_timestamp"] = str(int(time.time() * 1000))
    for post in body.get("tweet_create_events", []):
        post["timestamp_ms"] = str(int(time.time() * 1000))
    raw = json.dumps(body).replace("https://pbs.twimg.com", f"{x.url}/public").encode()
    (webhook,) = x.webhooks.values()
    play.knock(webhook["url"], content=raw, headers=signed(raw))


def test_x_is_connected_written_to_and_answered(play: Play) -> None:
    with serving(XStandIn()) as x:
        x.tries_webhooks = True
        x.answers = {THREAD, "2080765813578191309"}
        picture = ("image/png", a_picture("#b65")["buffer"])
        photo = "/2/dm_conversations/media/954491830116155395/1099/hVJQTwig.jpg"
        x.files = {photo: picture, "/public/profile_images/8515/cW4_400x400.jpg": picture}
        typed = {
            "API key": CONSUMER[0],
            "API key secret": CONSUMER[1],
            "Access token": TOKEN[0],
            "Access token secret": "odd",
        }
        play.fill("X", typed, name="Fernway on X")
        play.submit()
        expect(play.page.locator(".field-error").first).to_contain_text("X says: Unauthorized")
        play.connect("X", {**typed, "Access token secret": TOKEN[1]}, name="Fernway on X")
        assert [each["valid"] for each in x.webhooks.values()] == [True]

        brought(play, x, told("dm_text"))
        play.open("Dana Rider")
        brought(play, x, told("dm_photo"))
        brought(play, x, told("dm_shared_post"))
        play.sees_picture()
        play.sees("A post on X")
        play.says("It **is** back. 🚲", files=[a_picture("#456")])
        assert x.messages == [{"text": "It is back. 🚲", "attachments": [{"media_id": "1"}], "to": "3001969357"}]
        brought(play, x, told("dm_read"))
        play.ticks("It is back", "Read")
        x.instead.append(problem(403, "Forbidden", "You do not have permission to DM one or more participants."))
        play.says("Shall we keep one for you?")
        play.refused("You do not have permission to DM one or more participants")
        play.pictures("x")
        play.tries_again()

        mention = told("mention")
        mention["tweet_create_events"][0]["conversation_id_str"] = THREAD
        brought(play, x, mention)
        play.open("Dana Rider")
        play.sees("the bell of my Fern 3 broke")
        play.sees("Public post on x.com")
        play.page.locator("#composer-text").fill("We send a new one. " * 20)
        expect(play.page.locator("[data-hint]")).to_have_text("Goes out as 2 messages")
        play.says("We send a new one. " * 20)
        assert [each["reply"]["in_reply_to_tweet_id"] for each in x.posts] == [THREAD, x.posts[0]["id"]]
        play.page.get_by_label("By direct message").check()
        play.says("Where do you live?")
        assert x.messages[-1] == {"text": "Where do you live?", "to": "3001969357"}
        expect(play.thread.locator(".message").last).to_contain_text("By direct message")
        brought(play, x, told("own_answer"))
        play.sees("Sent from another program")
        play.pictures("x-posts")
