"""What Telegram tells: each kind of update says what it is, and what is odd or not for us says nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.channels.base import Deleted, Echo, Edited, Fact, Inbound, Media, Reaction, Unsupported
from app.channels.telegram.contents import spelled_out
from app.channels.telegram.updates import facts_of, letter_of, number_in
from tests.channels.telegram.conftest import recorded, said


def inbound(name: str) -> Inbound:
    (only,) = said(name)
    assert isinstance(only, Inbound)
    return only


def media(name: str) -> Media:
    (only,) = inbound(name).attachments
    assert isinstance(only, Media)
    return only


def test_a_text_is_from_somebody_and_of_a_moment() -> None:
    text = inbound("text")
    assert (text.content, text.source_id, text.thread) == ("Is the red one back? 🚲", "4711/31", "")
    assert text.provider_at == datetime.fromtimestamp(1763800031, UTC)
    assert text.sender
    assert (text.sender.source_id, text.sender.name, text.sender.locale) == ("4711", "Dana Okafor", "de")
    assert text.sender.attributes["social_telegram_user_name"] == "dana_rides"
    letter = letter_of("token", recorded("text"))
    assert letter
    assert (letter.address, letter.sender, letter.key) == ("token", "4711", "update-870000001")


def test_links_that_hide_behind_words_are_spelled_out() -> None:
    assert inbound("text_with_links").content == "👍 see our page (https://shop.example/red) and https://x.example"
    assert spelled_out("a", [{"type": "text_link", "url": "https://x.example", "offset": 5, "length": 9}]) == "a"


def test_the_word_behind_a_start_link_is_kept() -> None:
    start = inbound("start")
    assert start.content == "/start spring-sale"
    assert start.begun_with["referral"]["ref"] == start.content_attributes["referral"]["ref"] == "spring-sale"


@pytest.mark.parametrize(
    ("name", "kind", "file_id", "filename", "content_type"),
    [
        ("photo", "image", "AgADphotox", "photo.jpg", "image/jpeg"),
        ("album_photo", "image", "AgADphotoa", "photo.jpg", "image/jpeg"),
        ("sticker", "image", "AgADsticker", "sticker.webp", "image/webp"),
        ("sticker_animated", "image", "AgADtgsthumb", "sticker.webp", "image/webp"),
        ("animation", "video", "AgADgif", "ride.mp4", "video/mp4"),
        ("video", "video", "AgADvideo", "brake.mp4", "video/mp4"),
        ("video_note", "video", "AgADnote", "video-note.mp4", "video/mp4"),
        ("voice", "audio", "AgADvoice", "voice.ogg", "audio/ogg"),
        ("audio", "audio", "AgADaudio", "The Spokes – Freewheel.mp3", "audio/mpeg"),
        ("document", "file", "AgADpdf", "invoice 17.pdf", "application/pdf"),
    ],
)
def test_files_are_named_to_be_fetched(name: str, kind: str, file_id: str, filename: str, content_type: str) -> None:
    found = media(name)
    assert found.ref == {"file_id": file_id}
    assert (found.kind, found.filename, found.content_type) == (kind, filename, content_type)


def test_captions_are_words_and_albums_are_told() -> None:
    assert inbound("photo").content == "The scratch is here"
    assert inbound("album_photo").content_attributes["album"] == "13579"
    assert media("sticker").meta["is_sticker"]


def test_places_people_and_the_rest_can_be_read() -> None:
    assert (media("location").kind, media("location").latitude) == ("location", 52.520008)
    assert media("live_location").title == "Live location"
    assert media("venue").title == "Fernway Cycles, Torstr. 1, Berlin"
    assert (media("contact").title, media("contact").meta["phones"]) == ("Eli Okafor", ["+4915112345678"])
    assert inbound("dice").content == "🎯 6"
    assert inbound("poll").content == "📊 Which colour?\n- Red\n- Blue"
    assert media("story").external_url == "https://t.me/fernway/s/9"


@pytest.mark.parametrize(
    ("name", "what"),
    [("story_private", "a story"), ("giveaway", "a giveaway"), ("unknown", "a message of a new kind")],
)
def test_what_cannot_be_shown_is_named(name: str, what: str) -> None:
    (only,) = said(name)
    assert isinstance(only, Unsupported)
    assert only.what == what
    assert only.sender
    assert only.sender.source_id == "4711"


@pytest.mark.parametrize("name", ["pinned", "edited_live_location", "business_connection", "blocked", "business_by_us"])
def test_what_nobody_said_is_no_message(name: str) -> None:
    assert said(name) == []


@pytest.mark.parametrize("name", ["group", "channel_post"])
def test_groups_and_channels_are_left_out_and_not_even_kept(name: str) -> None:
    letter = letter_of("token", recorded(name))
    assert letter
    assert list(letter.payload) == ["left_out"]
    assert said(name) == []


def test_answers_forwards_and_stories_say_what_they_are_about() -> None:
    assert inbound("reply").reply_to_source == "4711/12"
    assert inbound("reply").content_attributes["quote"] == "Which"
    forwarded = inbound("forwarded").content_attributes
    assert (forwarded["is_forwarded"], forwarded["forwarded_from"]) == (True, "The Courier")
    assert inbound("reply_to_story").content_attributes["story"]["url"] == "https://t.me/fernway/s/9"


def test_a_button_says_its_words_and_sends_its_payload() -> None:
    pressed = inbound("callback_query")
    assert (pressed.content, pressed.content_attributes) == ("Blue", {"payload": "colour-blue"})
    assert pressed.reply_to_source == "4711/12"
    assert inbound("callback_query_old").content == "colour-blue"


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("edited", Edited("4711/31", "Is the blue one back?")),
        ("business_edited", Edited("AbCdEf-1/4711/61", "Do you have it?")),
        ("reaction", Reaction("4711/12", "4711", "👍")),
        ("reaction_custom", Reaction("4711/12", "4711", "✨")),
        ("reaction_taken_back", Reaction("4711/12", "4711", "")),
    ],
)
def test_edits_and_reactions(name: str, fact: Fact) -> None:
    assert said(name) == [fact]


def test_deletions_in_a_business_chat() -> None:
    assert said("business_deleted") == [Deleted("AbCdEf-1/4711/61"), Deleted("AbCdEf-1/4711/62")]


def test_a_business_chat_is_a_thread_of_its_own_and_its_owner_an_echo() -> None:
    asked = inbound("business_text")
    assert (asked.thread, asked.source_id) == ("AbCdEf-1", "AbCdEf-1/4711/61")
    (echo,) = said("business_owner")
    assert isinstance(echo, Echo)
    assert (echo.content, echo.thread, echo.recipient.source_id) == ("Yes, we do", "AbCdEf-1", "4711")


def test_numbers_are_found_in_names() -> None:
    assert [number_in(name) for name in ("4711/31", "AbCdEf-1/4711/62", "", "x", "pressed/9z", "9" * 30)] == [
        31,
        62,
        0,
        0,
        0,
        0,
    ]


@pytest.mark.parametrize(
    "update",
    [
        None,
        [],
        {},
        {"update_id": "7"},
        {"update_id": True, "message": {}},
        {"update_id": 10**40, "message": {"chat": {"id": 1}}},
        {"update_id": -1, "message": {"chat": {"id": 1}}},
    ],
)
def test_nonsense_is_no_letter(update: Any) -> None:
    assert letter_of("token", update) is None


@pytest.mark.parametrize("value", [None, [], {}, "x", 7, True, 10**400, -1.5, [[]], [{}], {"id": {}}])
def test_each_part_may_be_odd(value: Any) -> None:
    for name in ("photo", "venue", "callback_query", "reaction", "business_deleted", "forwarded", "text_with_links"):
        update = recorded(name)
        kind = next(key for key in update if key != "update_id")
        for part in update[kind]:
            odd = {**update, kind: {**update[kind], part: value}}
            letter = letter_of("token", odd)
            facts_of(letter.payload if letter else odd, bot="1")
