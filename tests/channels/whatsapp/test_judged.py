"""pywa, a client of the Cloud API that others made, as judge: it reads what we recorded as we do, and sends what we send."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from pywa import WhatsApp
from pywa.types import (
    Button,
    CallbackButton,
    CallbackSelection,
    DeletedMessage,
    FlowCompletion,
    Message,
    MessageStatus,
    Section,
    SectionList,
    SectionRow,
)
from pywa.types.base_update import RawUpdate
from pywa.utils import webhook_updates_validator

from app.channels.base import Deleted, Inbound, Outbound, Receipt
from app.channels.whatsapp.channel import Whatsapp
from tests.channels.whatsapp.conftest import body_of, facts_of
from tests.fakes.whatsapp import APP_SECRET, PHONE, TOKEN, WhatsAppGraph

SAID = ["text", "text_reply", "text_forwarded", "text_from_ad", "image", "sticker", "voice", "video", "document"]
SAID += ["location", "contacts", "order"]
PRESSED: dict[str, Any] = {"button": CallbackButton, "button_reply": CallbackButton, "list_reply": CallbackSelection}


@pytest.fixture
def judge(meta: WhatsAppGraph) -> WhatsApp:
    """It speaks with the stand-in."""
    session = httpx.Client()
    client = WhatsApp(PHONE, TOKEN, session=session)
    session.base_url = httpx.URL(f"{meta.url}/v22.0")
    return client


def update(name: str) -> Any:
    return RawUpdate(json.dumps(body_of(name)).encode(), hmac_header=None, update_hash=name)


def test_it_takes_our_signature(meta: WhatsAppGraph) -> None:
    signed = meta.signed(body_of("text"))
    assert webhook_updates_validator(APP_SECRET, signed["data"], signed["headers"]["X-Hub-Signature-256"])


@pytest.mark.parametrize("name", SAID)
def test_it_reads_a_message_as_we_do(judge: WhatsApp, name: str) -> None:
    (ours,) = facts_of(name)
    theirs = Message.from_update(judge, update(name))
    assert isinstance(ours, Inbound)
    assert ours.sender is not None
    assert ours.source_id == theirs.id
    assert (ours.sender.source_id, ours.sender.name) == (theirs.from_user.wa_id, theirs.from_user.name)
    assert ours.content == (theirs.text or theirs.caption or (theirs.order.text if theirs.order else "") or "")
    assert ours.reply_to_source == (theirs.reply_to_message.id if theirs.reply_to_message else None)
    assert ours.content_attributes.get("is_forwarded", False) == theirs.forwarded
    media = [each for each in ours.attachments if each.ref]  # type: ignore[union-attr]
    assert [each.ref["id"] for each in media] == ([theirs.media.id] if theirs.media else [])  # type: ignore[union-attr, index]
    if theirs.location:
        (place,) = ours.attachments
        assert (place.latitude, place.longitude) == (theirs.location.latitude, theirs.location.longitude)  # type: ignore[union-attr]


@pytest.mark.parametrize("name", sorted(PRESSED))
def test_it_reads_a_press_of_a_button_as_we_do(judge: WhatsApp, name: str) -> None:
    (ours,) = facts_of(name)
    theirs = PRESSED[name].from_update(judge, update(name))
    assert isinstance(ours, Inbound)
    assert (ours.content, ours.content_attributes["payload"]) == (theirs.title, theirs.data)


def test_it_reads_forms_statuses_and_revocations_as_we_do(judge: WhatsApp) -> None:
    (form,) = facts_of("form_reply")
    assert isinstance(form, Inbound)
    theirs = FlowCompletion.from_update(judge, update("form_reply"))
    assert form.content_attributes["form"] == {**theirs.response, "flow_token": theirs.token}
    for name in ("status_sent", "status_delivered", "status_read", "status_failed"):
        (receipt,) = facts_of(name)
        status = MessageStatus.from_update(judge, update(name))
        assert isinstance(receipt, Receipt)
        assert (receipt.source_id, receipt.status) == (status.id, status.status.value)
    assert facts_of("revoke") == [Deleted(DeletedMessage.from_update(judge, update("revoke")).original_message_id)]


def test_it_sends_what_we_send(meta: WhatsAppGraph, channel: Whatsapp, judge: WhatsApp) -> None:
    choices = [{"title": "Blue", "value": "blue"}, {"title": "Green", "value": "green"}]
    many = [{"title": f"No. {at}", "value": str(at)} for at in range(5)]
    for items in (choices, many):
        attributes = {"items": items}
        channel.send(
            Outbound("m-0", "16505551234", "Which?", content_type="input_select", content_attributes=attributes)
        )
    channel.send(Outbound("m-1", "16505551234", "Hello", reply_to="wamid.IN1"))
    buttons = [Button(title=each["title"], callback_data=each["value"]) for each in choices]
    rows = [SectionRow(title=each["title"], callback_data=each["value"]) for each in many]
    listed = SectionList(button_title="Choose", sections=[Section(title="", rows=rows)])
    judge.send_message("16505551234", "Which?", buttons=buttons)
    judge.send_message("16505551234", "Which?", buttons=listed)
    judge.send_message("16505551234", "Hello", preview_url=True, reply_to_message_id="wamid.IN1")
    ours, theirs = meta.sent[:3], meta.sent[3:]
    assert [bare(each) for each in ours] == [bare(each) for each in theirs]


def bare(body: dict[str, Any]) -> dict[str, Any]:
    """Without what is only for ourselves, and without what is empty."""
    kept = {name: value for name, value in body.items() if name != "biz_opaque_callback_data"}
    told: dict[str, Any] = json.loads(
        json.dumps(kept), object_hook=lambda part: {k: v for k, v in part.items() if v not in (None, "")}
    )
    return told
