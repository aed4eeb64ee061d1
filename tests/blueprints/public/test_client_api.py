"""A customer's app writes, reads and gives signs of life through the client API."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from sqlalchemy import select

from app.ledger.transaction import transaction
from app.lib.database import db
from app.lib.week import Hours
from app.models import Contact, Conversation, Event, Inbox, Message
from app.models.working_hours import set_week
from tests.blueprints.public.conftest import Client, MakeClient
from tests.cast import Cast, bob


def only_conversation(cast: Cast) -> Conversation:
    return db.session.scalars(select(Conversation)).one()


def answered(cast: Cast, text: str, **given: Any) -> int:
    with transaction(cast.account_id):
        return only_conversation(cast).reply(text, by=bob(cast).actor, **given).id


def test_an_inbox_tells_what_its_customers_may_know(dana: Client, a_client: MakeClient) -> None:
    told = dana.get("").json
    assert told == {
        "identifier": dana.identifier,
        "name": "App",
        "timezone": "UTC",
        "working_hours": told["working_hours"],
        "working_hours_enabled": False,
        "csat_survey_enabled": False,
        "greeting_enabled": False,
        "identity_validation_enabled": False,
    }
    assert a_client(hmac_mandatory=True).get("").json["identity_validation_enabled"] is True


def test_the_hours_are_told_day_by_day(dana: Client, cast: Cast) -> None:
    with transaction(cast.account_id):
        inbox = db.session.get_one(Inbox, (cast.account_id, dana.inbox_id))
        inbox.working_hours_enabled = True
        set_week(
            inbox, "Europe/Lisbon", [Hours(1, 540, 720), Hours(1, 780, 1050), Hours(2, 0, 1440), Hours(3, 600, 1440)]
        )
    told = dana.get("").json
    assert (told["timezone"], told["working_hours_enabled"]) == ("Europe/Lisbon", True)
    sunday, monday, tuesday, wednesday = told["working_hours"][:4]
    assert sunday == {"day_of_week": 0, "open_all_day": False, "closed_all_day": True}
    assert tuesday == {"day_of_week": 2, "open_all_day": True, "closed_all_day": False}
    times = ("open_hour", "open_minutes", "close_hour", "close_minutes")
    assert [monday[name] for name in times] == [9, 0, 17, 30]
    assert [wednesday[name] for name in times] == [10, 0, 23, 59]


def test_what_a_customer_writes_is_on_the_desk_and_the_answer_is_read(dana: Client, cast: Cast) -> None:
    contact = dana.contact(name="Dana", email="Dana@Example.com", custom_attributes={"plan": "gold"})
    talk = dana.conversation(contact)
    said = dana.post(f"{talk}/messages", json={"content": "Is the Ridge 2 back?", "echo_id": "a1"}).json
    assert (said["content"], said["message_type"], said["echo_id"]) == ("Is the Ridge 2 back?", 0, "a1")
    assert said["sender"]["type"] == "contact"
    with transaction(cast.account_id):
        conversation = only_conversation(cast)
        assert conversation.display_id == said["conversation_id"]
        assert conversation.unread_count == 1
        person = conversation.contact
        assert (person.name, person.email, person.custom_attributes) == ("Dana", "dana@example.com", {"plan": "gold"})
    answered(cast, "It is **back**.")
    messages = dana.get(f"{talk}/messages").json
    assert [(each["message_type"], each["content"]) for each in messages] == [
        (0, "Is the Ridge 2 back?"),
        (1, "It is **back**."),
    ]
    assert messages[1]["sender"] == {
        "id": cast.bob_id,
        "name": "Bob",
        "available_name": "Bob",
        "avatar_url": "",
        "thumbnail": "",
        "type": "user",
    }
    assert dana.get(f"{talk}/messages?after={said['id']}").json == messages[1:]
    assert dana.get(f"{talk}/messages?before={messages[1]['id']}").json == messages[:1]
    assert dana.get(f"{talk}/messages/{said['id']}").json == messages[0]


def test_notes_and_what_the_desk_did_are_not_told(dana: Client, cast: Cast) -> None:
    talk = dana.conversation(dana.contact())
    dana.post(f"{talk}/messages", json={"content": "Hello"})
    note = answered(cast, "Troublesome.", private=True)
    with transaction(cast.account_id):
        only_conversation(cast).resolve(by=bob(cast).actor)
        only_conversation(cast).reopen(by=bob(cast).actor)
    assert [each["content"] for each in dana.get(f"{talk}/messages").json] == ["Hello"]
    assert [each["content"] for each in dana.get(talk).json["messages"]] == ["Hello"]
    assert dana.get(f"{talk}/messages/{note}").status_code == 404


def test_the_same_under_one_echo_id_is_one_message_and_something_else_is_another(dana: Client, cast: Cast) -> None:
    talk = dana.conversation(dana.contact())
    for content in ("Hello", "Hello", "Are you there?"):
        answer = dana.post(f"{talk}/messages", json={"content": content, "echo_id": 1})
        assert answer.status_code == 200
        assert answer.json["echo_id"] == 1
    assert [each["content"] for each in dana.get(f"{talk}/messages").json] == ["Hello", "Are you there?"]


def test_a_repeat_with_its_file_is_one_message_with_one_file(dana: Client, cast: Cast) -> None:
    talk = dana.conversation(dana.contact())
    for _ in range(2):
        form = {"content": "See", "echo_id": "x", "attachments[]": (BytesIO(b"%PDF-1.4 frame"), "frame.pdf")}
        answer = dana.post(f"{talk}/messages", data=form)
        assert answer.status_code == 200, answer.text
    (message,) = dana.get(f"{talk}/messages").json
    (file,) = message["attachments"]
    assert file["extension"] == "pdf"
    path = file["data_url"].removeprefix("http://localhost")
    assert dana.http.get(path).data == b"%PDF-1.4 frame"


def test_a_message_joins_the_conversation_it_is_posted_to_and_reopens_it(dana: Client, cast: Cast) -> None:
    contact = dana.contact()
    first, second = dana.conversation(contact), dana.conversation(contact)
    dana.post(f"{second}/messages", json={"content": "Two"})
    assert dana.post(f"{first}/toggle_status").json["status"] == "resolved"
    dana.post(f"{first}/messages", json={"content": "One"})
    assert dana.get(first).json["status"] == "open"
    assert [each["content"] for each in dana.get(first).json["messages"]] == ["One"]
    listed = dana.get(f"{contact}/conversations").json
    assert {each["id"]: each["messages"][0]["content"] for each in listed} == {1: "One", 2: "Two"}


def test_what_is_seen_is_marked_as_read(dana: Client, cast: Cast) -> None:
    talk = dana.conversation(dana.contact(name="Dana"))
    dana.post(f"{talk}/messages", json={"content": "Hello"})
    with transaction(cast.account_id):
        only_conversation(cast).reply("Hello Dana", by=bob(cast).actor, status="sent")
    assert dana.post(f"{talk}/update_last_seen").status_code == 200
    with transaction(cast.account_id):
        statuses = db.session.scalars(select(Message.status).where(Message.message_type == "outgoing")).all()
        assert statuses == ["read"]
        assert db.session.scalars(select(Event.name).where(Event.name == "conversation.read")).one()
        assert only_conversation(cast).contact_last_seen_at


def test_a_question_is_answered(dana: Client, cast: Cast) -> None:
    talk = dana.conversation(dana.contact())
    dana.post(f"{talk}/messages", json={"content": "Hello"})
    items = [{"title": "Pick up", "value": "pick_up"}, {"title": "Delivery", "value": "delivery"}]
    asked = answered(cast, "How?", content_type="input_select", content_attributes={"items": items})
    told = dana.get(f"{talk}/messages/{asked}").json
    assert (told["content_type"], told["content_attributes"]) == ("input_select", {"items": items})
    path = f"{talk}/messages/{asked}"
    assert dana.patch(path, json={"submitted_values": {"value": "by air"}}).status_code == 422
    done = dana.patch(path, json={"submitted_values": {"title": "Delivery", "value": "delivery"}}).json
    assert done["content_attributes"]["submitted_values"] == [{"title": "Delivery", "value": "delivery"}]
    assert dana.patch(path, json={"submitted_values": [{"value": "pick_up"}]}).status_code == 409


def test_a_new_conversation_carries_attributes_and_with_one_thread_only_it_is_gone_on_with(
    dana: Client, cast: Cast
) -> None:
    contact = dana.contact()
    begun = dana.post(f"{contact}/conversations", json={"custom_attributes": {"order": 12}}).json
    with transaction(cast.account_id):
        conversation = only_conversation(cast)
        assert conversation.custom_attributes == {"order": 12}
        conversation.inbox.lock_to_single_conversation = True
    assert dana.post(f"{contact}/conversations").json["id"] == begun["id"]


def test_browsers_of_any_site_may_call(dana: Client) -> None:
    asked = dana.send("OPTIONS", "/contacts", headers={"Origin": "https://shop.example"})
    assert asked.status_code == 200
    refused = dana.post("/contacts", json={"email": "none"}, headers={"Origin": "https://shop.example"})
    for answer in (asked, refused, dana.get("/contacts/nobody")):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers


def test_someone_who_is_known_is_not_described_to_whoever_claims_to_be_them(dana: Client, cast: Cast) -> None:
    with transaction(cast.account_id):
        known = Contact(account_id=cast.account_id, name="Erin", email="erin@example.com", identifier="erin-1")
        db.session.add(known)
        db.session.flush()
        known_id = known.id
    told = dana.post("/contacts", json={"identifier": "erin-1"}).json
    assert told["id"] == known_id
    assert (told["identifier"], told["email"], told["name"]) == ("erin-1", None, None)
    again = dana.get(f"/contacts/{told['source_id']}").json
    assert (again["identifier"], again["email"], again["name"]) == (None, None, None)
