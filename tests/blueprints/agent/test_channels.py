"""What the desk's doors do for channels: mails, files that were lost, originals, windows, beginnings and troubles."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.ledger.transaction import transaction
from app.lib import clock
from app.lib.database import db
from app.models import Attachment, Connection, Contact, Conversation, Event, Inbox, Letter, Message, Work
from tests.blueprints.agent.test_inbox import FRAGMENT, path, say, signed_in
from tests.browser.channels import a_file, a_mail, an_api_inbox, an_email_inbox, answered, begun_in, came, every_state
from tests.cast import Cast, a_contact, a_conversation, a_session

GRETA = "greta@lindqvist.example"


@pytest.fixture
def bob(cast: Cast, client: FlaskClient) -> FlaskClient:
    return signed_in(client, "Bob")


def a_mailbox_thread(cast: Cast, **about: Any) -> str:
    """A conversation by mail with one mail in it; returns the mail's client id."""
    with transaction(cast.account_id):
        talk = begun_in(an_email_inbox(cast), a_contact(cast.account_id, "Greta", email=GRETA))
        return a_mail(talk, **about).client_id


def the_only(kind: Any) -> Any:
    return db.session.scalars(select(kind)).one()


def last_said(cast: Cast) -> Message:
    with transaction(cast.account_id):
        return db.session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()


def test_every_state_is_told_with_its_way_out(bob: FlaskClient, cast: Cast) -> None:
    number = every_state(cast)
    page = bob.get(path(cast, number=number)).text
    for words in (
        "Retrying, next try",
        "The receiver answered 503",
        "550 5.1.1 No such user here",
        "This address does not exist",
        "May have been sent",
        "This channel cannot be asked",
        "Sent from another program",
        "Edited",
        "The customer deleted this message.",
        "It came in later",
        "something Parley cannot show yet",
        "Could not be fetched",
        "on its way",
        "Tomorrow is fine.",
        "Anna Lindqvist",
    ):
        assert words in page, words
    assert "mlat=38.7223&amp;mlon=-9.1393" in page
    assert 'style="' not in page


def test_hostile_attributes_of_a_channel_are_words_only(bob: FlaskClient, cast: Cast) -> None:
    odd = {
        "reactions": {"<b>": ["<script>x</script>"], "👍": "one", "🎉": []},
        "is_unsupported": True,
        "unsupported": "<img src=x onerror=y>" * 20,
        "left_out": ["<i>"],
    }
    with transaction(cast.account_id):
        talk = a_conversation(cast)
        message = came(talk, "<script>alert(1)</script>", content_attributes=odd)
        meta = {"waveform": ["<x>", 3, None, 10**30], "transcribed_text": ["no"], "duration": "long", "phones": 7}
        a_file(message, "audio", storage_key="none", meta=meta)
        a_file(message, "contact", fallback_title="<b>Anna</b>", meta=meta | {"email": {"a": 1}})
        a_file(message, "location", fallback_title="<b>there</b>")
        for bare in ("audio", "contact", "video", "location", "image", "share"):
            a_file(message, bare, storage_key="none")
            a_file(message, bare, meta={"phones": {"a": 1}, "waveform": {"a": 1}}, external_url="javascript:alert(1)")
        came(
            talk,
            "a mail",
            content_type="incoming_email",
            content_attributes={"email": {"to": 7, "names": "x", "parts": [3]}},
        )
        came(talk, "a mail", content_type="incoming_email", content_attributes={"email": ["no", "mapping"]})
    page = bob.get(path(cast)).text
    assert "javascript:" not in page
    for markup in ("<script>x", "<script>alert", "<img src=x", "<b>Anna", "<b>there"):
        assert markup not in page


def test_asking_the_provider_is_for_channels_that_can_be_asked(bob: FlaskClient, cast: Cast) -> None:
    with transaction(cast.account_id):
        talk = begun_in(an_api_inbox(cast), a_contact(cast.account_id))
        unsure = answered(talk, cast, "Is this right?", status="unsure").client_id
    assert bob.post(path(cast, f"/messages/{unsure}/delivery/check"), headers=FRAGMENT).status_code == 404
    assert bob.post(path(cast, "/messages/of-nobody/delivery/check"), headers=FRAGMENT).status_code == 404
    assert bob.post(path(cast, f"/messages/{unsure}/delivery"), headers=FRAGMENT).status_code == 200
    assert last_said(cast).status == "queued"


