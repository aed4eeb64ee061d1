"""line-bot-sdk reads what we say LINE tells, signs as we verify, and finds what we push, and our stand-in, to be LINE's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from linebot.v3 import WebhookParser
from linebot.v3.messaging import (
    ApiClient,
    Configuration,
    ErrorResponse,
    MessagingApi,
    PushMessageRequest,
    SetWebhookEndpointRequest,
    TextMessage,
)
from linebot.v3.messaging.exceptions import ApiException

from tests.channels.contract.line import PAYLOADS
from tests.channels.line.conftest import a_file, account, outbound
from tests.channels.line.test_events import a_knock
from tests.channels.line.test_sending import a_card, choices
from tests.fakes.line import DANA, MONTHLY_LIMIT, SECRET, TOKEN, Line, signed

ODD = {"unknown", "new_kind"}


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.json")), ids=lambda path: path.stem)
def test_it_reads_our_recorded_events_under_our_signature(path: Path) -> None:
    body = path.read_bytes()
    events = WebhookParser(SECRET).parse(body.decode(), signed(body)["X-Line-Signature"])
    told = json.loads(body)["events"]
    assert len(events) == len(told)
    for event, each in zip(events, told, strict=True):
        assert event.webhook_event_id == each["webhookEventId"]
        assert path.stem in ODD or type(event).__name__ != "Event"


def test_it_signs_as_we_verify() -> None:
    knock = a_knock(json.loads((PAYLOADS / "text.json").read_text()))
    parser = WebhookParser(SECRET)
    assert parser.signature_validator.validate(knock.body.decode(), knock.headers["x-line-signature"])
    account().verify(knock)


def test_it_reads_what_we_push(line: Line) -> None:
    cards: dict[str, Any] = {"items": [a_card(), a_card()]}
    sends = [
        outbound("Words", [a_file(name) for name in ("a.png", "b.mp4", "c.mp3", "d.pdf")]),
        outbound("Which?", content_type="input_select", content_attributes=choices(2)),
        outbound("Which?", content_type="input_select", content_attributes=choices(9)),
        outbound("Bikes", content_type="cards", content_attributes=cards),
    ]
    for each in account().arranged(sends):
        account().send(each)
    for push in line.pushes:
        read = PushMessageRequest.from_dict(push)
        assert read is not None
        assert json.loads(read.to_json())["messages"] == push["messages"]


def test_it_takes_our_stand_in_for_line(line: Line) -> None:
    with ApiClient(Configuration(host=line.url, access_token=TOKEN)) as client:
        api = MessagingApi(client)
        assert api.get_bot_info().basic_id == "@fernway"
        assert api.get_profile(DANA).display_name == "Dana"
        api.set_webhook_endpoint(SetWebhookEndpointRequest(endpoint="https://desk.example/x"))
        assert api.get_webhook_endpoint().endpoint == "https://desk.example/x"
        assert api.get_message_quota().value == 200
        assert api.get_message_quota_consumption().total_usage == 17
        push = PushMessageRequest(to=DANA, messages=[TextMessage(text="Hello")])
        key = "123e4567-e89b-12d3-a456-426614174000"
        first = api.push_message(push, x_line_retry_key=key)
        with pytest.raises(ApiException) as taken:
            api.push_message(push, x_line_retry_key=key)
        assert taken.value.status == 409
        again = ErrorResponse.from_json(taken.value.body)
        assert again
        assert again.sent_messages
        assert again.sent_messages[0].id == first.sent_messages[0].id
        line.instead.append(MONTHLY_LIMIT)
        with pytest.raises(ApiException) as over:
            api.push_message(push, x_line_retry_key="123e4567-e89b-12d3-a456-426614174001")
        assert over.value.status == 429
