"""Answers by Instagram, in both ways: within its thousand bytes, its kinds of files, and its time."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest

from app.channels.base import DeliveryFailed, File, Line, Outbound, Sent
from app.channels.instagram.channel import Instagram
from app.lib import channel_text
from tests.fakes.instagram import GRETA, InstagramGraph, PageGraph
from tests.fakes.messenger import APP_ID, APP_SECRET, INSTAGRAM_ID, PAGE_ID, PAGE_TOKEN
from tests.fakes.meta_rules import refusal
from tests.fakes.provider import Told

ANSWER = Outbound(key="message-7-0", to=GRETA, text="We do, from next week.")
BY_PAGE = Line(
    INSTAGRAM_ID,
    credentials={
        "access_token": PAGE_TOKEN,
        "app_secret": APP_SECRET,
        "app_id": APP_ID,
        "page": PAGE_ID,
    },
)
URL = "https://desk.test/files/bell"


def a_file(kind: str, content_type: str, size: int = 4, url: str = URL) -> File:
    return File("bell.bin", content_type, size, kind, url, lambda: BytesIO(b"file"))


def failure(channel: Instagram, outbound: Outbound = ANSWER) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        channel.send(outbound)
    return caught.value


def test_words_go_to_the_account_that_lets_us_in_itself(instagram: Instagram, graph: InstagramGraph) -> None:
    assert instagram.send(replace(ANSWER, reply_to="m_1")) == Sent("m_out_1")
    assert graph.sent == [
        {
            "recipient": {"id": GRETA},
            "messaging_type": "RESPONSE",
            "reply_to": {"mid": "m_1"},
            "message": {"text": "We do, from next week."},
        }
    ]
    assert "appsecret_proof" not in graph.asked[0].query


@pytest.mark.usefixtures("context")
def test_words_go_through_the_page_with_its_proof(page_graph: PageGraph) -> None:
    assert Instagram(BY_PAGE).send(ANSWER) == Sent("m_out_1")
    assert page_graph.asked[0].path == f"/v22.0/{PAGE_ID}/messages"
    assert page_graph.asked[0].query["appsecret_proof"]


def test_a_late_answer_is_marked_as_a_persons(instagram: Instagram, graph: InstagramGraph) -> None:
    graph.late = {GRETA}
    assert failure(instagram).permanent
    instagram.send(replace(ANSWER, is_late=True))
    assert (graph.sent[0]["messaging_type"], graph.sent[0]["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")


def test_a_thousand_bytes_are_what_it_takes(instagram: Instagram, graph: InstagramGraph) -> None:
    can = Instagram.abilities
    parts = channel_text.parts("🚲 ü " * 300, can.markup, can.max_length, unit=can.length_in)
    assert len(parts) > 1
    for part in parts:
        instagram.send(replace(ANSWER, text=part))
    assert failure(instagram, replace(ANSWER, text="ü" * 501)).permanent


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("image", "image/jpeg"),
        ("video", "video/mp4"),
        ("audio", "audio/mp4"),
        ("file", "application/pdf"),
    ],
)
def test_files_are_fetched_by_instagram(
    instagram: Instagram, graph: InstagramGraph, kind: str, content_type: str
) -> None:
    instagram.send(replace(ANSWER, text="", files=[a_file(kind, content_type)]))
    assert graph.sent[0]["message"] == {"attachment": {"type": kind, "payload": {"url": URL}}}


@pytest.mark.parametrize(
    "file",
    [
        a_file("image", "image/webp"),
        a_file("image", "image/png", 9_000_000),
        a_file("audio", "audio/ogg"),
        a_file("file", "application/zip"),
    ],
)
def test_files_it_does_not_take_go_as_a_link(instagram: Instagram, graph: InstagramGraph, file: File) -> None:
    instagram.send(replace(ANSWER, text="", files=[file]))
    assert graph.sent[0]["message"] == {"text": f"bell.bin\n{URL}"}


def test_a_long_address_goes_alone(instagram: Instagram, graph: InstagramGraph) -> None:
    url = f"https://desk.test/{'x' * 975}"
    instagram.send(replace(ANSWER, text="", files=[a_file("file", "application/zip", url=url)]))
    assert graph.sent[0]["message"] == {"text": url}


def test_choices_and_cards_are_those_of_messenger(instagram: Instagram, graph: InstagramGraph) -> None:
    select = {"content_type": "input_select", "content_attributes": {"items": [{"title": "Yes", "value": "y"}]}}
    cards = {
        "content_type": "cards",
        "content_attributes": {"items": [{"title": "Bell", "description": "Rings", "actions": []}]},
    }
    for outbound in (replace(ANSWER, **select), replace(ANSWER, **cards)):  # type: ignore[arg-type]  # fields by name
        for each in Instagram.arranged([outbound]):
            instagram.send(each)
    assert graph.sent[0]["message"]["quick_replies"][0]["payload"] == "y"
    assert graph.sent[2]["message"]["attachment"]["payload"]["elements"][0]["title"] == "Bell"


@pytest.mark.parametrize(
    ("told", "permanent", "unsure"),
    [
        (refusal("Error validating access token: Session has expired", code=190, subcode=463), True, False),
        (refusal("Application request limit reached", code=4), False, False),
        (refusal("An unexpected error has occurred.", code=2, status=500), False, False),
        (Told(hangs_up=True), False, True),
    ],
)
def test_refusals_say_whether_to_try_again(
    instagram: Instagram, graph: InstagramGraph, told: Told, permanent: bool, unsure: bool
) -> None:
    graph.instead.append(told)
    failed = failure(instagram)
    assert (failed.permanent, failed.is_unsure) == (permanent, unsure)


@pytest.mark.usefixtures("context")
def test_a_story_that_is_gone_says_so(page_graph: PageGraph) -> None:
    channel = Instagram(BY_PAGE)
    gone = {"url": f"{page_graph.url}/cdn/story.jpg"}
    with pytest.raises(DeliveryFailed) as failed:
        channel.fetch({**gone, "is_story": True}, None, BytesIO(), 100)
    assert failed.value.permanent
    assert failed.value.reason == "This story is no longer available."
    with pytest.raises(DeliveryFailed) as other:
        channel.fetch(gone, None, BytesIO(), 100)
    assert "403" in other.value.reason
