"""What TikTok posts: only what it signed just now is believed, and each kind says what it is."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
from flask import Flask

from app.channels.base import Echo, Inbound, Media, Person, Reaction, Receipt, Unsupported
from app.channels.tiktok.channel import TikTok
from app.errors import NotAllowed
from tests.channels.tiktok.conftest import PAYLOADS, a_knock, letter, line, recorded, said
from tests.fakes.tiktok import APP_SECRET, OPEN_ID, delivery, signed

DANA = Person(
    "u5JhpselBAhoPOln+H0tZ9y07kg==",
    "dana_rides",
    attributes={
        "username": "dana_rides",
        "tiktok_user_id": "user-dana",
        "social_profiles": {"tiktok": "dana_rides"},
    },
)
THEN = datetime.fromtimestamp(1793000000.123, UTC)


def test_a_signature_of_now_is_believed_and_every_other_is_not(context: Flask) -> None:
    body, channel = recorded("text"), TikTok(line())
    channel.verify(a_knock(body, signed(body)))
    for off in (-290, 290):
        channel.verify(a_knock(body, signed(body, at=time.time() + off)))
    good = signed(body)["Tiktok-Signature"]
    for headers in (
        {},
        signed(body + b" "),
        signed(body, secret="another"),
        signed(body, at=time.time() - 310),
        signed(body, at=time.time() + 310),
        {"Tiktok-Signature": good.replace("t=", "t=1")},
        {"Tiktok-Signature": good.split(",")[1]},
        {"Tiktok-Signature": "t=,s="},
        {"Tiktok-Signature": "t=²,s=00"},
        {"Tiktok-Signature": f"t={'9' * 400},s=00"},
    ):
        with pytest.raises(NotAllowed):
            channel.verify(a_knock(body, headers))


def test_the_parts_of_the_signature_may_come_in_any_order(context: Flask) -> None:
    body = recorded("text")
    at, mac = signed(body)["Tiktok-Signature"].split(",")
    TikTok(line()).verify(a_knock(body, {"Tiktok-Signature": f"{mac}, {at}"}))


def test_without_any_secret_nothing_is_believed(context: Flask) -> None:
    body = recorded("text")
    with pytest.raises(NotAllowed):
        TikTok(line(app_id="", app_secret="")).verify(a_knock(body, signed(body, secret="")))


def test_an_own_app_is_believed_by_its_own_secret_only(context: Flask) -> None:
    body, own = recorded("text"), TikTok(line(app_secret="own"))
    own.verify(a_knock(body, signed(body, secret="own")))
    with pytest.raises(NotAllowed):
        own.verify(a_knock(body, signed(body, secret=APP_SECRET)))


def test_a_repeat_is_the_same_letter_however_it_is_signed() -> None:
    first, second = (TikTok.sort(a_knock(recorded("text"), signed(recorded("text"), at=at))) for at in (1, 2))
    assert [each.key for each in first] == [each.key for each in second] == ["im_receive_msg:m-1"]
    assert first[0].address == OPEN_ID
    assert first[0].sender == DANA.source_id
    assert first[0].provider_at == THEN


def test_news_without_an_id_are_told_apart_by_what_they_say() -> None:
    keys = {letter(name).key for name in ("read", "referral", "referral_link", "europe", "comment")}
    assert len(keys) == 5


def test_words_are_said() -> None:
    assert said("text") == [
        Inbound("Is the Fern 3 back?", source_id="m-1", attachments=[], provider_at=THEN, sender=DANA)
    ]


def test_an_answer_names_what_it_answers() -> None:
    (fact,) = said("reply")
    assert isinstance(fact, Inbound)
    assert (fact.content, fact.reply_to_source) == ("That one", "out-1")


def test_a_button_pressed_is_its_words_and_what_stands_behind_them() -> None:
    (fact,) = said("button")
    assert isinstance(fact, Inbound)
    assert (fact.content, fact.content_attributes, fact.reply_to_source) == ("Blue", {"payload": "blue"}, "out-1")


@pytest.mark.parametrize(("name", "media_id"), [("image", "img-1"), ("video", "vid-1")])
def test_pictures_and_films_are_fetched_later(name: str, media_id: str) -> None:
    (fact,) = said(name)
    assert isinstance(fact, Inbound)
    (media,) = fact.attachments
    assert isinstance(media, Media)
    assert media.kind == name
    assert media.ref == {
        "media_id": media_id,
        "media_type": name.upper(),
        "conversation_id": DANA.source_id,
        "message_id": fact.source_id,
    }


@pytest.mark.parametrize("name", ["sticker", "emoji"])
def test_stickers_are_pictures(name: str) -> None:
    (fact,) = said(name)
    assert isinstance(fact, Inbound)
    (media,) = fact.attachments
    assert isinstance(media, Media)
    assert media.kind == "image"
    assert str((media.ref or {})["url"]).startswith("https://p16-sign-sg.tiktokcdn.com/")


def test_a_shared_post_is_shown_where_it_is() -> None:
    (fact,) = said("share_post")
    assert isinstance(fact, Inbound)
    address = "https://www.tiktok.com/player/v1/7400000000000000001"
    assert fact.attachments == [Media(kind="embed", external_url=address, title="A post on TikTok")]


def test_reactions_are_put_and_taken_back() -> None:
    assert said("reaction") == [
        Reaction("out-1", DANA.source_id, "👍"),
        Reaction("out-0", DANA.source_id, ""),
    ]
    assert said("ai_reaction") == [Reaction("out-1", DANA.source_id, "🖼️")]


def test_what_cannot_be_shown_is_named() -> None:
    assert said("other") == [Unsupported("a TikTok voice_note", DANA, "m-11", THEN)]


def test_what_colleagues_say_in_tiktoks_own_app_is_ours() -> None:
    assert said("echo") == [Echo(DANA, "From the app", "app-1", [], THEN)]
    (picture,) = said("echo_image")
    assert isinstance(picture, Echo)
    assert [media.kind for media in picture.attachments] == ["image"]
    (card,) = said("template")
    assert isinstance(card, Echo)
    assert card.content == "Which colour?\n• Blue\n• Red"
    (welcome,) = said("auto_message")
    assert isinstance(welcome, Echo)
    assert welcome.content == "Welcome!"


def test_read_is_all_until_then() -> None:
    until = datetime.fromtimestamp(1793000005, UTC)
    assert said("read") == [Receipt("read", sender=DANA.source_id, up_to=until, at=until)]


def test_who_comes_by_an_advertisement_comes_with_it() -> None:
    (ad,), (link,) = said("referral"), said("referral_link")
    assert isinstance(ad, Inbound)
    assert isinstance(link, Inbound)
    assert ad.is_odd
    assert ad.content_attributes["referral"] == {
        "source": "ad",
        "headline": "Spring sale",
        "url": "https://www.tiktok.com/player/v1/7400000000000000002",
        "id": "ad-1",
    }
    assert link.content_attributes["referral"] == {"source": "short_link", "ref": "shop-window"}


def test_what_comes_without_words_or_is_no_message_says_nothing() -> None:
    assert said("europe") == said("comment") == []


def test_markup_stays_words_and_addresses_of_no_web_are_none() -> None:
    hostile = "<script>alert(1)</script>"
    content = {"conversation_id": "c", "message_id": "m", "from": hostile, "type": "text", "text": {"body": hostile}}
    (one,) = TikTok.sort(a_knock(delivery("im_receive_msg", content)))
    (fact,) = TikTok(line()).parse(one)
    assert isinstance(fact, Inbound)
    assert fact.content == hostile
    for kind, within in (("share_post", {"embed_url": "javascript:alert(1)"}), ("sticker", {"url": "file:///etc"})):
        (one,) = TikTok.sort(a_knock(delivery("im_receive_msg", {**content, "type": kind, kind: within})))
        assert isinstance(TikTok(line()).parse(one)[0], Unsupported)


def test_odd_times_and_types_are_none() -> None:
    odd: tuple[object, ...] = ("x", -1, 10**30, float("inf"), None, [], "1793000000123")
    for timestamp in odd:
        content = {
            "conversation_id": "c",
            "message_id": "m",
            "timestamp": timestamp,
            "type": "text",
            "text": {"body": "a"},
        }
        (one,) = TikTok.sort(a_knock(delivery("im_receive_msg", content)))
        (fact,) = TikTok(line()).parse(one)
        assert isinstance(fact, Inbound)
        assert fact.provider_at in (None, THEN)
    for body in (b"", b"[]", b"7", b'{"event": 7}', b'{"user_openid": "x", "event": [], "content": "{"}'):
        assert TikTok.sort(a_knock(body)) == ()


def test_every_recorded_letter_is_understood() -> None:
    for path in PAYLOADS.glob("*.json"):
        assert json.loads(path.read_text())["user_openid"] == OPEN_ID
        said(path.stem)
