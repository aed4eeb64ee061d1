"""What is sent to WhatsApp, within Meta's rules."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest

from app.channels.base import DeliveryFailed, File, Outbound
from app.channels.whatsapp.channel import Whatsapp
from tests.fakes.provider import Told
from tests.fakes.whatsapp import WhatsAppGraph, refusal

DANA = "16505551234"
CHOICES = [{"title": "Blue", "value": "blue"}, {"title": "Green", "value": "green"}]


def outbound(text: str = "", **more: Any) -> Outbound:
    return Outbound(key="m-0", to=DANA, text=text, **more)


def asking(items: list[dict[str, Any]], text: str = "Which colour?", kind: str = "input_select") -> Outbound:
    return outbound(text, content_type=kind, content_attributes={"items": items})


def a_file(name: str, content_type: str, kind: str, size: int = 4) -> File:
    return File(name, content_type, size, kind, f"https://desk.test/{name}", lambda: BytesIO(b"x" * min(size, 100)))


def sent(meta: WhatsAppGraph, channel: Whatsapp, given: Outbound) -> dict[str, Any]:
    before = len(meta.sent)
    told = channel.send(given)
    assert len(meta.sent) == before + 1
    assert told.source_id == f"wamid.OUT{len(meta.sent)}"
    return meta.sent[-1]


def test_a_text_goes_to_a_number(meta: WhatsAppGraph, channel: Whatsapp) -> None:
    body = sent(meta, channel, outbound("It is *back*.", reply_to="wamid.IN1"))
    assert (body["to"], body["type"], body["text"]["body"]) == (DANA, "text", "It is *back*.")
    assert body["context"] == {"message_id": "wamid.IN1"}
    assert meta.asked[-1].headers["authorization"].startswith("Bearer EAA")


def test_somebody_without_a_number_is_written_to_by_their_id(meta: WhatsAppGraph, channel: Whatsapp) -> None:
    body = sent(meta, channel, replace(outbound("Hello"), to="US.13491208655302741918"))
    assert body["recipient"] == "US.13491208655302741918"
    assert "to" not in body


@pytest.mark.parametrize(
    ("name", "content_type", "kind", "as_what"),
    [
        ("a.png", "image/png", "image", "image"),
        ("a.ogg", "audio/ogg", "audio", "audio"),
        ("a.mp4", "video/mp4", "video", "video"),
        ("a.pdf", "application/pdf", "file", "document"),
        ("a.webp", "image/webp", "image", "document"),
    ],
)
def test_a_file_is_brought_to_meta_and_sent_by_its_id(
    meta: WhatsAppGraph, channel: Whatsapp, name: str, content_type: str, kind: str, as_what: str
) -> None:
    body = sent(meta, channel, outbound(files=[a_file(name, content_type, kind)]))
    assert body["type"] == as_what
    assert meta.media[body[as_what]["id"]] == (content_type, b"xxxx")
    assert body[as_what].get("filename") == (name if as_what == "document" else None)


@pytest.mark.parametrize(("name", "kind"), [("archive.zip", "application/zip"), ("a.gif", "image/gif")])
def test_what_meta_takes_no_upload_of_goes_by_its_address(
    meta: WhatsAppGraph, channel: Whatsapp, name: str, kind: str
) -> None:
    body = sent(meta, channel, outbound(files=[a_file(name, kind, "file")]))
    assert body["document"] == {"link": f"https://desk.test/{name}", "filename": name}


def test_a_picture_that_is_too_large_to_be_shown_goes_as_a_document(meta: WhatsAppGraph, channel: Whatsapp) -> None:
    body = sent(meta, channel, outbound(files=[a_file("a.png", "image/png", "image", 6 * 1024 * 1024)]))
    assert body["type"] == "document"


def test_a_text_is_the_caption_of_the_first_file_that_can_have_one() -> None:
    voice, picture = a_file("a.ogg", "audio/ogg", "audio"), a_file("a.png", "image/png", "image")
    sends = [outbound("Here"), outbound(files=[voice]), outbound(files=[picture])]
    assert [(each.text, each.files) for each in Whatsapp.arranged(sends)] == [("", [voice]), ("Here", [picture])]
    assert len(Whatsapp.arranged([outbound("Here"), outbound(files=[voice])])) == 2
    assert len(Whatsapp.arranged([outbound("x" * 1025), outbound(files=[picture])])) == 2


def test_a_caption_goes_along(meta: WhatsAppGraph, channel: Whatsapp) -> None:
    body = sent(meta, channel, outbound("Here", files=[a_file("a.png", "image/png", "image")]))
    assert body["image"]["caption"] == "Here"


def test_few_choices_are_buttons(meta: WhatsAppGraph, channel: Whatsapp) -> None:
    told = sent(meta, channel, asking(CHOICES))["interactive"]
    assert told["body"]["text"] == "Which colour?"
    assert [each["reply"] for each in told["action"]["buttons"]] == [
        {"id": "blue", "title": "Blue"},
        {"id": "green", "title": "Green"},
    ]


def test_more_choices_or_long_ones_are_a_list(meta: WhatsAppGraph, channel: Whatsapp) -> None:
    long = "A colour with quite a long name"
    told = sent(meta, channel, asking([{"title": long, "value": "1"}, {"title": "Blue", "value": "2"}]))["interactive"]
    rows = told["action"]["sections"][0]["rows"]
    assert (told["type"], rows[0]["description"], rows[1]) == ("list", long, {"id": "2", "title": "Blue"})
    five = [{"title": f"No. {at}", "value": str(at)} for at in range(5)]
    assert len(sent(meta, channel, asking(five))["interactive"]["action"]["sections"][0]["rows"]) == 5


def test_more_choices_than_fit_are_numbered_text(meta: WhatsAppGraph, channel: Whatsapp) -> None:
    eleven = [{"title": f"No. {at}", "value": str(at)} for at in range(11)]
    assert sent(meta, channel, asking(eleven))["text"]["body"].endswith("\n11. No. 10")


def test_each_card_is_a_message_of_its_own(meta: WhatsAppGraph, channel: Whatsapp) -> None:
    cards = [
        {
            "title": "City",
            "description": "Seven gears",
            "media_url": "https://shop.test/city.jpg",
            "actions": [{"type": "link", "text": "Look at it", "uri": "https://shop.test/city"}],
        },
        {"title": "Tour", "actions": [{"type": "postback", "text": "Book a ride", "payload": "ride:tour"}]},
    ]
    sends = Whatsapp.arranged([asking(cards, "Two of ours:", "cards")])
    assert [each.text for each in sends] == ["Two of ours:", "", ""]
    bodies = [sent(meta, channel, each) for each in sends]
    city, tour = bodies[1]["interactive"], bodies[2]["interactive"]
    assert city["action"] == {
        "name": "cta_url",
        "parameters": {"display_text": "Look at it", "url": "https://shop.test/city"},
    }
    assert city["header"]["image"] == {"link": "https://shop.test/city.jpg"}
    assert city["body"]["text"] == "*City*\nSeven gears"
    assert tour["action"]["buttons"][0]["reply"] == {"id": "ride:tour", "title": "Book a ride"}


def test_an_article_has_a_button_that_opens_it(meta: WhatsAppGraph, channel: Whatsapp) -> None:
    articles = [{"title": "Brakes", "description": "How to set them", "link": "https://help.test/brakes"}]
    told = sent(meta, channel, asking(articles, "See:", "article"))["interactive"]
    assert told["action"]["parameters"]["url"] == "https://help.test/brakes"
    two = asking([*articles, {"title": "Bells", "link": "https://help.test/bells"}], "See:", "article")
    assert "https://help.test/bells" in sent(meta, channel, two)["text"]["body"]


def test_a_long_question_is_asked_before_its_buttons() -> None:
    first, second = Whatsapp.arranged([asking(CHOICES, "x" * 2000)])
    assert (len(first.text), first.content_type, second.text) == (2000, "text", "")


@pytest.mark.parametrize("code", [130429, 131056, 131000, 131016, 80007])
def test_what_is_too_much_for_now_is_tried_again(meta: WhatsAppGraph, channel: Whatsapp, code: int) -> None:
    meta.instead.append(refusal(code, f"(#{code}) Rate limit hit", details="Too many messages sent"))
    with pytest.raises(DeliveryFailed) as failed:
        channel.send(outbound("Hello"))
    assert not failed.value.permanent
    assert "Too many messages sent" in failed.value.reason


@pytest.mark.parametrize("code", [131026, 131047, 131051, 131049, 131031, 131042, 131053, 132001, 133010, 190, 10])
def test_a_refusal_is_final_and_explained(meta: WhatsAppGraph, channel: Whatsapp, code: int) -> None:
    meta.instead.append(refusal(code, f"(#{code}) No", details="Meta’s own details"))
    with pytest.raises(DeliveryFailed) as failed:
        channel.send(outbound("Hello"))
    assert failed.value.permanent
    assert failed.value.reason == f"(#{code}) No: Meta’s own details"
    assert Whatsapp.explain(failed.value.reason)


def test_after_the_window_meta_refuses_and_it_is_explained(meta: WhatsAppGraph, channel: Whatsapp) -> None:
    meta.window_open = False
    with pytest.raises(DeliveryFailed) as failed:
        channel.send(outbound("Hello"))
    assert failed.value.permanent
    assert "template" in Whatsapp.explain(failed.value.reason)


def test_an_answer_that_never_came_may_have_arrived_but_an_upload_does_no_harm(
    meta: WhatsAppGraph, channel: Whatsapp
) -> None:
    meta.instead.append(Told(hangs_up=True))
    with pytest.raises(DeliveryFailed) as failed:
        channel.send(outbound("Hello"))
    assert failed.value.is_unsure


def test_markup_and_odd_signs_go_as_they_are(meta: WhatsAppGraph, channel: Whatsapp) -> None:
    body = sent(meta, channel, outbound("<b>\u202e&amp; 👩🏽‍🚒\ud83d\0</b>"))
    assert body["text"]["body"] == "<b>\u202e&amp; 👩🏽‍🚒?</b>"
