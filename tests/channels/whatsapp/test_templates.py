"""Templates: listed, filled in, and sent."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest

from app.channels.base import DeliveryFailed, File, NotConnected, Outbound, Template, Unreachable
from app.channels.whatsapp.channel import Whatsapp
from app.errors import Invalid
from app.models.filled_template import blanks, fill, marked
from app.models.message_template import MessageTemplate
from tests.channels.whatsapp.forms import ALL
from tests.fakes.provider import Told
from tests.fakes.whatsapp import WhatsAppGraph, refusal


def by_name(templates: Any) -> dict[str, Template]:
    return {each.key: each for each in templates}


def a_row(channel: Whatsapp, key: str) -> MessageTemplate:
    row = MessageTemplate(key=key)
    row.follow(by_name(channel.templates())[key])
    return row


@pytest.fixture
def known(meta: WhatsAppGraph) -> WhatsAppGraph:
    meta.templates = [*ALL]
    return meta


def sent(meta: WhatsAppGraph, channel: Whatsapp, told: Any, files: list[File] | None = None) -> dict[str, Any]:
    outbound = Outbound("m-0", "16505551234", content_attributes={"template": dict(told)}, files=files or [])
    channel.send(outbound)
    template: dict[str, Any] = meta.sent[-1]["template"]
    return template


def test_all_pages_are_read(known: WhatsAppGraph, channel: Whatsapp) -> None:
    known.page = 3
    found = by_name(channel.templates())
    assert len(found) == len(ALL)
    assert {"hello_world:en_US", "hello_world:de"} <= found.keys()


def test_a_template_is_understood(known: WhatsAppGraph, channel: Whatsapp) -> None:
    shipped = by_name(channel.templates())["order_shipped:en_US"]
    assert (shipped.status, shipped.category, shipped.header_kind, shipped.header) == (
        "approved",
        "utility",
        "text",
        "Order {{1}}",
    )
    assert [each.kind for each in shipped.buttons] == ["url", "quick_reply", "phone_number"]
    assert shipped.footer == "Fernway Bicycles"


def test_what_cannot_be_sent_says_why(known: WhatsAppGraph, channel: Whatsapp) -> None:
    found = by_name(channel.templates())
    assert found["too_loud:en_US"].status == "rejected"
    assert "carousel" in found["three_cards:en_US"].hindrance
    assert not found["order_shipped:en_US"].hindrance


@pytest.mark.parametrize(
    "odd", [None, 7, [], {"name": 3}, {"name": "x", "language": "en", "components": [None, 3, {"type": []}]}]
)
def test_an_odd_template_is_passed_over_or_empty(meta: WhatsAppGraph, channel: Whatsapp, odd: Any) -> None:
    meta.templates = [odd]
    channel.templates()


def test_a_token_that_ended_and_a_meta_that_is_away_are_told_apart(meta: WhatsAppGraph, channel: Whatsapp) -> None:
    ended = Whatsapp(replace(channel.line, credentials={**channel.line.credentials, "access_token": "old"}))
    with pytest.raises(NotConnected) as refused:
        ended.templates()
    assert "access_token" in refused.value.fields
    meta.is_send = lambda asked: True  # type: ignore[method-assign]  # whatever is asked for next
    meta.instead.append(refusal(2, "(#2) Service temporarily unavailable", status=503))
    with pytest.raises(Unreachable):
        channel.templates()


def test_blanks_are_asked_for_in_the_order_of_reading(known: WhatsAppGraph, channel: Whatsapp) -> None:
    named = [(each.name, each.kind) for each in blanks(a_row(channel, "order_shipped:en_US"))]
    assert named == [("header.1", "text"), ("body.1", "text"), ("body.2", "text"), ("buttons.0", "text")]
    assert [each.kind for each in blanks(a_row(channel, "new_season:en_US"))] == ["media", "text"]


def test_a_filled_template_reads_as_the_customer_will_see_it(known: WhatsAppGraph, channel: Whatsapp) -> None:
    given = {"header": {"1": "17"}, "body": {"1": "Dana", "2": "bell"}, "buttons": [{"parameter": "17"}, None, None]}
    filled = fill(a_row(channel, "order_shipped:en_US"), given)
    assert filled.content == ("**Order 17**\n\nHi Dana, your **bell** is on its way.\nIt comes ~~soon~~ today.")
    template = sent(known, channel, filled.told)
    assert template["language"] == {"policy": "deterministic", "code": "en_US"}
    assert template["components"] == [
        {"type": "header", "parameters": [{"type": "text", "text": "17"}]},
        {"type": "body", "parameters": [{"type": "text", "text": "Dana"}, {"type": "text", "text": "bell"}]},
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "17"}]},
    ]


def test_named_blanks_and_a_picture_by_its_address(known: WhatsAppGraph, channel: Whatsapp) -> None:
    given = {"header": {"media_url": "https://shop.test/a.jpg", "media_type": "image"}, "body": {"first_name": "Dana"}}
    header, body = sent(known, channel, fill(a_row(channel, "new_season:en_US"), given).told)["components"]
    assert header["parameters"] == [{"type": "image", "image": {"link": "https://shop.test/a.jpg"}}]
    assert body["parameters"] == [{"type": "text", "parameter_name": "first_name", "text": "Dana"}]


def test_a_picture_that_goes_along_is_brought_to_meta(known: WhatsAppGraph, channel: Whatsapp) -> None:
    file = File("a.png", "image/png", 4, "image", "https://desk.test/a.png", lambda: BytesIO(b"file"))
    told = fill(a_row(channel, "new_season:en_US"), {"body": {"first_name": "Dana"}}, file_kind="image").told
    header = sent(known, channel, told, [file])["components"][0]
    assert known.media[header["parameters"][0]["image"]["id"]] == ("image/png", b"file")


def test_a_code_is_copied_by_its_button(known: WhatsAppGraph, channel: Whatsapp) -> None:
    coupon = fill(a_row(channel, "coupon:en_US"), {"buttons": [{"type": "copy_code", "parameter": "SAVE20"}]}).told
    (button,) = sent(known, channel, coupon)["components"]
    assert (button["sub_type"], button["parameters"]) == (
        "copy_code",
        [{"type": "coupon_code", "coupon_code": "SAVE20"}],
    )


def test_a_sign_in_code_stands_in_the_text_and_behind_the_button(known: WhatsAppGraph, channel: Whatsapp) -> None:
    body, button = sent(known, channel, fill(a_row(channel, "sign_in_code:en_US"), {"1": "4711"}).told)["components"]
    assert body["parameters"] == [{"type": "text", "text": "4711"}]
    assert (button["sub_type"], button["parameters"]) == ("url", [{"type": "text", "text": "4711"}])


def test_a_template_without_blanks_has_no_parts(known: WhatsAppGraph, channel: Whatsapp) -> None:
    assert "components" not in sent(known, channel, fill(a_row(channel, "hello_world:de"), {}).told)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({}, {"header.1", "body.1", "body.2", "buttons.0"}),
        ({"header": {"1": "x"}, "body": {"1": " \n", "2": "y"}, "buttons": [{"parameter": "1"}]}, {"body.1"}),
        ({"header": {"1": "x"}, "body": {"1": "x" * 1025, "2": "y"}, "buttons": [{"parameter": "1"}]}, {"body.1"}),
        ({"header": [], "body": 7, "buttons": "x"}, {"header.1", "body.1", "body.2", "buttons.0"}),
        (
            {"header": {"1": {}}, "body": {"1": [], "2": None}, "buttons": [7]},
            {"header.1", "body.1", "body.2", "buttons.0"},
        ),
    ],
)
def test_what_is_left_open_is_named(known: WhatsAppGraph, channel: Whatsapp, given: Any, wrong: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        fill(a_row(channel, "order_shipped:en_US"), given)
    assert refused.value.fields.keys() == wrong


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "ftp://x.test/a", "https://", "http://[", "x" * 3000])
def test_a_picture_needs_an_address_of_the_web(known: WhatsAppGraph, channel: Whatsapp, url: str) -> None:
    with pytest.raises(Invalid) as refused:
        fill(a_row(channel, "new_season:en_US"), {"header": {"media_url": url}, "body": {"first_name": "Dana"}})
    assert refused.value.fields.keys() == {"header.media"}


def test_markup_in_a_blank_is_words(known: WhatsAppGraph, channel: Whatsapp) -> None:
    given = {"header": {"1": "<b>"}, "body": {"1": "{{2}}", "2": "a\n\tb"}, "buttons": [{"parameter": "1 2"}]}
    template = sent(known, channel, fill(a_row(channel, "order_shipped:en_US"), given).told)
    assert template["components"][0]["parameters"][0]["text"] == "<b>"
    assert [each["text"] for each in template["components"][1]["parameters"]] == ["{{2}}", "a b"]
    assert template["components"][2]["parameters"][0]["text"] == "12"


def test_stars_and_tildes_are_markdown_here() -> None:
    assert marked("*bold* and ~gone~, 2*3*4, **") == "**bold** and ~~gone~~, 2*3*4, **"


def test_a_template_that_is_gone_is_refused_and_explained(known: WhatsAppGraph, channel: Whatsapp) -> None:
    told = {"name": "nobody_knows", "language": "en_US", "params": {}}
    with pytest.raises(DeliveryFailed) as failed:
        sent(known, channel, told)
    assert failed.value.permanent
    assert "Sync the templates" in Whatsapp.explain(failed.value.reason)


def test_templates_pass_when_the_window_is_closed(known: WhatsAppGraph, channel: Whatsapp) -> None:
    known.window_open = False
    sent(known, channel, fill(a_row(channel, "hello_world:en_US"), {}).told)


def test_a_page_that_is_no_list_is_empty(meta: WhatsAppGraph, channel: Whatsapp) -> None:
    meta.is_send = lambda asked: True  # type: ignore[method-assign]  # whatever is asked for next
    meta.instead.append(Told(body={"data": {"x": 1}, "paging": []}))
    assert channel.templates() == []
