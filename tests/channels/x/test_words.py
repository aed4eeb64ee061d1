"""What X's letters say: direct messages of every kind, and posts that are conversations or are none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.channels.base import Deleted, Echo, Edited, Inbound, Media, Person, Receipt, Unsupported
from tests.channels.x.conftest import said, saying, told

DANA = Person(
    "3001969357",
    "Dana Rider",
    avatar_url="https://pbs.twimg.com/profile_images/8515/cW4_400x400.jpg",
    attributes={
        "username": "dana_rides",
        "social_profiles": {"twitter": "dana_rides"},
        "description": "Two wheels",
        "location": "Boulder, CO",
    },
)
THEN = datetime.fromtimestamp(1793000000.557, UTC)
LINK = "https://x.com/dana_rides/status/2080765813578191303"


def one(name: str) -> Inbound:
    (fact,) = said(name)
    assert isinstance(fact, Inbound)
    return fact


def media(name: str) -> Media:
    (only,) = one(name).attachments
    assert isinstance(only, Media)
    return only


def test_a_direct_message_is_words_of_somebody_with_a_name_and_a_face() -> None:
    assert said("dm_text") == [
        Inbound("Is the Fern 3 back? <3", source_id="954491830116155396", attachments=[], provider_at=THEN, sender=DANA)
    ]


def test_short_addresses_are_written_out() -> None:
    assert one("dm_link").content == "Look https://home.example/bell"


def test_media_are_fetched_later_and_their_address_is_no_word() -> None:
    assert one("dm_photo").content == "My bell"
    photo = "https://ton.twitter.com/i/ton/data/dm/954491830116155395/1099/hVJQTwig.jpg"
    assert media("dm_photo") == Media({"url": photo}, "image", "hVJQTwig.jpg")
    assert media("dm_gif") == Media({"url": "https://video.twimg.com/dm_gif/1/wave.mp4"}, "video", "wave.mp4")
    best = "https://video.twimg.com/dm_video/1/vid/1280.mp4?tag=1"
    assert media("dm_video") == Media({"url": best}, "video", "1280.mp4")
    assert one("dm_video").content == ""


def test_a_choice_is_its_words_and_what_stands_behind_them() -> None:
    chosen = one("dm_quick_reply")
    assert (chosen.content, chosen.content_attributes) == ("Blue", {"payload": "blue"})


def test_a_shared_post_is_shown_where_it_is() -> None:
    assert one("dm_shared_post").content == "This one"
    place = "https://twitter.com/fernway/status/2080765813578191000"
    assert media("dm_shared_post") == Media(kind="share", external_url=place, title="A post on X")


def test_places_are_points_with_names_where_they_have_some() -> None:
    assert media("dm_location") == Media(kind="location", latitude=40.01, longitude=-105.27)
    assert media("dm_place") == Media(kind="location", latitude=40.5, longitude=-105.5, title="Boulder, CO")


def test_what_cannot_be_shown_is_named() -> None:
    assert said("dm_unknown") == [Unsupported("a voice of X", DANA, "954491830116155404", THEN)]


def test_an_encrypted_chat_is_told_of_though_nobody_here_can_read_it() -> None:
    (fact,) = said("activity_chat")
    assert isinstance(fact, Unsupported)
    assert "encrypted" in fact.what
    assert fact.sender == Person(DANA.source_id)
    assert fact.provider_at == THEN


def test_what_is_written_elsewhere_in_our_name_is_ours() -> None:
    assert said("dm_echo") == [Echo(DANA, "From the app", "954491830116155405", [], THEN)]


def test_read_is_all_direct_messages_until_then() -> None:
    at = datetime.fromtimestamp(1793000009.662, UTC)
    assert said("dm_read") == [Receipt("read", sender=DANA.source_id, up_to=at, at=at, thread="")]


@pytest.mark.parametrize(
    "name",
    ["dm_typing", "like", "follow", "block", "revoke", "repost", "own_post", "blocked_mention", "activity_follow"],
)
def test_what_is_no_word_to_us_says_nothing(name: str) -> None:
    assert said(name) == []


def test_a_mention_begins_a_conversation_with_the_post_it_is() -> None:
    post = one("mention")
    assert post.content == "the bell of my Fern 3 broke & rusts"
    assert post.source_id == "2080765813578191303"
    assert post.sender == DANA
    assert post.content_attributes == {"link": LINK}
    assert post.begun_with == {"type": "tweet", "tweet_id": "2080765813578191303", "tweet_url": LINK}


def test_the_thread_is_the_conversation_that_x_names_and_one_a_person_where_it_names_none() -> None:
    assert one("mention").thread == "tweet:any"
    answer = one("mention_in_thread")
    assert answer.thread == "tweet:2080765813578191303"
    assert answer.reply_to_source == "2080765813578191305"
    assert answer.content == "It still does https://home.example/bell"


def test_a_post_that_is_only_our_name_keeps_it() -> None:
    body = told("mention")
    body["tweet_create_events"][0]["text"] = "@fernway"
    (fact,) = saying(body)
    assert isinstance(fact, Inbound)
    assert fact.content == "@fernway"


def test_pictures_of_posts_are_for_everybody_and_long_posts_are_whole() -> None:
    assert one("mention_photo").content == "look"
    assert media("mention_photo") == Media({"url": "https://pbs.twimg.com/media/F1.jpg"}, "image", "F1.jpg")
    assert one("mention_long").content == ("It rusts. " * 40).strip()


def test_a_quote_is_a_conversation_with_what_it_quotes() -> None:
    assert one("quote").content == "They never answer"
    place = "https://x.com/fernway/status/2080765813578191000"
    assert media("quote") == Media(kind="share", external_url=place, title="A post on X")


def test_our_own_answers_stand_in_the_thread() -> None:
    (fact,) = said("own_answer")
    assert isinstance(fact, Echo)
    assert (fact.recipient.source_id, fact.recipient.name, fact.content) == (DANA.source_id, "dana_rides", "Oh no")
    assert fact.thread == "tweet:2080765813578191303"


def test_posts_are_edited_and_deleted() -> None:
    assert said("edited") == [Edited("2080765813578191303", "the bell of my Fern 4 broke")]
    assert said("deleted") == [Deleted("2080765813578191303")]


def test_posts_stay_outside_where_they_are_not_wanted() -> None:
    for name in ("mention", "quote", "own_answer", "deleted", "activity_mention"):
        assert said(name, {"tweets": False}) == []
    assert len(said("dm_text", {"tweets": False})) == 1


def test_the_newer_api_for_events_says_the_same() -> None:
    received = one("activity_dm_received")
    assert (received.content, received.sender and received.sender.name) == ("hello!", "Dana Rider")
    (sent,) = said("activity_dm_sent")
    assert isinstance(sent, Echo)
    mention = one("activity_mention")
    assert (mention.content, mention.thread) == ("hey, still broken", "tweet:2080765813578191303")
    assert mention.reply_to_source == "2080765813578191305"
    assert media("activity_mention") == Media({"url": "https://pbs.twimg.com/media/F7.jpg"}, "image", "F7.jpg")
    assert mention.provider_at == datetime(2026, 10, 26, 7, 33, 20, tzinfo=UTC)
    (ours,) = said("activity_post")
    assert isinstance(ours, Echo)
    assert (ours.recipient.name, ours.content) == ("Dana Rider", "We send one")
    assert said("activity_delete") == [Deleted("2080765813578191400")]


def test_hostile_fields_are_words_or_nothing() -> None:
    script = "<script>alert(1)</script>"
    body = told("dm_photo")
    event = body["direct_message_events"][0]["message_create"]["message_data"]
    event["text"] = script
    body["users"]["3001969357"].update(name=script, profile_image_url_https="javascript:alert(1)")
    for url in ("javascript:alert(1)", "file:///etc/passwd", "", 7, None):
        event["attachment"]["media"]["media_url_https"] = url
        event["attachment"]["media"]["media_url"] = url
        (fact,) = saying(body)
        assert isinstance(fact, Inbound)
        assert (fact.content, fact.attachments) == (script, [])
        assert fact.sender is not None
        assert (fact.sender.name, fact.sender.avatar_url) == (script, "")


@pytest.mark.parametrize("point", [[], [1], ["a", "b"], [1, 91], [181, 1], [True, False], [1e300, 1], [None, None]])
def test_no_place_is_nowhere(point: list[Any]) -> None:
    body = told("dm_location")
    location = body["direct_message_events"][0]["message_create"]["message_data"]["attachment"]["location"]
    location["shared_coordinate"]["coordinates"]["coordinates"] = point
    assert [type(fact) for fact in saying(body)] == [Unsupported]