def test_a_lost_file_is_fetched_again_once(bob: FlaskClient, cast: Cast) -> None:
    with transaction(cast.account_id):
        message = came(a_conversation(cast), "Look")
        lost = a_file(message, "image", state="failed", error="404", ref={"id": "1"})
        here = a_file(message, "image", state="ready", ref={"id": "2"})
        other = came(a_conversation(cast), "Another")
    tries = [bob.post(path(cast, f"/messages/{message.client_id}/attachments/{lost.uuid}/fetch")) for _ in range(3)]
    assert [each.status_code for each in tries] == [200, 200, 200]
    assert "on its way" in tries[0].text
    assert bob.post(path(cast, f"/messages/{message.client_id}/attachments/{here.uuid}/fetch")).status_code == 200
    assert bob.post(path(cast, f"/messages/{other.client_id}/attachments/{lost.uuid}/fetch")).status_code == 404
    assert bob.post(path(cast, f"/messages/{message.client_id}/attachments/{uuid.uuid4()}/fetch")).status_code == 404
    with transaction(cast.account_id):
        assert db.session.scalars(select(Attachment.state).order_by(Attachment.id)).all() == ["pending", "ready"]
        assert [work.args for work in db.session.scalars(select(Work).where(Work.job == "fetch_media"))] == [
            [cast.account_id, lost.id]
        ]


def test_an_original_is_taken_away_by_administrators_only(client: FlaskClient, cast: Cast) -> None:
    a_mailbox_thread(cast)
    with transaction(cast.account_id):
        mail = the_only(Letter)
        inbox_id = mail.inbox_id
        told = Letter(account_id=cast.account_id, inbox_id=inbox_id, sender="d", key="2", payload={"text": "<script>"})
        db.session.add(told)
    address = f"/accounts/{cast.account_id}/letters"
    assert client.get(f"{address}/{mail.id}/original").status_code == 303
    assert signed_in(client, "Bob").get(f"{address}/{mail.id}/original").status_code == 403
    assert signed_in(client, "Charlie").get(f"{address}/{mail.id}/original").status_code == 404
    charlies = f"/accounts/{cast.other_account_id}/letters/{mail.id}/original"
    assert client.get(charlies).status_code == 404
    alice = signed_in(client, "Alice")
    raw, payload = alice.get(f"{address}/{mail.id}/original"), alice.get(f"{address}/{told.id}/original")
    assert (raw.data, raw.mimetype) == (mail.raw, "message/rfc822")
    assert (json.loads(payload.data), payload.mimetype) == ({"text": "<script>"}, "application/json")
    for answer, ending in ((raw, "eml"), (payload, "json")):
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["Content-Disposition"].endswith(f'.{ending}"')
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert alice.get(f"{address}/{2**62}/original").status_code == 404


def test_the_html_of_a_mail_can_do_nothing(bob: FlaskClient, cast: Cast) -> None:
    mail = a_mailbox_thread(cast)
    answer = bob.get(path(cast, f"/messages/{mail}/mail"))
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "allow-scripts" not in policy
    assert "<script" not in answer.text
    assert "14 club bikes" in answer.text
    assert "pictures.example" not in answer.text
    page = bob.get(path(cast)).text
    assert 'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"' in page
    assert "Show remote images (1)" in page
    assert f"/letters/{1}/original" in page


def test_pictures_from_elsewhere_come_through_us_once_they_are_wanted(bob: FlaskClient, cast: Cast) -> None:
    mail = a_mailbox_thread(cast, html='<table background="https://pictures.example/a.png?b=1&amp;c=2"><tr><td>Hello')
    for _ in range(2):
        assert bob.post(path(cast, "/remote-images")).status_code == 204
    shown = bob.get(path(cast, f"/messages/{mail}/mail")).text
    assert 'background="/pictures/' in shown
    assert "pictures.example" not in shown
    assert "Show remote images" not in bob.get(path(cast)).text
    with transaction(cast.account_id):
        assert len(db.session.scalars(select(Event).where(Event.name == "conversation.updated")).all()) == 1


def test_only_a_mail_that_is_there_has_a_page(client: FlaskClient, cast: Cast) -> None:
    mail = a_mailbox_thread(cast)
    assert signed_in(client, "Charlie").get(path(cast, f"/messages/{mail}/mail")).status_code == 404
    bob = signed_in(client, "Bob")
    with transaction(cast.account_id):
        plain = came(the_only(Conversation), "No mail").client_id
    assert bob.get(path(cast, f"/messages/{plain}/mail")).status_code == 404
    with transaction(cast.account_id):
        db.session.scalars(select(Message).where(Message.client_id == mail)).one().deleted_at = clock.now()
    assert bob.get(path(cast, f"/messages/{mail}/mail")).status_code == 404


