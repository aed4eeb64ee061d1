"""From Meta's webhook into the thread, and from the composer out to Meta: by the real doors, with a stand-in for Meta."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from app.ledger.drain import drain
from app.ledger.transaction import transaction
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Attachment, Contact, ContactInbox, Inbox
from tests.blueprints.agent.test_inbox import signed_in
from tests.cast import Cast, a_contact
from tests.channels.whatsapp.conftest import body_of
from tests.channels.whatsapp.through import HOOK, comes, the_path, thread
from tests.fakes.whatsapp import WhatsAppGraph, refusal
from workers.jobs import JOBS


def a_png() -> bytes:
    file = BytesIO()
    Image.new("RGB", (8, 8), "red").save(file, "PNG")
    return file.getvalue()


PNG = a_png()


def test_a_customer_writes_and_is_answered_and_reads_it(
    client: FlaskClient, cast: Cast, inbox: Inbox, graph: WhatsAppGraph
) -> None:
    comes(client, "text")
    (asked,) = thread(cast)
    assert (asked.content, asked.status) == ("Does it come in another colour?", "sent")
    bob = signed_in(client, "Bob")
    bob.post(f"{the_path(cast)}/messages", data={"client_id": "answer-0001", "content": "In **blue**, yes."})
    drain(Queue.OUTBOUND, JOBS)
    assert graph.sent[-1]["text"]["body"] == "In *blue*, yes."
    assert graph.sent[-1]["to"] == "16505551234"
    for name in ("status_delivered", "status_read"):
        comes(client, name)
    told = thread(cast)[-1]
    assert (told.status, told.source_id) == ("read", "wamid.OUT1")
    assert told.additional_attributes["pricing"]["category"] == "utility"
    assert 'title="Charged as utility"' in bob.get(the_path(cast)).text
    comes(client, "reaction")
    assert thread(cast)[-1].content_attributes["reactions"] == {"👍": ["Sheena Nelson"]}


def test_a_picture_is_fetched_in_two_steps(client: FlaskClient, cast: Cast, inbox: Inbox, graph: WhatsAppGraph) -> None:
    graph.keep_media(PNG, "image/jpeg")
    comes(client, "image")
    drain(Queue.OUTBOUND, JOBS)
    with transaction(cast.account_id):
        (kept,) = db.session.scalars(select(Attachment)).all()
    assert (kept.state, kept.kind, kept.byte_size) == ("ready", "image", len(PNG))
    assert [each.path.rsplit("/", 1)[0] for each in graph.asked[-2:]] == ["/v22.0", "/lookaside"]


@pytest.mark.parametrize("how", ["gone", "inside", "large"])
def test_a_picture_that_cannot_be_had_is_told(
    client: FlaskClient, cast: Cast, inbox: Inbox, graph: WhatsAppGraph, how: str
) -> None:
    if how != "gone":
        graph.keep_media(PNG, "image/jpeg")
    graph.media_at = "http://127.0.0.1:1/secret" if how == "inside" else ""
    graph.media_size = 10**12 if how == "large" else 0
    comes(client, "image")
    drain(Queue.OUTBOUND, JOBS)
    with transaction(cast.account_id):
        (kept,) = db.session.scalars(select(Attachment)).all()
    assert kept.state == "failed"
    assert kept.error


@pytest.mark.parametrize(("first", "second"), [("551187654321", "5511987654321"), ("5491123456789", "541123456789")])
def test_both_forms_of_a_number_are_one_person(
    client: FlaskClient, cast: Cast, inbox: Inbox, first: str, second: str
) -> None:
    comes(client, "text", **{"from": first})
    comes(client, "text", **{"from": second, "id": "wamid.second"})
    with transaction(cast.account_id):
        assert len(db.session.scalars(select(ContactInbox).where(ContactInbox.inbox_id == inbox.id)).all()) == 1


def test_somebody_with_a_new_number_stays_the_same_person(client: FlaskClient, cast: Cast, inbox: Inbox) -> None:
    comes(client, "text")
    comes(client, "number_changed")
    comes(client, "text", **{"from": "12195555358", "id": "wamid.after"})
    with transaction(cast.account_id):
        (session,) = db.session.scalars(select(ContactInbox).where(ContactInbox.inbox_id == inbox.id)).all()
        assert (session.source_id, session.contact.phone_number) == ("12195555358", "+12195555358")
    assert len(thread(cast)) == 3


def test_a_contact_that_is_written_to_first_answers_in_the_same_conversation(
    client: FlaskClient, cast: Cast, inbox: Inbox, graph: WhatsAppGraph
) -> None:
    with transaction(cast.account_id):
        dana = a_contact(cast.account_id, "Dana", phone_number="+5491123456789")
    bob = signed_in(client, "Bob")
    page = bob.get(f"/accounts/{cast.account_id}/contacts/{dana.id}/conversations/new").text
    assert "data-template-only" in page
    began = bob.post(
        f"/accounts/{cast.account_id}/contacts/{dana.id}/conversations",
        data={"client_id": "begun-0001", "inbox": inbox.id},
    )
    assert began.status_code == 303
    template = json.dumps({"key": "hello_world:en_US", "params": {}})
    graph.window_open = False
    said = bob.post(f"{the_path(cast)}/messages", data={"client_id": "hello-0001", "template": template})
    assert said.status_code == 200
    drain(Queue.OUTBOUND, JOBS)
    assert (graph.sent[-1]["to"], graph.sent[-1]["template"]["name"]) == ("541123456789", "hello_world")
    comes(client, "argentina")
    assert [each.content for each in thread(cast)] == ["Welcome!", "Hola"]


def test_a_failure_is_told_with_what_it_means(
    client: FlaskClient, cast: Cast, inbox: Inbox, graph: WhatsAppGraph
) -> None:
    comes(client, "text")
    bob = signed_in(client, "Bob")
    graph.instead.append(refusal(131026, "(#131026) Message undeliverable", details="Message Undeliverable."))
    bob.post(f"{the_path(cast)}/messages", data={"client_id": "answer-0001", "content": "Yes."})
    drain(Queue.OUTBOUND, JOBS)
    assert thread(cast)[-1].status == "failed"
    page = bob.get(the_path(cast)).text
    assert "(#131026) Message undeliverable: Message Undeliverable" in page
    assert "it may not be on WhatsApp" in page
    bob.post(f"{the_path(cast)}/messages/answer-0001/delivery")
    drain(Queue.OUTBOUND, JOBS)
    assert thread(cast)[-1].status == "sent"


def test_names_and_words_from_outside_are_no_markup(client: FlaskClient, cast: Cast, inbox: Inbox) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    body = body_of("text")
    value = body["entry"][0]["changes"][0]["value"]
    value["contacts"][0]["profile"]["name"] = value["messages"][0]["text"]["body"] = evil
    assert client.post(HOOK, **WhatsAppGraph.signed(body)).status_code == 200
    drain(Queue.INBOUND, JOBS)
    page = signed_in(client, "Bob").get(the_path(cast)).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    with transaction(cast.account_id):
        assert db.session.scalars(select(Contact.name).where(Contact.name == evil)).all()
