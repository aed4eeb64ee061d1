"""What LINE tells: each kind of event says what it is, and what is odd or not for us says nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.channels.base import Deleted, Inbound, Knock, Media, Unsupported
from app.channels.line.channel import LineMessenger
from app.channels.line.events import facts_of, letters_of
from app.errors import NotAllowed
from tests.channels.contract.line import a_line, recorded
from tests.channels.line.conftest import HOOK, account, said
from tests.fakes.line import DANA, SECRET, signed


def inbound(name: str) -> Inbound:
    (only,) = said(name)
    assert isinstance(only, Inbound)
    return only


def media(name: str) -> Media:
    (only,) = inbound(name).attachments
    assert isinstance(only, Media)
    return only


def a_knock(told: Any, secret: str = SECRET, path: str = "token") -> Knock:
    body = json.dumps(told).encode()
    headers = {name.lower(): value for name, value in signed(body, secret).items()}
    return Knock("POST", path, HOOK, headers, {}, body)


def test_a_text_is_from_somebody_and_of_a_moment() -> None:
    text = inbound("text")
    assert (text.content, text.source_id) == ("Is the red one back? 🚲", "444325708073000")
    assert text.provider_at == datetime.fromtimestamp(1763800001, UTC)
    assert text.content_attributes == {"quote_token": "q3Plxr4AgKd-text"}
    assert text.sender
    assert (text.sender.source_id, text.sender.attributes["social_line_user_id"]) == (DANA, DANA)
    assert inbound("text_emoji").content == "Thank you (love)"
    assert inbound("text_quoting").reply_to_source == "468789532432007169"


def test_a_redelivery_is_the_same_letter() -> None:
    told = recorded("text")
    (first,) = letters_of("token", told)
    told["events"][0]["deliveryContext"]["isRedelivery"] = True
    (again,) = letters_of("token", told)
    assert (first.key, first.sender, first.address) == (again.key, DANA, "token")


@pytest.mark.parametrize(
    ("name", "kind", "ref", "filename"),
    [
        ("image", "image", {"message": "444325708073005", "kind": "image"}, "picture.jpg"),
        ("image_external", "image", {"url": "https://cdn.example/a.jpg"}, "picture.jpg"),
        ("video", "video", {"message": "444325708073008", "kind": "video"}, "video.mp4"),
        ("audio", "audio", {"message": "444325708073009", "kind": "audio"}, "audio.m4a"),
        ("file", "file", {"message": "444325708073010", "kind": "file"}, "invoice 17.pdf"),
        ("sticker", "image", {"sticker": "52002734"}, "sticker.png"),
    ],
)
def test_files_are_named_to_be_fetched(name: str, kind: str, ref: dict[str, str], filename: str) -> None:
    found = media(name)
    assert (found.kind, found.ref, found.filename) == (kind, ref, filename)


def test_stickers_places_and_sets_say_what_they_are() -> None:
    assert (media("sticker").title, media("sticker").meta) == ("cheers", {"is_sticker": True})
    assert inbound("sticker_words").content == "See you!"
    assert inbound("image_set").content_attributes["album"] == "E005D41A7288F41B655"
    place = media("location")
    assert (place.kind, place.latitude, place.title) == ("location", 52.520008, "Fernway Cycles, Torstr. 1, Berlin")


def test_a_button_says_its_words_and_its_payload() -> None:
    ours, foreign = inbound("postback"), inbound("postback_foreign")
    assert (ours.content, ours.content_attributes["payload"]) == ("Blue", "colour-blue")
    assert (foreign.content, foreign.content_attributes["payload"]) == (
        "storeId=12345 2026-12-25T01:00",
        "storeId=12345",
    )
    assert foreign.content_attributes["params"] == {"datetime": "2026-12-25T01:00"}


def test_what_is_taken_back_is_deleted() -> None:
    assert said("unsend") == [Deleted("444325708073000")]


@pytest.mark.parametrize("name", ["follow", "unfollow", "beacon", "video_seen", "trial"])
def test_what_nobody_said_is_no_message(name: str) -> None:
    assert said(name) == []


@pytest.mark.parametrize("name", ["group", "room"])
def test_groups_are_left_out_and_not_even_kept(name: str) -> None:
    (letter,) = letters_of("token", recorded(name))
    assert (letter.sender, list(letter.payload)) == ("", ["left_out"])
    assert said(name) == []


@pytest.mark.parametrize(("name", "what"), [("unknown", "a message of a new kind"), ("new_kind", "something new")])
def test_what_cannot_be_shown_is_named(name: str, what: str) -> None:
    (only,) = said(name)
    assert isinstance(only, Unsupported)
    assert only.what == what


def test_what_line_signed_for_this_account_is_believed() -> None:
    account().verify(a_knock(recorded("text")))
    account().verify(a_knock(recorded("trial")))


def test_nothing_else_is() -> None:
    told = recorded("text")
    good = a_knock(told)
    elsewhere = {**told, "destination": "U" + "e" * 32}
    for knock in (
        a_knock(told, "f" * 32),
        a_knock(elsewhere),
        replace(good, headers={}),
        replace(good, headers={"x-line-signature": ""}),
        replace(good, body=good.body.replace(b"red", b"blue")),
        a_knock([]),
        a_knock(None),
    ):
        with pytest.raises(NotAllowed):
            account().verify(knock)
    blank = LineMessenger(replace(a_line(), credentials={}))
    with pytest.raises(NotAllowed):
        blank.verify(a_knock(told, ""))


@pytest.mark.parametrize("told", [None, [], {}, {"events": 7}, {"events": None}])
def test_nonsense_is_no_letter(told: Any) -> None:
    assert letters_of("token", told) == ()
    assert letters_of("", recorded("text")) == ()


@pytest.mark.parametrize("value", [None, [], {}, "x", 7, True, 10**400, -1.5, [[]], [{}], {"id": {}}])
def test_each_part_may_be_odd(value: Any) -> None:
    for name in ("text", "image", "sticker", "location", "postback", "unsend"):
        event = recorded(name)["events"][0]
        for part in event:
            odd = {**event, part: value}
            for letter in letters_of("token", {"events": [odd]}):
                facts_of(letter.payload)
            if isinstance(event[part], dict):
                for inner in event[part]:
                    facts_of({**event, part: {**event[part], inner: value}})