def test_the_composer_shows_everybody_of_the_mail_but_us(bob: FlaskClient, cast: Cast) -> None:
    a_mailbox_thread(cast)
    shown = bob.get(path(cast, "/recipients"), headers=FRAGMENT).text
    for address in (GRETA, "anna@lindqvist.example", "office@lindqvist.example"):
        assert f'data-address="{address}"' in shown
    assert 'data-address="hello@fernway.cc"' not in shown
    with transaction(cast.account_id):
        first = a_mail(
            the_only(Conversation), to=["hello@fernway.cc"], cc=[], **{"from": ["eve@else.example"]}
        ).client_id
    assert 'data-address="anna@' not in bob.get(path(cast, f"/recipients?answer={first}"), headers=FRAGMENT).text
    assert bob.get(path(cast, "/recipients?answer=of-nobody"), headers=FRAGMENT).status_code == 404


def test_a_chat_keeps_no_recipients(bob: FlaskClient, cast: Cast) -> None:
    with transaction(cast.account_id):
        a_conversation(cast)
    say(bob, cast, to_emails="anna@lindqvist.example", addressed="1")
    assert last_said(cast).content_attributes == {}


def test_whom_a_mail_goes_to_is_kept_with_it_each_once(bob: FlaskClient, cast: Cast) -> None:
    a_mailbox_thread(cast)
    given = {"to_emails": [GRETA.upper(), GRETA], "cc_emails": [GRETA, "anna@lindqvist.example"], "bcc_emails": []}
    assert say(bob, cast, addressed="1", **given).status_code == 200
    kept = last_said(cast)
    assert kept.content_attributes == {"to_emails": [GRETA], "cc_emails": ["anna@lindqvist.example"]}
    say(bob, cast, private="1", content="Careful", addressed="1", to_emails=[GRETA])
    assert last_said(cast).content_attributes == {}


@pytest.mark.parametrize(
    "given",
    [
        {"addressed": "1"},
        {"addressed": "1", "to_emails": ["anna"]},
        {"addressed": "1", "to_emails": ["anna@lindqvist.example\r\nBcc: eve@else.example"]},
        {"addressed": "1", "cc_emails": ["a@b.example, c@d.example"]},
        {"addressed": "1", "bcc_emails": ["Eve <eve@else.example>\0"]},
        {"addressed": "1", "to_emails": [f"a{n}@else.example" for n in range(51)]},
        {"addressed": "1", "to_emails": [f"a{n}@else.example" for n in range(500)]},
    ],
    ids=["nobody", "no address", "a header", "two in one", "a name", "too many", "far too many"],
)
def test_odd_recipients_are_refused_in_words(bob: FlaskClient, cast: Cast, given: dict[str, Any]) -> None:
    a_mailbox_thread(cast)
    answer = say(bob, cast, **given)
    assert answer.status_code == 422
    assert 'class="toast' in answer.text
    assert last_said(cast).message_type == "incoming"


def test_an_answer_after_the_window_is_refused_and_a_note_is_not(bob: FlaskClient, cast: Cast) -> None:
    with transaction(cast.account_id):
        inbox = an_api_inbox(cast, channel_settings={"agent_reply_time_window": 24})
        talk = begun_in(inbox, a_contact(cast.account_id))
        came(talk, "Anyone?")
        talk.last_incoming_at = clock.now() - timedelta(hours=25)
    page = bob.get(path(cast)).text
    assert "The 24 hours to answer are over." in page
    assert 'length="86400"' in page
    refused = say(bob, cast)
    assert refused.status_code == 409
    assert "The time to answer is over" in refused.text
    assert say(bob, cast, private="1", content="Too late").status_code == 200


def a_beginning(client: FlaskClient, cast: Cast, **values: Any) -> Any:
    contact_id = values.pop("contact_id", 1)
    data = {"client_id": "0123456789", "content": "Your bike is ready", **values}
    return client.post(f"/accounts/{cast.account_id}/contacts/{contact_id}/conversations", data=data)


def test_a_conversation_is_begun_by_mail_once(bob: FlaskClient, cast: Cast) -> None:
    with transaction(cast.account_id):
        greta = a_contact(cast.account_id, "Greta", email=GRETA)
        inbox = an_email_inbox(cast)
    page = bob.get(f"/accounts/{cast.account_id}/contacts/{greta.id}/conversations/new").text
    assert "Write to Greta" in page
    assert f'data-address="{GRETA}"' in page
    for _ in range(2):
        begun = a_beginning(
            bob, cast, inbox=inbox.id, subject="Your  bike\r\nBcc: eve", addressed="1", to_emails=[GRETA]
        )
        assert (begun.status_code, begun.location) == (303, f"/accounts/{cast.account_id}/conversations/1")
    with transaction(cast.account_id):
        talk = the_only(Conversation)
        assert (talk.subject, talk.assignee_id, talk.waiting_since) == ("Your bike Bcc: eve", cast.bob_id, None)
        said = db.session.scalars(select(Message).where(Message.message_type == "outgoing")).one()
        assert (said.content, said.content_attributes) == ("Your bike is ready", {"to_emails": [GRETA]})
        assert talk.contact_inbox.source_id == GRETA


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"subject": ""}, "Give it a subject."),
        ({"content": " "}, "Write something"),
        ({"inbox": 99}, "cannot be written to from this inbox"),
        ({"inbox": "x"}, "Give a whole number."),
        ({"to_emails": ["nobody"]}, "not an e-mail address"),
        ({"to_emails": []}, "Say to whom it goes."),
    ],
)
def test_what_cannot_be_begun_is_refused_and_begins_nothing(
    bob: FlaskClient, cast: Cast, values: dict[str, Any], words: str
) -> None:
    with transaction(cast.account_id):
        a_contact(cast.account_id, "Greta", email=GRETA)
        inbox = an_email_inbox(cast)
    good = {"inbox": inbox.id, "subject": "Bike", "addressed": "1", "to_emails": [GRETA]}
    answer = a_beginning(bob, cast, **{**good, **values})
    assert answer.status_code == 422
    assert words in answer.text
    with transaction(cast.account_id):
        assert db.session.scalars(select(Conversation)).all() == []


