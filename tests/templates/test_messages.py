"""Messages as the thread draws them: whatever a channel brings, it is words, links of the web and a layout that holds."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from app.ledger.transaction import transaction
from app.models import Message
from app.realtime import frames
from app.realtime.in_short import in_short
from tests.browser.channels import a_file, an_api_inbox, begun_in, came
from tests.browser.rich import CARDS, ORDER, REFERRAL, TEMPLATE
from tests.cast import Cast, a_contact

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>\u202e"
LONG = "x" * 20_000
ODD: list[Any] = [None, 7, True, [], {}, "", EVIL, LONG, [EVIL], {"items": EVIL}, {"a": {"b": [EVIL]}}, [[[]]], 10**40]
HOSTILE: dict[str, Any] = {
    "story": {"sender": EVIL, "id": EVIL, "url": f"javascript:{EVIL}", "kind": EVIL},
    "referral": {"source": EVIL, "headline": EVIL, "body": LONG, "url": "javascript:alert(1)", "image_url": "data:x"},
    "order": {"items": [{"name": EVIL, "quantity": EVIL, "price": LONG, "currency": EVIL}] * 200, "text": EVIL},
    "template": {
        "name": EVIL,
        "params": {"header": {"kind": EVIL, "url": "javascript:alert(1)", "text": EVIL}},
        "footer": LONG,
        "buttons": [{"kind": EVIL, "text": EVIL}] * 99,
    },
    "link": "javascript:alert(1)",
    "is_forwarded": True,
    "payload": EVIL,
    "reactions": {EVIL: [EVIL]},
}
KINDS = ("location", "contact", "share", "ig_post", "ig_reel", "embed", "fallback", "story_mention", "sticker", EVIL)


def a_message(cast: Cast, content: str = "", **values: Any) -> Message:
    talk = begun_in(an_api_inbox(cast), a_contact(cast.account_id, EVIL))
    return came(talk, content, **values)


def drawn(message: Message) -> str:
    return frames.render("messages/_message.html", message=message) + frames.render(
        "conversations/_row.html", conversation=message.conversation
    )


def is_harmless(html: str) -> bool:
    """Nothing in it runs, and nothing leads anywhere but to the web, a phone, a mail or this desk."""
    tags = re.findall(r"<[^>]*>", html)
    links = re.findall(r'(?:href|src)="([^"]*)"', html)
    return (
        "<script" not in html
        and not any(re.search(r"\son\w+=|style=", re.sub(r'"[^"]*"', '""', tag)) for tag in tags)
        and all(link.startswith(("https://", "http://", "/", "#", "tel:", "mailto:")) for link in links)
    )


@pytest.mark.parametrize("content", ["", EVIL, LONG])
def test_hostile_words_in_every_field_stay_words(app: Flask, cast: Cast, content: str) -> None:
    with transaction(cast.account_id):
        message = a_message(cast, content, content_attributes=HOSTILE)
        for kind in KINDS:
            meta = {"phones": [EVIL, {"phone": EVIL}], "email": f"{EVIL}@x", "address": EVIL, "company": EVIL}
            a_file(message, kind, fallback_title=EVIL, filename=EVIL, external_url="javascript:alert(1)", meta=meta)
        a_file(message, "location", latitude=91.0, longitude=1e9, fallback_title=LONG)
        html = drawn(message)
    assert is_harmless(html)
    assert "alert(1)" in html


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: str(odd)[:20])
def test_odd_values_are_drawn_as_nothing(app: Flask, cast: Cast, odd: Any) -> None:
    """A program may send anything for anything."""
    names = ("story", "referral", "order", "template", "link", "is_forwarded", "payload", "items", "submitted_values")
    with transaction(cast.account_id):
        # Not stored: what matters is that nothing falls over what it is.
        message = a_message(cast, "Hello")
        for kind in ("text", "cards", "input_select", "article", "form", "input_text"):
            message.content_type = kind
            message.content_attributes = dict.fromkeys(names, odd)
            assert is_harmless(drawn(message))
            message.content_attributes = {
                "items": [odd],
                "submitted_values": [odd],
                "order": {"items": [odd, {"price": odd, "quantity": odd, "name": odd}]},
                "referral": {"headline": odd, "source": odd, "url": odd},
                "template": {"params": odd, "buttons": [odd], "name": odd, "shown": odd},
                "story": {"url": odd, "kind": odd},
            }
            assert is_harmless(drawn(message))
        message.content_type, message.content_attributes = "text", {}


@pytest.mark.parametrize("kind", ["cards", "article", "input_select", "form"])
def test_items_that_nobody_checked_lead_nowhere_else(app: Flask, cast: Cast, kind: str) -> None:
    evil = {
        "title": EVIL,
        "value": EVIL,
        "label": EVIL,
        "name": EVIL,
        "link": "javascript:alert(1)",
        "media_url": "javascript:alert(1)",
        "actions": [{"type": "link", "text": EVIL, "uri": "javascript:alert(1)"}],
    }
    with transaction(cast.account_id):
        message = a_message(cast, content_type=kind, content_attributes={"items": [evil]})
        assert is_harmless(drawn(message))


def test_each_thing_says_what_it_is(app: Flask, cast: Cast) -> None:
    said = {"order": ORDER, "referral": REFERRAL, "link": "https://x.com/tomas/status/17", "payload": "yes"}
    with transaction(cast.account_id):
        message = a_message(cast, "Hello", content_attributes=said)
        address = {"address": "Rua da Prata 24"}
        a_file(message, "location", latitude=-38.7085, longitude=9.1367, fallback_title="Café", meta=address)
        a_file(message, "fallback", external_url="https://www.shop.example/ridge", fallback_title="Ridge 2")
        a_file(message, "ig_reel")
        html = drawn(message)
    for words in (
        "From an ad",
        "Wheels trued while you wait",
        "EUR 37.00",
        "2 ×",
        "Public post on x.com",
        "Pressed a button",
        "38.70850° S, 9.13670° E",
        "Rua da Prata 24",
        "shop.example",
        "It is no longer available.",
    ):
        assert words in html, words


def test_a_template_shows_its_head_foot_and_buttons(app: Flask, cast: Cast) -> None:
    with transaction(cast.account_id):
        message = a_message(cast, "Hello Tomás", content_attributes={"template": TEMPLATE})
        html = drawn(message)
    for words in ("order update", "Fernway Bicycles", "Track it", "Not mine", 'src="/pictures/'):
        assert words in html, words


@pytest.mark.parametrize("price", [None, "free", "NaN", 10**40, True, {}])
def test_a_total_is_only_said_where_it_is_known(app: Flask, cast: Cast, price: Any) -> None:
    items = [{"name": "Tube", "quantity": 1, "price": 6.5, "currency": "EUR"}, {"name": "Pump", "price": price}]
    with transaction(cast.account_id):
        message = a_message(cast)
        message.content_attributes = {"order": {"items": items}}
        assert "Total" not in drawn(message)
        message.content_attributes = {}


def test_a_story_that_is_gone_says_so(app: Flask, cast: Cast) -> None:
    with transaction(cast.account_id):
        gone = a_message(cast)
        a_file(gone, "story_mention", state="failed", error="gone")
        assert "This story is no longer available." in drawn(gone)
        told = a_message(cast, "Nice", content_attributes={"story": {"id": "1", "url": ""}})
        assert "This story is no longer available." in drawn(told)
        there = a_message(cast, "Nice", content_attributes={"story": {"id": "1", "url": "https://ig.example/s"}})
        assert "Open the story" in drawn(there)


SHORT: list[tuple[list[dict[str, Any]], str]] = [
    ([{"kind": "image"}], "Photo"),
    ([{"kind": "image"}, {"kind": "image"}], "2 photos"),
    ([{"kind": "image"}, {"kind": "video"}], "2 files"),
    ([{"kind": "image", "meta": {"is_sticker": True}}], "Sticker"),
    ([{"kind": "audio"}], "Voice message"),
    ([{"kind": "video"}], "Video"),
    ([{"kind": "location", "fallback_title": "Café"}], "Location: Café"),
    ([{"kind": "contact", "fallback_title": "Anna"}], "Contact: Anna"),
    ([{"kind": "contact"}, {"kind": "contact"}], "2 contacts"),
    ([{"kind": "file", "filename": "Label.pdf"}], "Label.pdf"),
    ([{"kind": "file"}, {"kind": "file"}, {"kind": "file"}], "3 files"),
    ([{"kind": "story_mention"}], "Mentioned you in their story"),
    ([{"kind": "ig_reel"}], "Reel"),
    ([{"kind": "share", "fallback_title": "A ride"}], "Shared post: A ride"),
    ([{"kind": "never heard of"}], "File"),
]


@pytest.mark.parametrize(("files", "words"), SHORT)
def test_a_message_without_words_is_told_in_a_few(
    app: Flask, cast: Cast, files: list[dict[str, Any]], words: str
) -> None:
    with transaction(cast.account_id):
        message = a_message(cast)
        for values in files:
            a_file(message, **values)
        assert in_short(message).words == words
        assert words in drawn(message)


@pytest.mark.parametrize(
    ("kind", "said", "words"),
    [
        ("cards", {"items": CARDS}, "Cards: Ridge 2"),
        ("text", {"order": ORDER}, "Order: 2 items"),
        ("text", {"template": TEMPLATE}, "order update"),
        ("text", {"referral": REFERRAL}, "Wheels trued while you wait"),
        ("text", {"story": {"id": "1"}}, "Replied to your story"),
        ("text", {"is_unsupported": True}, "Something that cannot be shown here"),
        ("input_email", {}, "Asks for an e-mail address"),
        ("text", {}, ""),
    ],
)
def test_so_is_one_that_only_brings_something(
    app: Flask, cast: Cast, kind: str, said: dict[str, Any], words: str
) -> None:
    with transaction(cast.account_id):
        assert in_short(a_message(cast, content_type=kind, content_attributes=said)).words == words


def test_a_row_of_mails_says_what_they_are_about(app: Flask, cast: Cast) -> None:
    with transaction(cast.account_id):
        message = a_message(cast, "Please find it below")
        message.conversation.subject = f"Invoice {EVIL}"
        row = frames.render("conversations/_row.html", conversation=message.conversation)
    assert re.search(r"<b[^>]*>Invoice .*</b> *Please find it below", row, re.DOTALL)
    assert is_harmless(row)
