"""What goes out to TikTok: each kind as it takes it, and its refusals in its words."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from app.channels.base import DeliveryFailed, Envelope, File, Outbound, Person
from app.channels.tiktok.channel import TikTok
from tests.channels.tiktok.conftest import line
from tests.fakes.provider import Asked, Told, serving
from tests.fakes.tiktok import PICTURE_BYTES, TikTokStandIn, no

pytestmark = pytest.mark.usefixtures("context")
TALK = "u5JhpselBAhoPOln+H0tZ9y07kg=="
COLOURS = {"items": [{"title": "Blue", "value": "blue"}, {"title": "Racing green", "value": "g" * 60}]}


def out(text: str = "", **given: Any) -> Outbound:
    return Outbound(key="k", to=TALK, text=text, **given)


def a_picture(content: bytes = b"picture", content_type: str = "image/png") -> File:
    return File("wheel.png", content_type, len(content), "image", "https://desk.test/wheel", lambda: BytesIO(content))


def test_words_go_to_the_conversation_and_what_they_answer_is_quoted(tiktok: TikTokStandIn) -> None:
    sent = TikTok(line()).send(out("It is back.", reply_to="m-1"))
    assert sent.source_id == "out-1"
    assert tiktok.sent == [
        {
            "business_id": "open-id-of-fernway",
            "recipient_type": "CONVERSATION",
            "recipient": TALK,
            "message_type": "TEXT",
            "text": {"body": "It is back."},
            "referenced_message_info": {"referenced_message_id": "m-1"},
        }
    ]


def test_a_picture_is_uploaded_first_and_quotes_nothing(tiktok: TikTokStandIn) -> None:
    TikTok(line()).send(out(files=[a_picture()], reply_to="m-1"))
    assert tiktok.uploaded == {"media-0": b"picture"}
    assert tiktok.sent[0]["image"] == {"media_id": "media-0"}
    assert "referenced_message_info" not in tiktok.sent[0]


def test_a_picture_that_is_lost_on_its_way_leaves_no_doubt_about_the_message(context: Flask) -> None:
    class Torn(TikTokStandIn):
        def answer(self, asked: Asked) -> Told:
            return Told(hangs_up=True) if "upload" in asked.path else super().answer(asked)

    with serving(Torn()) as tiktok, pytest.raises(DeliveryFailed) as failed:
        TikTok(line()).send(out(files=[a_picture()]))
    assert (failed.value.permanent, failed.value.is_unsure) == (False, False)
    assert tiktok.sent == []


def test_a_picture_that_tiktok_does_not_take_goes_as_a_link(tiktok: TikTokStandIn) -> None:
    TikTok(line()).send(out(files=[a_picture(content_type="image/webp")]))
    assert tiktok.sent[0]["text"] == {"body": "wheel.png: https://desk.test/wheel"}


def test_a_picture_that_is_too_large_is_refused_in_its_words(tiktok: TikTokStandIn) -> None:
    with pytest.raises(DeliveryFailed, match="larger than 3MB") as failed:
        TikTok(line()).send(out(files=[a_picture(b"x" * (PICTURE_BYTES + 1))]))
    assert failed.value.permanent
    assert tiktok.sent == []


def test_a_short_question_is_a_card_with_buttons(tiktok: TikTokStandIn) -> None:
    TikTok(line()).send(out("Which colour?", content_type="input_select", content_attributes=COLOURS))
    assert tiktok.sent[0]["template"] == {
        "type": "QA_BUTTON_CARD",
        "title": "Which colour?",
        "buttons": [
            {"type": "REPLY", "title": "Blue", "id": "blue"},
            {"type": "REPLY", "title": "Racing green", "id": "g" * 40},
        ],
    }


def test_longer_choices_are_links_on_a_card_and_long_ones_numbered_words(tiktok: TikTokStandIn) -> None:
    for text, titles in (("Which?", ["A" * 30]), ("Which?", ["A" * 41]), ("W" * 41, ["A"]), ("Which?", list("ABCD"))):
        items = {"items": [{"title": title} for title in titles]}
        TikTok(line()).send(out(text, content_type="input_select", content_attributes=items))
    assert tiktok.sent[0]["template"]["type"] == "QA_LINK_CARD"
    assert [each["message_type"] for each in tiktok.sent[1:]] == ["TEXT"] * 3
    assert tiktok.sent[3]["text"]["body"] == "Which?\n1. A\n2. B\n3. C\n4. D"


def test_nothing_to_say_is_refused_at_once(tiktok: TikTokStandIn) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        TikTok(line()).send(out(" \0"))
    assert failed.value.permanent
    assert tiktok.asked == []


@pytest.mark.parametrize(
    ("told", "permanent", "unsure"),
    [
        (no(40064, "The message is blocked by the direct message rules."), True, False),
        (no(40064, "You are sending messages too fast. Take a rest."), False, False),
        (no(40100, "Too many requests."), False, False),
        (no(51065, "System error."), False, False),
        (no(40002, "recipient: Invalid."), True, False),
        (no(40105, "Access token is incorrect or has been revoked."), False, False),
        (Told(502, b"<html>"), False, False),
        (Told(200, b"<html>"), False, True),
        (Told(200, []), False, True),
        (Told(hangs_up=True), False, True),
    ],
)
def test_refusals_say_whether_to_try_again(tiktok: TikTokStandIn, told: Told, permanent: bool, unsure: bool) -> None:
    tiktok.instead.append(told)
    with pytest.raises(DeliveryFailed) as failed:
        TikTok(line()).send(out("It is back."))
    assert (failed.value.permanent, failed.value.is_unsure) == (permanent, unsure)
    assert failed.value.reason
    if isinstance(told.body, dict):
        assert failed.value.reason == f"[{told.body['code']}] {told.body['message']}"


def test_what_a_refusal_means_is_said_beside_it() -> None:
    assert "48 hours" in TikTok.explain("[40064] The message is blocked by the direct message rules.")
    assert TikTok.explain("[7] Odd") == TikTok.explain("Odd") == TikTok.explain("[x] Odd") == ""


def test_media_are_fetched_with_the_accounts_own_token(tiktok: TikTokStandIn) -> None:
    tiktok.media = {"img-1": ("image/jpeg", b"jpeg"), "public-1": ("image/webp", b"webp")}
    ref = {"media_id": "img-1", "media_type": "IMAGE", "conversation_id": TALK, "message_id": "m-1"}
    into = BytesIO()
    assert TikTok(line()).fetch(ref, None, into, 100) == "image/jpeg"
    assert into.getvalue() == b"jpeg"
    assert TikTok(line()).fetch({"url": f"{tiktok.url}/media/public-1"}, None, BytesIO(), 100) == "image/webp"


@pytest.mark.parametrize(
    "ref",
    [
        {"media_id": "gone", "media_type": "IMAGE", "conversation_id": TALK, "message_id": "m-1"},
        {"media_id": "large", "media_type": "IMAGE", "conversation_id": TALK, "message_id": "m-1"},
        {"url": "http://127.0.0.1:1/within"},
        {"url": "http://169.254.169.254/latest/meta-data"},
        {},
    ],
)
def test_media_that_are_gone_too_large_or_within_the_network_are_not_fetched(
    tiktok: TikTokStandIn, ref: dict[str, Any]
) -> None:
    tiktok.media = {"large": ("image/png", b"x" * 101)}
    with pytest.raises(DeliveryFailed) as failed:
        TikTok(line()).fetch(ref, Envelope("", "", ""), BytesIO(), 100)
    assert failed.value.permanent


def test_a_conversation_tells_who_is_in_it(tiktok: TikTokStandIn) -> None:
    tiktok.participants = [
        {"role": "BUSINESS_ACCOUNT", "id": "open-id-of-fernway", "display_name": "Fernway"},
        {"role": "PERSONAL_ACCOUNT", "id": "user-dana", "display_name": "Dana", "profile_image": "https://p16/d.jpeg"},
    ]
    assert TikTok(line()).profile(TALK) == Person(TALK, "Dana", avatar_url="https://p16/d.jpeg")
    assert tiktok.asked[0].query["conversation_id"] == TALK
    tiktok.participants = []
    assert TikTok(line()).profile(TALK) is None
