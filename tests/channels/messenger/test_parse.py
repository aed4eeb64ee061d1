"""What the deliveries of Messenger say, kind by kind, as its documentation records them."""

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
from app.channels.messenger import Messenger
from tests.channels.messenger.conftest import broken
from tests.fakes.messenger import APP_ID, DANA, PAGE_ID

PAYLOADS = Path(__file__).parents[2] / "payloads" / "messenger"
AT = datetime(2025, 11, 22, 22, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def context(parley: Flask) -> Iterator[None]:
    with parley.app_context():
        yield


def letters(body: Any) -> Sequence[Envelope]:
    return Messenger.sort(Knock("POST", "", "https://desk.test/", {}, {}, json.dumps(body).encode()))


def recorded(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def facts(name: str) -> list[Fact]:
    channel = Messenger(Line(PAGE_ID, credentials={"app_id": APP_ID}))
    return [fact for letter in letters(recorded(name)) for fact in channel.parse(letter)]


def said(name: str) -> Inbound:
    (fact,) = facts(name)
    assert isinstance(fact, Inbound)
    assert fact.sender
    assert (fact.sender.source_id, fact.provider_at) == (DANA, AT)
    return fact


def carried(name: str) -> Media:
    (media,) = said(name).attachments
    assert isinstance(media, Media)
    return media


def test_words_come_as_they_are_written() -> None:
    assert said("text").content == "Is the blue bell back?\nI asked in June."
    assert said("text").source_id == "m_text-kZ4Wq9T1fTq8oLumEyIp3Q2MR"


@pytest.mark.parametrize(
    ("name", "kind", "filename"),
    [
        ("image", "image", "468012345_n.jpg"),
        ("audio", "audio", "audioclip-1763848800000-4210.mp4"),
        ("video", "video", "ride.mp4"),
        ("file", "file", "Invoice 2041.pdf"),
    ],
)
def test_files_are_to_be_fetched(name: str, kind: str, filename: str) -> None:
    media = carried(name)
    assert (media.kind, media.filename) == (kind, filename)
    assert media.ref
    assert media.ref["url"].startswith("https://")


def test_several_pictures_are_one_message() -> None:
    assert said("album").content == "All three scratches"
    assert [each.kind for each in said("album").attachments] == ["image"] * 3


def test_a_place_is_on_the_map() -> None:
    place = carried("location")
    assert (place.kind, place.latitude, place.longitude) == ("location", 52.5200066, 13.404954)
    assert (place.title, place.external_url) == (
        "Dana's Location",
        "https://www.bing.com/maps/default.aspx?v=2",
    )


def test_links_have_their_title_and_lead_where_they_say() -> None:
    link = carried("fallback")
    assert (link.kind, link.title) == ("fallback", "TAHITI - Heaven on Earth")
    assert link.external_url == "https://youtu.be/bbo_fZAjIhg"
    assert carried("reel").kind == carried("post").kind == "share"
    assert carried("reel").title == "Bells we love"


def test_a_sticker_that_comes_twice_is_one_picture() -> None:
    sticker = carried("sticker")
    assert (sticker.kind, sticker.meta["is_sticker"]) == ("image", True)


def test_the_like_is_a_thumb() -> None:
    assert (said("like").content, said("like").attachments) == ("👍", [])


def test_products_and_appointments_can_be_read() -> None:
    product = carried("products")
    assert (product.title, product.meta["product_id"]) == ("Brass bell · €24", "4012")
    assert said("appointment").content == "Appointment requested 15 Feb 2025, 01:40–02:40 (America/Los_Angeles)"


def test_presses_bring_what_stands_behind_them() -> None:
    for name, title, payload in (
        ("quick_reply", "Blue", "colour:blue"),
        ("menu", "Where is my order?", "order:status"),
        ("get_started", "Get Started", "GET_STARTED"),
    ):
        assert (said(name).content, said(name).content_attributes["payload"]) == (title, payload)
    assert said("menu").source_id == "m_menu-kZ4Wq9T1fTq8"


def test_an_answer_names_what_it_answers() -> None:
    assert said("reply").reply_to_source == "m_out_1"


def test_where_they_come_from_is_told() -> None:
    ad = said("ad").content_attributes["referral"]
    assert (ad["source"], ad["headline"], ad["ref"]) == ("ADS", "Ridge 2: the autumn bike", "autumn")
    assert ad["image_url"].endswith("ad.jpg")
    assert said("shop").content_attributes["referral"] == {"source": "product", "product_id": "4012"}
    assert said("get_started").content_attributes["referral"]["ref"] == "flyer-7"


def test_coming_back_by_a_link_is_told_though_nothing_is_said() -> None:
    came = said("referral")
    assert (came.content, came.is_odd) == ("", True)
    assert came.content_attributes["referral"]["url"] == "https://m.me/fernway?ref=flyer-7"


def test_news_of_messages_there_are() -> None:
    mid = "m_text-kZ4Wq9T1fTq8oLumEyIp3Q2MR"
    assert facts("reaction") == [Reaction("m_out_1", DANA, "❤️")]
    assert facts("reaction_back") == [Reaction("m_out_1", DANA, "")]
    assert facts("edit") == [Edited(mid, "Is the blue bell back? I asked in July.")]
    assert facts("unsent") == [Deleted(mid)]


def test_receipts_name_messages_or_a_moment() -> None:
    until = datetime(2025, 11, 22, 21, 59, 59, tzinfo=UTC)
    assert facts("delivery") == [
        Receipt("delivered", "m_out_1", at=AT),
        Receipt("delivered", "m_out_2", at=AT),
    ]
    assert facts("delivery_watermark") == [Receipt("delivered", sender=DANA, up_to=until, at=until)]
    (read,) = facts("read")
    assert isinstance(read, Receipt)
    assert (read.status, read.sender, read.up_to) == ("read", DANA, datetime(2025, 11, 22, 21, 59, 59, 500000, UTC))


def test_what_others_said_for_the_page_is_told_and_our_own_is_not() -> None:
    (echo,) = facts("echo_inbox")
    assert isinstance(echo, Echo)
    assert (echo.recipient.source_id, echo.content) == (DANA, "We have it back, Dana.")
    (picture,) = facts("echo_image")
    assert isinstance(picture, Echo)
    assert [each.kind for each in picture.attachments] == ["image"]
    (cards,) = facts("echo_template")
    assert isinstance(cards, Echo)
    assert cards.content == "Anything else?\n[Our shop]"
    assert facts("echo_ours") == []


def test_what_is_said_while_a_bot_has_the_thread_is_heard() -> None:
    assert said("standby").content == "A bot was asked this"


@pytest.mark.parametrize("name", ["unsupported", "fallback_empty"])
def test_what_cannot_be_shown_says_so(name: str) -> None:
    (fact,) = facts(name)
    assert isinstance(fact, Unsupported)
    assert fact.what


@pytest.mark.parametrize("name", ["pass_thread_control", "app_roles", "account_linking", "optin", "feed"])
def test_what_is_no_message_is_left_alone(name: str) -> None:
    assert facts(name) == []


def test_a_delivery_for_several_people_and_pages_is_taken_apart() -> None:
    found = [(letter.address, letter.sender) for letter in letters(recorded("batch"))]
    assert found == [
        (PAGE_ID, DANA),
        (PAGE_ID, DANA),
        (PAGE_ID, "9000000000000001"),
        ("222222222222222", DANA),
    ]


def test_a_repeat_has_the_same_key_and_nothing_else_has() -> None:
    names = sorted(path.stem for path in PAYLOADS.glob("*.json"))
    keys = [letter.key for name in names for letter in letters(recorded(name))]
    assert keys == [letter.key for name in names for letter in letters(recorded(name))]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    "odd",
    [
        {"mid": ["m"], "text": {"a": 1}, "attachments": {"type": "image"}},
        {"mid": "m_1", "attachments": [None, 7, {"type": None}, {"type": "image", "payload": {"url": 5}}]},
        {"mid": "m_1", "attachments": [{"type": "location", "payload": {"coordinates": {"lat": 1e999, "long": "x"}}}]},
        {"mid": "m_1", "attachments": [{"type": "image", "payload": {"url": "javascript:alert(1)"}}]},
        {"mid": "m_1", "attachments": [{"type": "appointment_booking", "payload": {"start_time": 1e300}}]},
        {"mid": "m_1", "attachments": [{"type": "appointment_booking", "payload": {"timezone": "../../etc"}}]},
    ],
)
def test_odd_messages_are_told_as_something_that_cannot_be_shown(odd: dict[str, Any]) -> None:
    event = {"sender": {"id": DANA}, "recipient": {"id": PAGE_ID}, "timestamp": "soon", "message": odd}
    (letter,) = letters({"object": "page", "entry": [{"id": PAGE_ID, "messaging": [event]}]})
    (fact,) = Messenger(Line(PAGE_ID)).parse(letter)
    assert isinstance(fact, Unsupported) or not fact.attachments  # type: ignore[union-attr]  # an Inbound
    assert letter.provider_at is None


def test_markup_stays_words() -> None:
    event = {
        "sender": {"id": DANA},
        "recipient": {"id": PAGE_ID},
        "message": {"mid": "m_1", "text": "<script>alert(1)</script>"},
    }
    (letter,) = letters({"object": "page", "entry": [{"id": PAGE_ID, "messaging": [event]}]})
    (fact,) = Messenger(Line(PAGE_ID)).parse(letter)
    assert isinstance(fact, Inbound)
    assert fact.content == "<script>alert(1)</script>"


def test_what_a_colleague_puts_to_a_message_in_metas_inbox_is_not_the_customers() -> None:
    event = {
        "sender": {"id": PAGE_ID},
        "recipient": {"id": DANA},
        "reaction": {"mid": "m_1", "action": "react", "emoji": "❤️"},
    }
    (letter,) = letters({"object": "page", "entry": [{"id": PAGE_ID, "messaging": [event]}]})
    assert not Messenger(Line(PAGE_ID)).parse(letter)


def test_whoever_writes_to_themselves_is_not_heard() -> None:
    event = {"sender": {"id": PAGE_ID}, "recipient": {"id": PAGE_ID}, "message": {"mid": "m_1", "text": "A try"}}
    assert not letters({"object": "page", "entry": [{"id": PAGE_ID, "messaging": [event]}]})


def test_no_recorded_delivery_can_be_broken_so_that_it_raises() -> None:
    dice, bodies = random.Random(7), [recorded(path.stem) for path in sorted(PAYLOADS.glob("*.json"))]
    channel = Messenger(Line(PAGE_ID))
    for _ in range(1500):
        for letter in letters(broken(dice.choice(bodies), dice)):
            for fact in channel.parse(letter):
                assert isinstance(fact, Fact)
