"""What goes out to X: direct messages and posts within its limits, media in pieces, refusals in its words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from app.channels.base import DeliveryFailed, File, Outbound
from app.channels.x import weighted
from app.channels.x.channel import XProfile
from tests.channels.x.conftest import line
from tests.fakes.provider import Asked, Told, serving
from tests.fakes.x import XStandIn, patience, problem

pytestmark = pytest.mark.usefixtures("context")
DANA, THREAD = "3001969357", "tweet:2080765813578191303"
POST = "2080765813578191303"


@pytest.fixture
def public(x: XStandIn) -> XStandIn:
    x.answers = {POST}
    return x


def out(text: str = "", **given: Any) -> Outbound:
    return Outbound(key="k", to=DANA, text=text, **given)


def answer(text: str = "", **given: Any) -> Outbound:
    return out(text, thread=THREAD, **{"follows": POST, **given})


def a_file(content_type: str = "image/png", content: bytes = b"picture") -> File:
    kind = content_type.partition("/")[0]
    kind = kind if kind in ("image", "video") else "file"
    return File("wheel.bin", content_type, len(content), kind, "https://desk.test/wheel", lambda: BytesIO(content))


def gone(channel: XProfile, sends: Sequence[Outbound]) -> None:
    """As the core does: each follows the one before."""
    follows = ""
    for each in XProfile.arranged(sends):
        given = {**vars(each), **({"follows": follows} if follows else {})}
        follows = channel.send(Outbound(**given)).source_id


def test_words_go_as_a_direct_message(x: XStandIn) -> None:
    sent = XProfile(line()).send(out("It is back.\n\nIn blue, too."))
    assert sent.source_id == "1990000000000000001"
    assert x.messages == [{"text": "It is back.\n\nIn blue, too.", "to": DANA}]


def test_a_consent_is_as_good_as_keys(x: XStandIn) -> None:
    XProfile(line(bearer_token="bearer.first")).send(out("It is back."))
    assert x.asked[0].headers["authorization"] == "Bearer bearer.first"
    with pytest.raises(DeliveryFailed) as failed:
        XProfile(line(bearer_token="bearer.ended")).send(out("It is back."))
    # It is renewed with the next probe, and then it goes.
    assert not failed.value.permanent


def test_a_picture_goes_with_the_words_of_a_direct_message(x: XStandIn) -> None:
    gone(XProfile(line()), [out("Look"), out(files=[a_file()]), out(files=[a_file("image/gif")])])
    assert x.messages == [
        {"text": "Look", "attachments": [{"media_id": "1"}], "to": DANA},
        {"attachments": [{"media_id": "2"}], "to": DANA},
    ]
    assert [(each["category"], each["content"]) for each in x.media.values()] == [
        ("dm_image", b"picture"),
        ("dm_gif", b"picture"),
    ]


def test_large_files_go_in_pieces_and_films_are_waited_for(x: XStandIn) -> None:
    content = bytes(range(256)) * 40_000
    x.working["dm_video"] = [
        {"state": "pending", "check_after_secs": 0},
        {"state": "in_progress", "check_after_secs": 0, "progress_percent": 50},
        {"state": "succeeded"},
    ]
    XProfile(line()).send(out("Look", files=[a_file("video/mp4", content)]))
    assert x.media["1"]["content"] == content
    assert x.media["1"]["pieces"] == 3
    assert x.messages[0]["attachments"] == [{"media_id": "1"}]


def test_a_film_that_x_cannot_read_is_refused_in_its_words(x: XStandIn) -> None:
    x.working["dm_video"] = [{"state": "failed", "error": {"code": 1, "message": "InvalidMedia: duration too long"}}]
    with pytest.raises(DeliveryFailed, match="InvalidMedia: duration too long") as failed:
        XProfile(line()).send(out(files=[a_file("video/mp4")]))
    assert failed.value.permanent


def test_a_film_that_takes_long_is_tried_again_later(x: XStandIn) -> None:
    x.working["dm_video"] = [{"state": "pending", "check_after_secs": 600}]
    with pytest.raises(DeliveryFailed) as failed:
        XProfile(line()).send(out(files=[a_file("video/mp4")]))
    assert (failed.value.permanent, failed.value.is_unsure, failed.value.retry_after) == (False, False, 600)


def test_a_file_that_is_lost_on_its_way_leaves_no_doubt_about_the_message(context: Flask) -> None:
    class Torn(XStandIn):
        def answer(self, asked: Asked) -> Told:
            return Told(hangs_up=True) if asked.path.endswith("/append") else super().answer(asked)

    with serving(Torn()) as x, pytest.raises(DeliveryFailed) as failed:
        XProfile(line()).send(out("Look", files=[a_file()]))
    assert (failed.value.permanent, failed.value.is_unsure) == (False, False)
    assert x.messages == []


def test_what_x_does_not_take_goes_as_a_link(x: XStandIn) -> None:
    large = File("long.mov", "video/mp4", 513 * 1024 * 1024, "video", "https://desk.test/long", lambda: BytesIO(b""))
    gone(XProfile(line()), [out("See"), out(files=[a_file("image/tiff")]), out(files=[large])])
    assert x.messages == [
        {"text": "See\n\nwheel.bin: https://desk.test/wheel\nlong.mov: https://desk.test/long", "to": DANA}
    ]


def test_an_answer_in_a_thread_is_a_post_below_their_newest(public: XStandIn) -> None:
    sent = XProfile(line()).send(answer("We send a new one."))
    assert sent.source_id == public.posts[0]["id"]
    assert public.posts[0]["reply"] == {"in_reply_to_tweet_id": POST}
    assert public.posts[0]["text"] == "We send a new one."


def test_an_answer_to_a_certain_post_stands_below_that_one(public: XStandIn) -> None:
    public.answers.add("7")
    XProfile(line()).send(answer("That one", reply_to="7"))
    assert public.posts[0]["reply"] == {"in_reply_to_tweet_id": "7"}


def test_a_long_answer_is_several_posts_each_below_the_other_with_the_picture_in_the_last(public: XStandIn) -> None:
    text = "We are sorry about your bell. " * 12
    gone(XProfile(line()), [answer(text, reply_to=POST), answer(files=[a_file()])])
    first, second = public.posts
    assert f"{first['text']} {second['text']}" == text.strip()
    assert second["reply"] == {"in_reply_to_tweet_id": first["id"]}
    assert "media" not in first
    assert second["media"] == {"media_ids": ["1"]}
    assert public.media["1"]["category"] == "tweet_image"


def test_four_pictures_fit_a_post_and_films_stand_alone(public: XStandIn) -> None:
    files = [a_file(), a_file(), a_file("video/mp4"), *[a_file()] * 5]
    gone(XProfile(line()), [answer("Look"), *[answer(files=[each]) for each in files]])
    assert [len(each["media"]["media_ids"]) for each in public.posts] == [2, 1, 4, 1]


def test_who_answers_a_post_by_direct_message_posts_nothing(public: XStandIn) -> None:
    XProfile(line()).send(answer("Where do you live?", content_attributes={"as_dm": True}))
    assert public.posts == []
    assert public.messages == [{"text": "Where do you live?", "to": DANA}]


def test_choices_are_numbered(x: XStandIn) -> None:
    items = {"items": [{"title": "Blue", "value": "b"}, {"title": "Red"}]}
    gone(XProfile(line()), [out("Which colour?", content_type="input_select", content_attributes=items)])
    assert x.messages[0]["text"] == "Which colour?\n1. Blue\n2. Red"


@pytest.mark.parametrize("outbound", [out(" \0"), out(), answer("Hello", follows=""), Outbound("k", "../me", "Hello")])
def test_what_goes_nowhere_is_refused_at_once(x: XStandIn, outbound: Outbound) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        XProfile(line()).send(outbound)
    assert failed.value.permanent
    assert x.asked == []


def test_nothing_at_all_is_one_send(x: XStandIn) -> None:
    assert list(XProfile.arranged([answer("")])) == [answer("")]
    assert XProfile.arranged([]) == []


def test_a_thread_that_nobody_went_on_with_is_answered_where_it_began(public: XStandIn) -> None:
    XProfile(line()).send(answer("Hello", follows="", context={"tweet_id": POST}))
    assert public.posts[0]["reply"] == {"in_reply_to_tweet_id": POST}


def test_odd_letters_do_not_stop_a_message(x: XStandIn) -> None:
    XProfile(line()).send(out("a\ud83db\0c"))
    assert x.messages[0]["text"] == "a?bc"


@pytest.mark.parametrize(
    ("told", "permanent", "unsure", "words"),
    [
        (
            problem(403, "Forbidden", "You do not have permission to DM one or more participants."),
            True,
            False,
            "blocked",
        ),
        (
            problem(403, "Forbidden", "You are not allowed to create a Tweet with duplicate content."),
            True,
            False,
            "once",
        ),
        (
            problem(402, "CreditsDepleted", "Your enrolled account [1] does not have any credits. (CreditsDepleted)"),
            True,
            False,
            "credits",
        ),
        (Told(403, {"errors": [{"code": 349, "message": "You cannot send messages to this user."}]}), True, False, ""),
        (problem(401, "Unauthorized", "Unauthorized"), False, False, ""),
        (problem(503, "Service Unavailable", "Service Unavailable"), False, False, ""),
        (Told(201, b"<html>"), False, True, ""),
        (Told(hangs_up=True), False, True, ""),
    ],
)
def test_refusals_say_whether_to_try_again_and_what_to_do(
    x: XStandIn, told: Told, permanent: bool, unsure: bool, words: str
) -> None:
    x.instead.append(told)
    with pytest.raises(DeliveryFailed) as failed:
        XProfile(line()).send(out("It is back."))
    assert (failed.value.permanent, failed.value.is_unsure) == (permanent, unsure)
    assert words in XProfile.explain(failed.value.reason)
    if isinstance(told.body, dict):
        assert failed.value.reason in str(told.body)


def test_the_same_words_twice_are_refused_by_x(public: XStandIn) -> None:
    XProfile(line()).send(answer("Thank you!"))
    with pytest.raises(DeliveryFailed, match="duplicate content") as failed:
        XProfile(line()).send(answer("Thank you!"))
    assert failed.value.permanent


def test_patience_lasts_until_the_limit_is_lifted_by_xs_clock(x: XStandIn) -> None:
    day = {"x-user-limit-24hour-remaining": "0", "x-user-limit-24hour-reset": "1793003600"}
    date = {"date": "Mon, 26 Oct 2026 07:33:20 GMT", "x-rate-limit-reset": "1793000060"}
    cases: list[tuple[Callable[[Asked], Told | None] | Told, float | None]] = [
        (patience(7), 7),
        (Told(429, b"", date), 60),
        (Told(429, b"", {**date, **day}), 3600),
        (Told(429, b"", {**date, "x-rate-limit-reset": "1792999999"}), 1),
        (Told(429, b"", {**date, "x-rate-limit-reset": "9" * 11}), 24 * 3600),
        (Told(429, b"", {"x-rate-limit-reset": "odd"}), None),
    ]
    for told, seconds in cases:
        x.instead.append(told)
        with pytest.raises(DeliveryFailed) as failed:
            XProfile(line()).send(out("It is back."))
        assert (failed.value.permanent, failed.value.retry_after) == (False, seconds)


def test_media_of_direct_messages_are_fetched_as_the_profile(x: XStandIn) -> None:
    x.files = {
        "/2/dm_conversations/media/9/8/photo.jpg": ("image/jpeg", b"jpeg"),
        "/public/film.mp4": ("video/mp4", b"film"),
    }
    into = BytesIO()
    for form in (
        "https://ton.twitter.com/i/ton/data/dm/9/8/photo.jpg",
        "https://ton.twitter.com/1.1/ton/data/dm/9/8/photo.jpg",
    ):
        assert XProfile(line()).fetch({"url": form}, None, into, 100) == "image/jpeg"
    assert into.getvalue() == b"jpeg" * 2
    assert x.asked[0].headers["authorization"].startswith("OAuth ")
    XProfile(line()).fetch({"url": f"{x.url}/public/film.mp4"}, None, BytesIO(), 100)
    assert "authorization" not in x.asked[-1].headers


@pytest.mark.parametrize(
    "url",
    [
        "https://ton.twitter.com/i/ton/data/dm/9/8/gone.jpg",
        "https://ton.twitter.com/i/ton/data/dm/9/8/large.jpg",
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:1/ton/data/dm/9/8/photo.jpg",
        "javascript:alert(1)",
        "",
    ],
)
def test_media_that_are_gone_too_large_or_within_the_network_are_not_fetched(x: XStandIn, url: str) -> None:
    x.files = {"/2/dm_conversations/media/9/8/large.jpg": ("image/jpeg", b"x" * 101)}
    with pytest.raises(DeliveryFailed) as failed:
        XProfile(line()).fetch({"url": url}, None, BytesIO(), 100)
    assert failed.value.permanent


# https://github.com/twitter/twitter-text/blob/master/conformance/validate.yml: what X counts.
@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("This is a test.", 15),
        ("https://fernway.example/a/very/long/address/that/goes/on", 23),
        ("Read http://x.co and go", 5 + 23 + 7),
        ("日本語", 6),
        ("é", 1),
        ("e\u0301", 1),
        ("👩🏽‍🚒", 2),
        ("👨‍👩‍👧‍👦 family", 9),
        ("🇩🇪🇫🇷", 4),
        ("1️⃣", 2),
        ("❤️", 2),
        ("”“…–", 5),
        ("→", 2),
    ],
)
def test_letters_count_as_x_counts_them(text: str, counted: int) -> None:
    assert weighted.weight(text) == counted


def test_posts_never_weigh_more_than_x_takes_and_lose_nothing() -> None:
    words = "Die Glocke läutet nicht mehr 👩🏽‍🚒 siehe https://fernway.example/glocken/ersatz und 日本語の自転車 "
    for text in (words * 9, "x" * 900, "字" * 500, "👩🏽‍🚒" * 200, f"{'a' * 279} https://fernway.example/"):
        parts = weighted.posts(text)
        assert all(0 < weighted.weight(part) <= 280 for part in parts)
        assert "".join("".join(parts).split()) == "".join(text.split())
    assert weighted.posts("") == weighted.posts(" \n") == []
    assert weighted.posts("字" * 140) == ["字" * 140]
    assert len(weighted.posts("字" * 141)) == 2
