"""Content templates as they are listed: every kind of them, whatever their state, page by page."""

from __future__ import annotations

from typing import Any

import pytest

from app.channels.base import Template, TemplateButton
from app.channels.twilio_sms.content import template_from
from tests.channels.twilio_sms.conftest import a_channel
from tests.fakes.twilio_messages import TEMPLATE_SID, a_template
from tests.fakes.twilio_services import Served


def listed(kind: str, form: dict[str, Any], **more: Any) -> Template:
    template = template_from(a_template(**{kind: form}, **more))
    assert template is not None
    return template


def test_templates_are_listed_with_their_state_over_all_pages(there: Served) -> None:
    for n, status in enumerate(["pending", "rejected", "paused", "disabled", "unsubmitted", "received", "new"]):
        sid = f"HX{n:032d}"
        there.messages.contents[sid] = a_template(sid, status)
    templates = a_channel(medium="whatsapp").templates()
    assert [each.status for each in templates] == [
        "approved",
        "pending",
        "rejected",
        "paused",
        "disabled",
        "pending",
        "pending",
        "pending",
    ]
    first = templates[0]
    assert (first.key, first.name, first.language, first.category) == (TEMPLATE_SID, "order_shipped", "en", "utility")
    assert first.body == "Hello {{1}}, your order {{2}} is on its way."


def test_quick_replies_and_calls_to_action_are_buttons() -> None:
    replies = listed(
        "twilio/quick-reply",
        {"body": "Coming?", "actions": [{"title": "Yes", "id": "yes"}, {"title": "No", "id": "no"}]},
    )
    assert replies.buttons == [TemplateButton("quick_reply", "Yes", "yes"), TemplateButton("quick_reply", "No", "no")]
    actions = [
        {"type": "URL", "title": "Track", "url": "https://shop.example/{{1}}"},
        {"type": "PHONE_NUMBER", "title": "Call", "phone": "+15550001111"},
        {"type": "COPY_CODE", "title": "Copy", "code": "SAVE"},
        {"type": "VOICE_CALL", "title": "Ring"},
    ]
    assert [
        (each.kind, each.value) for each in listed("twilio/call-to-action", {"body": "x", "actions": actions}).buttons
    ] == [
        ("url", "https://shop.example/{{1}}"),
        ("phone_number", "+15550001111"),
        ("copy_code", "SAVE"),
        ("other", ""),
    ]


def test_media_cards_and_lists_have_headers_and_footers() -> None:
    fixed = listed("twilio/media", {"body": "Look", "media": ["https://shop.example/bell.pdf"]})
    assert (fixed.header_kind, fixed.header) == ("", "")
    media = listed("twilio/media", {"body": "Look", "media": ["https://shop.example/{{1}}.pdf"]})
    assert (media.header_kind, media.header) == ("text", "https://shop.example/{{1}}.pdf")
    card = listed("whatsapp/card", {"body": "Look", "header_text": "Bells", "footer": "Fernway", "actions": []})
    assert (card.header_kind, card.header, card.footer) == ("text", "Bells", "Fernway")
    plain = listed("twilio/card", {"title": "A bell", "subtitle": "Small", "media": ["{{1}}"]})
    assert (plain.body, plain.footer, plain.header) == ("A bell", "Small", "{{1}}")
    chosen = listed("twilio/list-picker", {"body": "Which?", "button": "Show", "items": [{"item": "Blue", "id": "17"}]})
    assert chosen.buttons == [TemplateButton("quick_reply", "Blue", "17")]


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"sid": "HX1"},
        {"sid": "HX1", "types": []},
        {"sid": 7, "types": {}},
        {"sid": "HX1", "types": {"twilio/location": {}}},
    ],
)
def test_what_has_no_words_is_passed_over(row: dict[str, Any]) -> None:
    assert template_from(row) is None


def test_odd_templates_never_raise() -> None:
    for value in (None, 7, [], {}, "x"):
        for name in ("language", "types", "approval_requests", "friendly_name", "variables"):
            template_from({**a_template(), name: value})
        for name in ("body", "media", "actions", "items", "title", "header_text"):
            template_from(a_template(**{"twilio/card": {"body": "x", name: value, "items": [value]}}))
