"""The form before the chat: what it asks, what it takes, and where the answers go."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.channels.pre_chat import PreChatField, checked_answers
from app.errors import Invalid
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Contact, Conversation
from tests.cast import Cast, a_contact
from tests.visitors import Visitor, counted, set_inbox

FIELDS = [
    {"name": "emailAddress", "type": "email", "required": True, "enabled": True},
    {"name": "fullName", "enabled": True},
    {"name": "phoneNumber", "type": "phone"},
    {"field_type": "contact_attribute", "name": "plan", "type": "list", "values": ["Free", "Pro"], "enabled": True},
    {
        "field_type": "conversation_attribute",
        "name": "order",
        "required": True,
        "enabled": True,
        "regex_pattern": "FW-[0-9]+",
    },
]
GOOD = {"emailAddress": "Dana@Example.com", "fullName": "Dana", "plan": "Pro", "order": "FW-20881"}


@pytest.fixture
def asking(cast: Cast) -> None:
    set_inbox(cast, channel_settings={"pre_chat": {"enabled": True, "fields": FIELDS}})


@pytest.mark.usefixtures("asking")
def test_answers_are_kept_with_the_contact_and_the_conversation(dana: Visitor, cast: Cast) -> None:
    assert dana.ask("get", "config").get_json()["pre_chat"] == ["emailAddress", "fullName", "plan", "order"]
    assert dana.say("Where is it?", pre_chat=GOOD).status_code == 200
    with transaction(cast.account_id):
        contact = db.session.scalars(select(Contact)).one()
        assert (contact.name, contact.email, contact.custom_attributes) == ("Dana", "dana@example.com", {"plan": "Pro"})
    assert dana.conversation.custom_attributes == {"order": "FW-20881"}
    # What is known is not asked again; what belongs to the conversation is, with each.
    assert dana.ask("get", "config").get_json()["pre_chat"] == ["order"]
    assert dana.say("And another thing").status_code == 200


@pytest.mark.usefixtures("asking")
def test_what_does_not_fit_is_told_by_field_and_nothing_is_kept(dana: Visitor, cast: Cast) -> None:
    refused = dana.say("Hello", pre_chat={"emailAddress": "dana@", "plan": "Gold", "order": "12"})
    assert refused.status_code == 422
    assert set(refused.get_json()["fields"]) == {"pre_chat.emailAddress", "pre_chat.plan", "pre_chat.order"}
    assert dana.say("Hello").status_code == 422
    assert counted(cast, Contact) == counted(cast, Conversation) == 0


@pytest.mark.usefixtures("asking")
def test_a_known_person_is_found_and_keeps_their_name(dana: Visitor, cast: Cast) -> None:
    with transaction(cast.account_id):
        known = a_contact(cast.account_id, "Dana Known", email="dana@example.com").id
    dana.say("Hello", pre_chat={**GOOD, "fullName": "D."})
    with transaction(cast.account_id):
        contact = db.session.scalars(select(Contact)).one()
        assert (contact.id, contact.name) == (known, "Dana Known")


def test_without_a_form_nothing_is_asked(dana: Visitor, cast: Cast) -> None:
    assert dana.ask("get", "config").get_json()["pre_chat"] == []
    assert dana.say("Hello", pre_chat={"emailAddress": "x", "admin": "1"}).status_code == 200
    with transaction(cast.account_id):
        assert db.session.scalars(select(Contact.email)).all() == [None]


@pytest.mark.parametrize(
    ("values", "said", "kept"),
    [
        ({"type": "number"}, "12.50", 12.5),
        ({"type": "number"}, "12", 12),
        ({"type": "number"}, "twelve", None),
        ({"type": "number"}, "inf", None),
        ({"type": "date"}, "2026-11-22", "2026-11-22"),
        ({"type": "date"}, "22.11.2026", None),
        ({"type": "link"}, "https://shop.example", "https://shop.example"),
        ({"type": "link"}, "shop", None),
        ({"type": "checkbox"}, "true", True),
        ({"type": "checkbox", "required": True}, "", None),
        ({"type": "phone"}, "+49 30 123456", "+4930123456"),
        ({"type": "phone"}, "123", None),
        ({"regex_pattern": "(a+)+b"}, "a" * 1400, None),
        ({}, "x" * 1501, None),
        ({"required": True}, "   ", None),
        ({"required": True}, {"no": "text"}, None),
    ],
)
def test_each_kind_of_field_takes_its_kind_of_answer(values: dict[str, Any], said: Any, kept: Any) -> None:
    asked = [PreChatField(field_type="contact_attribute", name="it", enabled=True, **values)]
    if kept is None:
        with pytest.raises(Invalid):
            checked_answers(asked, {"it": said})
    else:
        assert checked_answers(asked, {"it": said}).contact == {"it": kept}
