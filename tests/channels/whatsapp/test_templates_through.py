"""Templates from the provider to the composer and to programs, and out again: by the real doors."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.actions.sync_templates import sync_all_templates
from app.ledger.drain import drain
from app.ledger.transaction import system, transaction
from app.lib.database import db
from app.lib.queue import Queue
from app.models import ContactInbox, Conversation, Inbox, MessageTemplate, Work
from app.models.connection import Connection
from tests.blueprints.agent.test_inbox import signed_in
from tests.cast import Cast, a_contact
from tests.channels.whatsapp.forms import ALL, HELLO
from tests.channels.whatsapp.through import comes, the_path
from tests.fakes.whatsapp import WhatsAppGraph
from tests.programs import Program, a_program
from workers.jobs import JOBS


def test_a_closed_window_takes_a_template_and_nothing_else(
    client: FlaskClient, cast: Cast, inbox: Inbox, graph: WhatsAppGraph
) -> None:
    comes(client, "text", timestamp="1739321025")
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation)).one()
        talk.last_incoming_at = talk.created_at.replace(year=2024)
    bob, path = signed_in(client, "Bob"), the_path(cast)
    assert "Choose a template" in bob.get(path).text
    assert bob.post(f"{path}/messages", data={"client_id": "words-0001", "content": "Hello?"}).status_code == 409
    open_blanks = json.dumps({"key": "order_shipped:en_US", "params": {}})
    assert bob.post(f"{path}/messages", data={"client_id": "blank-0001", "template": open_blanks}).status_code == 422
    template = json.dumps({"key": "hello_world:de", "params": {}})
    assert bob.post(f"{path}/messages", data={"client_id": "hello-0001", "template": template}).status_code == 200
    drain(Queue.OUTBOUND, JOBS)
    assert graph.sent[-1]["template"]["language"]["code"] == "de"
    page = bob.get(path).text
    assert "hello world" in page
    assert "Willkommen!" in page


@pytest.mark.parametrize(
    "odd", ["", "{", "[]", "7", '{"key": 3}', '{"key": "too_loud:en_US"}', '{"key": "three_cards:en_US"}']
)
def test_what_is_no_template_is_refused(client: FlaskClient, cast: Cast, inbox: Inbox, odd: str) -> None:
    comes(client, "text")
    answer = signed_in(client, "Bob").post(
        f"{the_path(cast)}/messages", data={"client_id": "odd-00001", "template": odd}
    )
    assert answer.status_code == 422


def test_the_picker_finds_templates_and_shows_one_to_be_filled_in(
    client: FlaskClient, cast: Cast, inbox: Inbox
) -> None:
    comes(client, "text")
    bob, path = signed_in(client, "Bob"), f"{the_path(cast)}/templates"
    page = bob.get(path).text
    assert page.count("data-template=") == 6
    assert "too loud" not in page
    found = bob.get(f"{path}/found?q=track bell").text
    assert "data-template=" not in found
    found = bob.get(f"{path}/found?q=way order").text
    assert found.count("data-template=") == 1
    (number,) = re.findall(r'data-template="(\d+)"', found)
    form = bob.get(f"{path}/{number}").text
    assert 'data-blank="body.2"' in form
    assert "<b><mark" in form
    assert "Track it" in form


def test_charlie_sees_no_templates_of_others(client: FlaskClient, cast: Cast, inbox: Inbox) -> None:
    comes(client, "text")
    path = the_path(cast)
    charlie = signed_in(client, "Charlie")
    assert charlie.get(f"{path}/templates").status_code == 404
    assert charlie.get(f"/accounts/{cast.account_id}/settings/inboxes/{inbox.id}/templates").status_code == 404


def test_templates_follow_the_provider(client: FlaskClient, cast: Cast, inbox: Inbox, graph: WhatsAppGraph) -> None:
    with transaction(cast.account_id):
        assert len(MessageTemplate.of(inbox)) == len(ALL)
    graph.templates = [{**HELLO, "status": "PAUSED"}]
    page = signed_in(client, "Alice").post(
        f"/accounts/{cast.account_id}/settings/inboxes/{inbox.id}/templates/sync", follow_redirects=True
    )
    assert page.status_code == 200
    with transaction(cast.account_id):
        (left,) = MessageTemplate.of(inbox)
    assert (left.name, left.status) == ("hello_world", "paused")
    listed = client.get(f"/accounts/{cast.account_id}/settings/inboxes/{inbox.id}/templates").text
    assert "0 approved, 1 paused" in listed


def test_what_is_in_the_way_of_a_sync_is_told_and_nothing_is_lost(
    client: FlaskClient, cast: Cast, inbox: Inbox, graph: WhatsAppGraph
) -> None:
    with transaction(cast.account_id):
        kept = db.session.get_one(Inbox, (cast.account_id, inbox.id))
        kept.credentials = {**kept.credentials, "access_token": "ended"}
    path = f"/accounts/{cast.account_id}/settings/inboxes/{inbox.id}/templates"
    signed_in(client, "Alice").post(f"{path}/sync")
    assert "Invalid OAuth access token" in client.get(path).text
    with transaction(cast.account_id):
        assert len(MessageTemplate.of(inbox)) == len(ALL)


def test_the_clock_syncs_what_was_synced_too_long_ago(cast: Cast, inbox: Inbox) -> None:
    with system(why="tests"):
        sync_all_templates()
    assert ordered() == 0
    with transaction(cast.account_id):
        connection = Connection.of(inbox)
        assert connection.templates_synced_at is not None
        connection.templates_synced_at = connection.templates_synced_at.replace(year=2020)
    with system(why="tests"):
        sync_all_templates()
    assert ordered() == 1


def ordered() -> int:
    with system(why="tests"):
        orders = select(func.count()).select_from(Work).where(Work.job == "sync_templates", Work.state == "ready")
        return db.session.scalar(orders) or 0


@pytest.fixture
def alices(app: Flask, cast: Cast) -> Program:
    return a_program(app, cast.alice_id, cast.account_id)


def test_programs_see_sync_and_send_templates(
    client: FlaskClient, cast: Cast, inbox: Inbox, graph: WhatsAppGraph, alices: Program, app: Flask
) -> None:
    comes(client, "text")
    listed = alices.get(f"/inboxes/{inbox.id}").get_json()["message_templates"]
    assert {"name", "language", "status", "category", "components", "id"} <= listed[0].keys()
    assert {each["status"] for each in listed} == {"APPROVED", "REJECTED"}
    assert alices.post(f"/inboxes/{inbox.id}/sync_templates").status_code == 200
    assert a_program(app, cast.bob_id, cast.account_id).post(f"/inboxes/{inbox.id}/sync_templates").status_code == 401
    assert alices.post(f"/inboxes/{cast.inbox_id}/sync_templates").status_code == 422
    number = the_path(cast).rsplit("/", 1)[1]
    params = {
        "name": "new_season",
        "category": "MARKETING",
        "language": "en_US",
        "processed_params": {
            "body": {"first_name": "Dana"},
            "header": {"media_url": "https://picsum.photos/200/300", "media_type": "image"},
        },
    }
    answer = alices.post(f"/conversations/{number}/messages", json={"content": "Hi", "template_params": params})
    told = answer.get_json()
    assert answer.status_code == 200, told
    assert told["content"] == "The new season is here, Dana."
    assert told["additional_attributes"]["template_params"]["name"] == "new_season"
    drain(Queue.OUTBOUND, JOBS)
    assert (
        graph.sent[-1]["template"]["components"][0]["parameters"][0]["image"]["link"] == "https://picsum.photos/200/300"
    )
    for wrong in ({**params, "name": "nobody"}, {**params, "processed_params": {}}, {"language": "en"}):
        answer = alices.send(
            "POST", f"/conversations/{number}/messages", json={"content": "Hi", "template_params": wrong}
        )
        assert answer.status_code == 422


def test_a_program_begins_a_conversation_by_a_template(
    cast: Cast, inbox: Inbox, graph: WhatsAppGraph, alices: Program
) -> None:
    with transaction(cast.account_id):
        dana = a_contact(cast.account_id, "Dana", phone_number="+16505551234")
        ContactInbox.begin(dana, inbox, "16505551234")
    hello = {"name": "hello_world", "language": "en_US"}
    begun = {"inbox_id": inbox.id, "contact_id": dana.id, "message": {"template_params": hello}}
    assert alices.post("/conversations", json=begun).status_code == 200
    drain(Queue.OUTBOUND, JOBS)
    assert graph.sent[-1]["template"]["name"] == "hello_world"