def test_one_is_written_to_only_where_one_can_be_reached(client: FlaskClient, cast: Cast) -> None:
    with transaction(cast.account_id):
        nobody = a_contact(cast.account_id, "Nobody")
        dana = a_contact(cast.account_id, "Dana", email="dana@shop.example")
        a_session(dana, cast.inbox_id)
        an_email_inbox(cast)
        hidden = an_api_inbox(cast)
        hidden.set_members(set())
        an_api_inbox(cast, channel_settings={"agent_reply_time_window": 24})
    bob, new = signed_in(client, "Bob"), f"/accounts/{cast.account_id}/contacts/{{}}/conversations/new"
    assert "There is no way to write to them" in bob.get(new.format(nobody.id)).text
    page = bob.get(new.format(dana.id)).text
    assert "Shop chat" in page
    assert "hello@fernway.cc" in page
    assert "Shop app" not in page
    assert a_beginning(bob, cast, contact_id=dana.id, inbox=hidden.id).status_code == 422
    charlie = signed_in(client, "Charlie")
    assert charlie.get(new.format(dana.id)).status_code == 404
    assert a_beginning(charlie, cast, contact_id=dana.id, inbox=cast.inbox_id).status_code == 404


def test_what_may_continue_another_says_so_until_it_is_dismissed(bob: FlaskClient, cast: Cast) -> None:
    with transaction(cast.account_id):
        dana: Contact = a_contact(cast.account_id)
        a_conversation(cast, contact=dana)
        later = a_conversation(cast, contact=dana)
        later.additional_attributes = {"maybe_continues": 1, "maybe_continues_why": "<i>Same subject.</i>", "kept": 1}
    assert "This may continue" in bob.get(path(cast, number=2)).text
    assert "<i>Same" not in bob.get(path(cast, number=2)).text
    for _ in range(2):
        assert bob.delete(path(cast, "/continuation", number=2), headers=FRAGMENT).status_code == 200
    assert "This may continue" not in bob.get(path(cast, number=2)).text
    with transaction(cast.account_id):
        attributes = db.session.scalars(select(Conversation.additional_attributes).order_by(Conversation.id)).all()
        assert attributes[1] == {"kept": 1}


@pytest.mark.parametrize("given", ["1", 99, -1, None, [1], 2**70])
def test_an_odd_continuation_is_passed_over(bob: FlaskClient, cast: Cast, given: Any) -> None:
    with transaction(cast.account_id):
        a_conversation(cast).additional_attributes = {"maybe_continues": given}
    assert "This may continue" not in bob.get(path(cast)).text


def test_a_line_in_trouble_is_told_of_with_the_way_to_mend_it(client: FlaskClient, cast: Cast) -> None:
    with transaction(cast.account_id):
        a_conversation(cast)
        problems = [{"code": "denied", "words": "The password was refused: <b>535</b>", "repair": "reconnect"}, "odd"]
        db.session.add(
            Connection(account_id=cast.account_id, inbox_id=cast.inbox_id, state="trouble", problems=problems)
        )
    settings = f"/accounts/{cast.account_id}/settings/inboxes/{cast.inbox_id}"
    bobs = signed_in(client, "Bob").get(path(cast)).text
    assert "Shop chat is in trouble" in bobs
    assert "&lt;b&gt;535" in bobs
    assert settings not in bobs
    assert settings in signed_in(client, "Alice").get(path(cast)).text
    with transaction(cast.account_id):
        db.session.get_one(Inbox, (cast.account_id, cast.inbox_id)).set_members(set())
    assert (
        "The password was refused" not in signed_in(client, "Bob").get(path(cast, "", number=1).rsplit("/", 1)[0]).text
    )
