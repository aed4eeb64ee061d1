"""Answers have the fields and types that programs written for the contract rely on.

The tables are those of the contract's schemas; `?` may be null, `…` may be absent.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from app.ledger.transaction import transaction
from tests.cast import Cast, a_contact, a_conversation, a_session, alice, bob
from tests.programs import Program

AGENT = """
id integer, account_id integer, availability_status string, auto_offline boolean, confirmed boolean, email string,
available_name string, name string, role string, thumbnail string, custom_role_id integer?
"""
INBOX = """
id integer, name string, website_url string, channel_type string, avatar_url string, widget_color string,
website_token string, enable_auto_assignment boolean, web_widget_script string, welcome_title string?,
welcome_tagline string?, greeting_enabled boolean, greeting_message string?, channel_id integer,
working_hours_enabled boolean, enable_email_collect boolean, csat_survey_enabled boolean,
auto_assignment_config object, out_of_office_message string?, working_hours array, timezone string,
callback_webhook_url string?, allow_messages_after_resolved boolean, lock_to_single_conversation boolean,
sender_name_type string, business_name string?, hmac_mandatory boolean, selected_feature_flags array?,
reply_time string, messaging_service_sid string?, phone_number string?, provider string?
"""
CONTACT = """
additional_attributes object, availability_status string, email string?, id integer, name string,
phone_number string?, blocked boolean, identifier string?, thumbnail string, custom_attributes object,
last_activity_at integer?, created_at integer
"""
LISTED_CONTACT = f"{CONTACT}, contact_inboxes array"
NEW_CONTACT = """
additional_attributes object, availability_status string, email string…, id integer, name string,
phone_number string…, blocked boolean, identifier string…, thumbnail string, custom_attributes object,
last_activity_at integer…, created_at integer, contact_inboxes array
"""
MESSAGE = """
id integer, content string, account_id integer, inbox_id integer, conversation_id integer, message_type integer,
created_at integer, updated_at integer, private boolean, status string, source_id string?, content_type string,
content_attributes object, sender_type string?, sender_id integer?, external_source_ids object,
additional_attributes object, processed_message_content string?, sentiment object?, conversation object?,
attachment object?, attachments array, sender object…
"""
ATTACHMENT = """
id integer, message_id integer, file_type string, account_id integer, extension string?, data_url string,
thumb_url string, file_size integer, width integer?, height integer?
"""
CONVERSATION = """
id integer, meta object, messages array, account_id integer, uuid string, additional_attributes object,
agent_last_seen_at number, assignee_last_seen_at number, can_reply boolean, contact_last_seen_at number,
custom_attributes object, inbox_id integer, labels array, muted boolean, snoozed_until number?, status string,
created_at number, updated_at number, timestamp number, first_reply_created_at number?, unread_count integer,
last_non_activity_message object?, last_activity_at number, priority string?, waiting_since number?,
sla_policy_id number?
"""
PROFILE = """
id integer, access_token string, account_id integer, available_name string, avatar_url string, confirmed boolean,
display_name string?, message_signature string?, email string, hmac_identifier string, inviter_id integer?,
name string, provider string, pubsub_token string, role string, ui_settings object, uid string, type string?,
custom_attributes object, accounts array
"""
PLACE = """
id integer, name string, status string, active_at string?, role string, permissions array, availability string,
availability_status string, auto_offline boolean, custom_role_id integer?, custom_role object?
"""
PYTHON = {
    "integer": int, "number": (int, float), "string": str, "boolean": bool, "object": dict, "array": list,
}  # fmt: skip


def fits(value: dict[str, Any], table: str) -> None:
    for line in table.replace("\n", " ").split(","):
        if not line.strip():
            continue
        name, kind = line.split()
        if kind.endswith("…") and name not in value:
            continue
        assert name in value, f"{name} is missing"
        if kind.endswith("?") and value[name] is None:
            continue
        wanted = kind.rstrip("?…")
        is_right = isinstance(value[name], PYTHON[wanted]) and (
            wanted == "boolean" or not isinstance(value[name], bool)
        )
        assert is_right, f"{name} is {value[name]!r}, not of type {kind}"


@pytest.fixture
def talk(cast: Cast) -> None:
    with transaction(cast.account_id):
        first = a_conversation(cast, contact=a_contact(cast.account_id, email="dana@x.example"))
        first.assign(bob(cast), by=alice(cast).actor)
        first.reply("Hello", by=bob(cast).actor)
        a_conversation(cast)


def test_profile(alices: Program) -> None:
    profile = alices.get("/api/v1/profile").json
    fits(profile, PROFILE)
    fits(profile["accounts"][0], PLACE)
    assert profile["access_token"] == alices.token


def test_agents_are_a_bare_array(alices: Program) -> None:
    agents = alices.get("/agents").json
    assert [agent["name"] for agent in agents] == ["Alice", "Bob"]
    for agent in agents:
        fits(agent, AGENT)


def test_inboxes(alices: Program, cast: Cast) -> None:
    inboxes = alices.get("/inboxes").json["payload"]
    assert [inbox["channel_type"] for inbox in inboxes] == ["Channel::WebWidget"]
    fits(inboxes[0], INBOX)
    assert alices.get(f"/inboxes/{cast.inbox_id}").json == inboxes[0]


def test_contacts(talk: None, alices: Program, cast: Cast) -> None:
    for answer in (alices.get("/contacts").json, alices.get("/contacts/search?q=dana").json):
        fits(answer["meta"], "count integer, current_page integer")
        fits(answer["payload"][0], LISTED_CONTACT)
        fits(answer["payload"][0]["contact_inboxes"][0], "source_id string, inbox object")
        inbox = "id integer, avatar_url string, channel_id integer, name string, channel_type string, provider string?"
        fits(answer["payload"][0]["contact_inboxes"][0]["inbox"], inbox)
    fits(alices.get("/contacts/1").json["payload"], LISTED_CONTACT)
    made = alices.post("/contacts", json={"inbox_id": cast.inbox_id}).json
    fits(made, "id integer, availability_status string, payload array")
    fits(made["payload"][0], NEW_CONTACT)


def test_conversations(talk: None, alices: Program) -> None:
    data = alices.get("/conversations").json["data"]
    counts = "mine_count integer, unassigned_count integer, assigned_count integer, all_count integer"
    fits(data["meta"], counts)
    fits(alices.get("/conversations/meta").json["meta"], counts)
    for conversation in (*data["payload"], alices.get("/conversations/1").json):
        fits(conversation, CONVERSATION)
        fits(conversation["meta"], "sender object, channel string, hmac_verified boolean, assignee object…")
        fits(conversation["meta"]["sender"], CONTACT.replace("last_activity_at integer?", "last_activity_at integer"))
        fits(conversation["messages"][0], MESSAGE)
    fits(alices.get("/conversations/1").json["meta"]["assignee"], AGENT)


def test_acts(talk: None, alices: Program, cast: Cast) -> None:
    toggled = alices.post("/conversations/1/toggle_status", json={"status": "snoozed"}).json
    fits(toggled, "meta object, payload object")
    fits(toggled["payload"], "success boolean, current_status string, conversation_id integer")
    fits(alices.post("/conversations/1/assignments", json={"assignee_id": cast.bob_id}).json, AGENT)
    assert alices.post("/conversations/1/toggle_priority", json={"priority": "high"}).data == b""


def test_messages(talk: None, alices: Program) -> None:
    sent = {"content": "Look", "attachments[]": (BytesIO(b"a"), "a.txt")}
    made = alices.post("/conversations/1/messages", data=sent).json
    fits(made, MESSAGE)
    fits(made["attachments"][0], ATTACHMENT)
    read = alices.get("/conversations/1/messages").json
    meta = "labels array, additional_attributes object, contact object, assignee object…, "
    fits(read["meta"], meta + "agent_last_seen_at string?, assignee_last_seen_at string?")
    for message in read["payload"]:
        fits(message, MESSAGE)
    # What was said by nobody has no sender; the assignment is such a line, told by who did it.
    assert {message["message_type"] for message in read["payload"]} == {0, 1, 2}


def test_begun_conversations(alices: Program, cast: Cast) -> None:
    with transaction(cast.account_id):
        session = a_session(a_contact(cast.account_id), cast.inbox_id)
    sent = {"source_id": session.source_id, "inbox_id": cast.inbox_id}
    fits(alices.post("/conversations", json=sent).json, "id integer, account_id integer, inbox_id integer")
