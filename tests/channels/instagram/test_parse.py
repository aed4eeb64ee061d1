"""What the deliveries of Instagram say, kind by kind, as its documentation records them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.channels.base import (
    Deleted,
    Echo,
    Edited,
    Envelope,
    Fact,
    Inbound,
    Knock,
    Line,
    Media,
    Reaction,
    Receipt,
    Unsupported,
)
from app.channels.instagram.channel import Instagram
from tests.channels.messenger.conftest import broken
from tests.fakes.instagram import GRETA
from tests.fakes.messenger import INSTAGRAM_ID

PAYLOADS = Path(__file__).parents[2] / "payloads" / "instagram"
AT = datetime(2025, 11, 22, 22, 0, tzinfo=UTC)
MID = "aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQx"


@pytest.fixture(autouse=True)
def context(parley: Flask) -> Iterator[None]:
    with parley.app_context():
        yield


def letters(name: str) -> Sequence[Envelope]:
    body = (PAYLOADS / f"{name}.json").read_bytes()
    return Instagram.sort(Knock("POST", "", "https://desk.test/", {}, {}, body))


def facts(name: str) -> list[Fact]:
    channel = Instagram(Line(INSTAGRAM_ID))
    return [fact for letter in letters(name) for fact in channel.parse(letter)]


def said(name: str) -> Inbound:
    (fact,) = facts(name)
    assert isinstance(fact, Inbound)
    assert fact.sender
    assert (fact.sender.source_id, fact.provider_at) == (GRETA, AT)
    return fact


def carried(name: str) -> Media:
    (media,) = said(name).attachments
    assert isinstance(media, Media)
    return media


def story(name: str) -> Any:
    return said(name).content_attributes["story"]


def test_words_come_as_they_are_written() -> None:
    assert (said("text").content, said("text").source_id) == ("Do you ship to Norway? 🚲", f"{MID}Text")
    assert said("changes").content == "As a change"
    assert said("standby").content == "A bot was asked this"


@pytest.mark.parametrize(
    ("name", "kind"), [("image", "image"), ("video", "video"), ("voice", "audio"), ("file", "file")]
)
def test_files_are_to_be_fetched(name: str, kind: str) -> None:
    assert carried(name).kind == kind
    assert carried(name).ref


def test_what_is_shared_is_a_link() -> None:
    assert carried("share").kind == "share"
    assert (carried("ig_post").kind, carried("ig_post").title) == ("ig_post", "New bells are in")
    assert (carried("ig_reel").kind, carried("ig_reel").title) == ("ig_reel", "Bells we love")
    assert (carried("fallback").title, carried("fallback").external_url) == (
        "Example article",
        "https://example.com/article",
    )


def test_a_story_that_mentions_us_comes_with_its_picture() -> None:
    assert carried("story_mention").kind == "story_mention"
    assert story("story_mention")["sender"] == GRETA
    assert story("story_mention")["kind"] == "mention"
    assert carried("ig_story").kind == "ig_story"
    assert story("ig_story")["id"] == "18012345678901234"


def test_an_answer_to_our_story_names_it() -> None:
    assert said("story_reply").content == "Love this!"
    assert carried("story_reply").kind == "story_reply"
    assert story("story_reply") == {
        "kind": "reply",
        "sender": INSTAGRAM_ID,
        "id": "17858893269000001",
        "url": "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=180&signature=Abq",
    }


def test_a_story_that_is_gone_has_no_address() -> None:
    for name in ("story_mention_gone", "story_reply_gone"):
        assert story(name)["url"] == ""
        assert not said(name).attachments


@pytest.mark.parametrize("name", ["ephemeral", "unsupported_type", "unsupported", "share_private"])
def test_what_cannot_be_shown_says_so(name: str) -> None:
    (fact,) = facts(name)
    assert isinstance(fact, Unsupported)
    assert fact.source_id


def test_presses_and_answers_and_where_they_come_from() -> None:
    assert said("quick_reply").content_attributes == {"payload": "ship:yes"}
    assert (said("icebreaker").content, said("icebreaker").content_attributes["payload"]) == (
        "Track my order",
        "order:track",
    )
    assert said("reply").reply_to_source == "m_out_1"
    assert said("ad").content_attributes["referral"]["headline"] == "Autumn sale"
    assert said("product").content_attributes["referral"]["product_id"] == "4012"
    assert said("referral").content_attributes["referral"]["ref"] == "flyer-7"


def test_news_of_messages_there_are() -> None:
    assert facts("reaction") == [Reaction("m_out_1", GRETA, "❤️")]
    assert facts("reaction_back") == [Reaction("m_out_1", GRETA, "")]
    assert facts("unsent") == [Deleted(f"{MID}Text")]
    assert facts("echo_self_deleted") == [Deleted(f"{MID}Echo")]
    assert facts("edit") == [Edited(f"{MID}Text", "Do you ship to Sweden?")]
    # A new message is told as edited no times, too.
    assert facts("edit_nameless") == []


def test_what_was_seen_last_and_all_before_it_is_read() -> None:
    assert facts("seen") == [
        Receipt("read", sender=GRETA, up_to=AT, at=AT),
        Receipt("read", "m_out_1", at=AT),
    ]


def test_what_was_said_in_the_app_itself_is_told() -> None:
    (echo,) = facts("echo")
    assert isinstance(echo, Echo)
    assert (echo.recipient.source_id, echo.content) == (GRETA, "We do, from next week.")


@pytest.mark.parametrize("name", ["comment", "optin"])
def test_what_is_no_message_is_left_alone(name: str) -> None:
    assert facts(name) == []


def test_every_letter_has_a_key_of_its_own() -> None:
    keys = [letter.key for path in sorted(PAYLOADS.glob("*.json")) for letter in letters(path.stem)]
    assert len(keys) == len(set(keys))


def test_a_page_is_no_account() -> None:
    body = json.dumps({"object": "page", "entry": [{"id": INSTAGRAM_ID, "messaging": []}]}).encode()
    assert not Instagram.sort(Knock("POST", "", "https://desk.test/", {}, {}, body))


def test_no_recorded_delivery_can_be_broken_so_that_it_raises() -> None:
    dice = random.Random(11)
    bodies = [json.loads(path.read_text()) for path in sorted(PAYLOADS.glob("*.json"))]
    channel = Instagram(Line(INSTAGRAM_ID))
    for _ in range(1500):
        body = json.dumps(broken(dice.choice(bodies), dice)).encode()
        for letter in Instagram.sort(Knock("POST", "", "https://desk.test/", {}, {}, body)):
            for fact in channel.parse(letter):
                assert isinstance(fact, Fact)
