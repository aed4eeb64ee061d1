"""What else a visitor does: answers what is asked, keeps several conversations, fills in a form, ends, and takes a copy."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import select

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Contact, Conversation, Inbox, Message, Work
from app.models.message_items import checked_items
from app.models.working_hours import set_week
from tests.browser.test_widget import Widget, answer, said, visit, website
from tests.cast import Cast, bob

__all__ = ["visit", "website"]

SIZES = [{"title": "Small", "value": "s"}, {"title": "Medium", "value": "m"}]
CARDS = [
    {
        "title": "Ridge 2, size M",
        "description": "Rust, ready in Ghent from Friday",
        "actions": [
            {"type": "link", "text": "Look at it", "uri": "https://shop.example/ridge"},
            {"type": "postback", "text": "Hold it for me", "payload": "hold"},
        ],
    },
    {"title": "Canal", "actions": [{"type": "postback", "text": "Hold this one", "payload": "canal"}]},
]
FORM = [
    {"name": "order", "label": "Order number", "required": True, "placeholder": "FW-20881"},
    {"name": "size", "type": "select", "label": "Size", "options": [{"label": "Medium", "value": "m"}]},
    {"name": "news", "type": "checkbox", "label": "Send me news"},
]
ARTICLES = [{"title": "Find your size", "description": "With a tape", "link": "https://shop.example/help/size"}]


def ask(cast: Cast, kind: str, items: list[Any] | None = None, content: str = "") -> None:
    with transaction(cast.account_id):
        conversation = db.session.scalars(select(Conversation).order_by(Conversation.id.desc())).first()
        assert conversation
        attributes = checked_items(kind, {"items": items} if items else {})
        conversation.reply(content, by=bob(cast).actor, content_type=kind, content_attributes=attributes)


def answers(cast: Cast) -> list[Any]:
    with transaction(cast.account_id):
        kept = db.session.scalars(select(Message.content_attributes).order_by(Message.id))
        return [each["submitted_values"][0]["value"] for each in kept if "submitted_values" in each]


def set_inbox(cast: Cast, **values: Any) -> None:
    with transaction(cast.account_id):
        inbox = db.session.get_one(Inbox, (cast.account_id, cast.inbox_id))
        inbox.channel_settings = {**inbox.channel_settings, **values.pop("channel_settings", {})}
        for name, value in values.items():
            setattr(inbox, name, value)


def serious(widget: Widget) -> list[str]:
    frame = next(frame for frame in widget.page.frames if "/widget?" in frame.url)
    return [f"{found['id']}: {found['nodes'][0]['html'][:120]}" for found in Axe().run(frame).response["violations"]]


def test_what_is_asked_is_answered_in_the_chat(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit().write("Hello")
    ask(cast, "input_select", SIZES, "Which size?")
    widget.frame.get_by_role("button", name="Medium").click()
    expect(widget.frame.locator(".ask-choice[aria-pressed=true]")).to_have_text("Medium")
    expect(widget.frame.get_by_role("button", name="Small")).to_be_disabled()
    ask(cast, "cards", CARDS, "These two")
    widget.frame.get_by_role("button", name="Hold it for me").click()
    expect(widget.frame.locator(".product-button[aria-pressed=true]")).to_have_text("Hold it for me")
    ask(cast, "article", ARTICLES)
    expect(widget.frame.get_by_role("link", name=re.compile("Find your size"))).to_be_visible()
    ask(cast, "form", FORM, "Tell us more")
    form = widget.frame.locator("form.ask")
    form.get_by_role("button", name="Send").click()
    expect(form.get_by_role("alert")).to_have_text("Fill this in.")
    form.get_by_label("Order number").fill("FW-20881")
    # Something else comes meanwhile: what was typed stays.
    answer(cast, "Take your time")
    expect(widget.messages.last).to_contain_text("Take your time")
    assert serious(widget) == []
    form.get_by_role("button", name="Send").click()
    expect(widget.frame.locator(".ask-answers")).to_contain_text("FW-20881")
    assert answers(cast) == ["m", "hold", "FW-20881"]


def test_an_address_is_asked_for_and_kept(visit: Callable[..., Widget], cast: Cast) -> None:
    set_inbox(cast, enable_email_collect=True)
    widget = visit().write("Hello")
    form = widget.frame.locator("form.ask")
    form.get_by_label("Your e-mail address").fill("dana")
    form.get_by_role("button", name="Send").click()
    expect(form.get_by_role("alert")).to_be_visible()
    form.get_by_label("Your e-mail address").fill("dana@example.com")
    form.get_by_role("button", name="Send").click()
    expect(widget.frame.locator(".ask-answer")).to_have_text("dana@example.com")
    with transaction(cast.account_id):
        assert db.session.scalars(select(Contact.email)).one() == "dana@example.com"


def test_several_conversations_stand_side_by_side(visit: Callable[..., Widget], cast: Cast) -> None:
    widget = visit().write("My grips came loose")
    widget.frame.get_by_role("button", name="Back").click()
    widget.frame.get_by_role("button", name="New conversation").click()
    expect(widget.messages).to_have_count(0)
    widget.field.fill("And my bell is broken")
    widget.field.press("Enter")
    expect(widget.frame.locator(".message-out:not(.is-draft)")).to_have_text(re.compile("And my bell"))
    widget.frame.get_by_role("button", name="Back").click()
    talks = widget.frame.locator("#talks > li")
    expect(talks).to_have_count(2)
    with transaction(cast.account_id):
        first = db.session.scalars(select(Conversation).order_by(Conversation.id)).first()
        assert first
        first.reply("Bring it in", by=bob(cast).actor)
    expect(widget.frame.locator("#talks .is-unread")).to_contain_text("Bring it in")
    expect(widget.frame.locator("#unread")).to_have_text("1")
    assert serious(widget) == []
    widget.frame.locator("#talks .is-unread button").click()
    expect(widget.messages).to_have_text([re.compile("My grips"), re.compile("Bring it in")])
    widget.field.fill("I come tomorrow")
    widget.field.press("Enter")
    expect(widget.messages).to_have_count(3)
    expect(widget.frame.locator("#unread")).to_be_hidden()
    with transaction(cast.account_id):
        last = db.session.scalars(select(Message).order_by(Message.id.desc())).first()
        assert last
        assert last.conversation_id == db.session.scalars(select(Conversation.id).order_by(Conversation.id)).first()


def test_an_ended_conversation_makes_room_for_another(visit: Callable[..., Widget], cast: Cast) -> None:
    set_inbox(cast, allow_messages_after_resolved=False)
    widget = visit().write("Hello")
    widget.frame.get_by_role("button", name="More").click()
    widget.frame.get_by_role("menuitem", name="End the conversation").click()
    widget.frame.get_by_role("button", name="Cancel").click()
    expect(widget.field).to_be_visible()
    widget.frame.get_by_role("button", name="More").click()
    widget.frame.get_by_role("menuitem", name="End the conversation").click()
    widget.frame.get_by_role("button", name="End it").click()
    expect(widget.frame.get_by_text("This conversation has ended.")).to_be_visible()
    expect(widget.field).to_be_hidden()
    widget.frame.locator("#over").get_by_role("button", name="New conversation").click()
    widget.field.fill("One more thing")
    widget.field.press("Enter")
    expect(widget.messages).to_have_count(1)
    expect(widget.messages.first.locator(".message-meta")).to_contain_text("Delivered")
    assert said(cast) == ["Hello", "One more thing"]
    with transaction(cast.account_id):
        assert db.session.scalars(select(Conversation.status).order_by(Conversation.id)).all() == ["resolved", "open"]


def test_the_form_comes_before_the_first_message(visit: Callable[..., Widget], cast: Cast) -> None:
    fields = [
        {"name": "emailAddress", "type": "email", "required": True, "enabled": True},
        {"field_type": "conversation_attribute", "name": "order", "label": "Order number", "enabled": True},
    ]
    set_inbox(cast, channel_settings={"pre_chat": {"enabled": True, "message": "Before we begin", "fields": fields}})
    widget = visit()
    widget.open_chat()
    form = widget.frame.locator("#pre-chat")
    expect(form).to_contain_text("Before we begin")
    expect(widget.field).to_be_hidden()
    form.get_by_label("Your message").fill("Where is my order?")
    form.get_by_role("button", name="Start the conversation").click()
    expect(form.get_by_role("alert")).to_have_text("Fill this in.")
    assert serious(widget) == []
    form.get_by_label("E-mail").fill("dana@example.com")
    form.get_by_label("Order number").fill("FW-20881")
    form.get_by_role("button", name="Start the conversation").click()
    expect(widget.messages).to_have_text(re.compile("Where is my order?"))
    expect(widget.field).to_be_visible()
    widget.write("It was due on Friday")
    with transaction(cast.account_id):
        assert db.session.scalars(select(Contact.email)).one() == "dana@example.com"
        assert db.session.scalars(select(Conversation.custom_attributes)).one() == {"order": "FW-20881"}


def test_a_closed_desk_says_when_it_is_back(visit: Callable[..., Widget], cast: Cast) -> None:
    with transaction(cast.account_id):
        inbox = db.session.get_one(Inbox, (cast.account_id, cast.inbox_id))
        inbox.working_hours_enabled, inbox.out_of_office_message = True, "We answer tomorrow."
        set_week(inbox, "UTC", [])
    widget = visit().open()
    expect(widget.frame.locator("#reply-time")).to_contain_text("We are closed right now")
    widget.type_in("Anyone?")
    expect(widget.messages.last).to_contain_text("We answer tomorrow.")


@pytest.mark.parametrize("dark", [False, True])
def test_a_copy_of_the_conversation_is_asked_for(visit: Callable[..., Widget], cast: Cast, dark: bool) -> None:
    widget = visit(dark=dark, width=390, height=844).write("Hello")
    widget.frame.get_by_role("button", name="More").click()
    sound = widget.frame.get_by_role("menuitemcheckbox", name="Sound")
    sound.click()
    expect(sound).to_have_attribute("aria-checked", "false")
    widget.frame.get_by_role("menuitem", name="Send me a copy").click()
    dialog = widget.frame.get_by_role("dialog")
    dialog.get_by_label("To which address?").fill("dana@example.com")
    assert serious(widget) == []
    dialog.get_by_role("button", name="Send").click()
    expect(widget.frame.get_by_text("A copy is on its way.")).to_be_visible()
    with transaction(cast.account_id):
        assert db.session.scalars(select(Work.job).where(Work.job == "send_mail")).all() == ["send_mail"]
