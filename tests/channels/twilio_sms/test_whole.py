"""From Twilio's door to the thread, and from the thread to Twilio."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from app.actions import reconcile
from app.actions.poll import wish_poll
from app.blueprints.api.shapes.inbox import inbox as inbox_shape
from app.ledger.drain import drain
from app.ledger.transaction import transaction
from app.lib import clock, storage
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Attachment, Conversation, Inbox, Membership, Message
from app.models.connection import Connection
from tests.cast import Cast
from tests.channels.contract.twilio_sms import DANA, call, open_inbox
from tests.channels.twilio_sms.conftest import recorded
from tests.fakes.provider import Told
from tests.fakes.twilio import NUMBER, refusal
from tests.fakes.twilio_services import Served
from workers.jobs import JOBS

WHATSAPP = {"medium": "whatsapp"}


@pytest.fixture
def line(app: Flask, cast: Cast) -> Callable[..., Inbox]:
    def opened(**settings: object) -> Inbox:
        with transaction(cast.account_id):
            return open_inbox(cast.account_id, **settings)

    return opened


def posted(client: FlaskClient, inbox: Inbox, form: dict[str, str]) -> None:
    delivery = call(inbox, form)
    answer = client.post(delivery.path, **delivery.request)
    assert (answer.status_code, answer.content_type) == (200, "text/xml")


def worked() -> None:
    for queue in (Queue.INBOUND, Queue.OUTBOUND, Queue.SLOW):
        drain(queue, JOBS)


def messages(cast: Cast) -> list[Message]:
    with transaction(cast.account_id):
        return list(db.session.scalars(select(Message).order_by(Message.id)))


def replied(cast: Cast, content: str, **more: object) -> None:
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation)).one()
        bob = db.session.scalars(select(Membership).where(Membership.user_id == cast.bob_id)).one()
        talk.reply(content, by=bob.actor, **more)  # type: ignore[arg-type]
    worked()


def a_picture() -> bytes:
    bell = BytesIO()
    Image.new("RGB", (8, 8), "#7a9").save(bell, "PNG")
    return bell.getvalue()


def test_a_talk_with_words_pictures_and_receipts(
    client: FlaskClient, cast: Cast, line: Callable[..., Inbox], there: Served
) -> None:
    inbox = line(can_mms=True)
    form = there.messages.customer_writes(DANA, NUMBER, "Is it like this?", ("image/png", a_picture()))
    for _ in range(2):
        posted(client, inbox, form)
    worked()
    (said,) = messages(cast)
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation)).one()
        assert (talk.contact.phone_number, talk.contact_inbox.source_id) == (DANA, DANA)
        picture = db.session.scalars(select(Attachment)).one()
        assert (picture.state, picture.content_type) == ("ready", "image/png")
    stored = storage.save(BytesIO(a_picture()), filename="bell.png", limit_bytes=10_000)
    replied(cast, "It is **back**.", attachments=[stored])
    (sent,) = there.messages.sent
    assert (sent["body"], sent["num_media"]) == ("It is back.", "1")
    assert said.content == "Is it like this?"
    assert messages(cast)[1].status == "sent"
    for status in ("queued", "sent", "delivered", "sent"):
        posted(client, inbox, there.messages.tells(sent, status))
    worked()
    assert messages(cast)[1].status == "delivered"


def test_a_failure_on_the_way_is_shown_and_sending_again_is_another_message(
    client: FlaskClient, cast: Cast, line: Callable[..., Inbox], there: Served
) -> None:
    inbox = line()
    posted(client, inbox, there.messages.customer_writes(DANA, NUMBER, "Hello"))
    worked()
    replied(cast, "It is back.")
    posted(client, inbox, there.messages.tells(there.messages.sent[0], "undelivered", 30003))
    worked()
    failed = messages(cast)[1]
    assert (failed.status, failed.external_error) == (
        "failed",
        "Twilio says: undelivered (error 30003)",
    )
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation)).one()
        bob = db.session.scalars(select(Membership).where(Membership.user_id == cast.bob_id)).one()
        talk.send_again(failed.client_id, by=bob.actor)
    worked()
    assert messages(cast)[1].status == "sent"
    assert len(there.messages.sent) == 2


def test_a_refusal_is_shown_in_twilios_words(
    client: FlaskClient, cast: Cast, line: Callable[..., Inbox], there: Served
) -> None:
    posted(client, line(), there.messages.customer_writes(DANA, NUMBER, "STOP"))
    worked()
    there.messages.opted_out.add(DANA)
    replied(cast, "Are you sure?")
    stop, answer = messages(cast)
    assert stop.content_attributes["opt_out"] == "stop"
    assert (answer.status, answer.external_error) == (
        "failed",
        "Attempt to send to unsubscribed recipient (error 21610)",
    )


def test_a_send_whose_answer_was_lost_is_asked_for_and_sent_once(
    client: FlaskClient, cast: Cast, line: Callable[..., Inbox], there: Served
) -> None:
    posted(client, line(), there.messages.customer_writes(DANA, NUMBER, "Hello"))
    worked()
    replied(cast, "Yes")

    def takes_and_is_silent(asked: object) -> Told:
        there.twilio.answer(asked)  # type: ignore[arg-type]
        return Told(hangs_up=True)

    there.twilio.instead.append(takes_and_is_silent)
    replied(cast, "Yes")
    worked()
    assert [message.status for message in messages(cast)[1:]] == ["sent", "sent"]
    assert [row["body"] for row in there.messages.sent] == ["Yes", "Yes"]
    sids = {row["sid"] for row in there.messages.sent}
    assert {message.source_id for message in messages(cast)[1:]} == sids


def test_a_send_that_was_never_heard_is_sent_anew(
    client: FlaskClient, cast: Cast, line: Callable[..., Inbox], there: Served
) -> None:
    posted(client, line(), there.messages.customer_writes(DANA, NUMBER, "Hello"))
    worked()
    there.twilio.instead.append(Told(500, b"oops"))
    replied(cast, "Yes")
    worked()
    assert messages(cast)[1].status == "sent"
    assert len(there.messages.sent) == 1


def test_whatsapp_has_a_window_and_templates_after_it(
    client: FlaskClient, cast: Cast, line: Callable[..., Inbox], there: Served
) -> None:
    inbox = line(**WHATSAPP)
    form = there.messages.customer_writes(
        f"whatsapp:{DANA}", f"whatsapp:{NUMBER}", "Hi", ProfileName="Dana Reyes", WaId=DANA[1:]
    )
    posted(client, inbox, form)
    worked()
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation)).one()
        assert (talk.contact.name, talk.contact.phone_number) == ("Dana Reyes", DANA)
        assert (talk.answers_within, talk.can_reply) == (timedelta(hours=24), True)
        assert (talk.inbox.abilities.markup, talk.inbox.abilities.has_templates) == ("whatsapp", True)
    replied(cast, "It is **back**.")
    (sent,) = there.messages.sent
    assert (sent["body"], sent["to"]) == ("It is *back*.", f"whatsapp:{DANA}")
    posted(client, inbox, there.messages.tells(sent, "read"))
    worked()
    assert messages(cast)[1].status == "read"
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation)).one()
        talk.last_incoming_at = clock.now() - timedelta(hours=25)
        assert not talk.can_reply


def test_programs_are_told_what_an_inbox_is_of(cast: Cast, line: Callable[..., Inbox]) -> None:
    opened = line(**WHATSAPP)
    with transaction(cast.account_id):
        held = db.session.get_one(Inbox, (cast.account_id, opened.id))
        told, public = inbox_shape(held, with_secrets=True), inbox_shape(held)
    assert (told["channel_type"], told["phone_number"], told["medium"]) == ("Channel::TwilioSms", NUMBER, "whatsapp")
    assert told["callback_webhook_url"] == opened.webhook_url
    assert public["callback_webhook_url"] is None


def test_an_sms_inbox_has_no_window(cast: Cast, line: Callable[..., Inbox], client: FlaskClient, there: Served) -> None:
    posted(client, line(), there.messages.customer_writes(DANA, NUMBER, "Hi"))
    worked()
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation)).one()
        assert (talk.answers_within, talk.inbox.abilities.markup) == (None, "plain")


@pytest.mark.parametrize("name", ["sms_short_code", "sms_alphanumeric", "sms_markup", "sms_nul", "sms_empty"])
def test_odd_senders_and_words_stand_in_a_thread(
    client: FlaskClient, cast: Cast, line: Callable[..., Inbox], there: Served, name: str
) -> None:
    form = recorded(name)
    posted(client, line(), form)
    worked()
    (said,) = messages(cast)
    assert said.content == form["Body"].replace("\0", "")
    with transaction(cast.account_id):
        talk = db.session.scalars(select(Conversation)).one()
        assert talk.contact_inbox.source_id == form["From"]
        assert talk.contact.phone_number == (form["From"] if form["From"].startswith("+") else None)


def test_nothing_is_unaccounted_for_once_all_has_been_compared(
    client: FlaskClient, cast: Cast, line: Callable[..., Inbox], there: Served
) -> None:
    inbox = line()
    kept = there.messages.customer_writes(DANA, NUMBER, "Heard")
    lost = there.messages.customer_writes(DANA, NUMBER, "Lost on its way")
    posted(client, inbox, kept)
    for row in there.messages.rows:
        row["date_sent"] = "Sun, 01 Jan 2040 00:00:00 +0000"
    channel = inbox.opened()
    listed = channel.listed(clock.now() - timedelta(days=2))
    assert {each.key for each in listed} == {kept["MessageSid"], lost["MessageSid"]}
    with transaction(cast.account_id):
        plan = reconcile.prepare(cast.account_id, inbox.id)
        assert plan is not None
    found = [type(each)(each.key, each.words) for each in reconcile.call(plan)]
    with transaction(cast.account_id):
        reconcile.settle(plan, found)
        told = Connection.of(db.session.get_one(Inbox, (cast.account_id, inbox.id))).reconciled
    assert (told["theirs"], told["ours"]) == (2, 1)
    assert [each["key"] for each in told["missing"]] == [lost["MessageSid"]]


def test_what_twilio_could_not_bring_stands_in_the_thread_once_it_was_looked_for(
    client: FlaskClient, cast: Cast, line: Callable[..., Inbox], there: Served
) -> None:
    inbox = line()
    kept = there.messages.customer_writes(DANA, NUMBER, "Heard")
    there.messages.customer_writes(DANA, NUMBER, "Lost on its way")
    posted(client, inbox, kept)
    long_ago = format_datetime(clock.now() - timedelta(minutes=3))
    for row in there.messages.rows:
        row["date_sent"] = long_ago
    with transaction(cast.account_id):
        held = db.session.get_one(Inbox, (cast.account_id, inbox.id))
        Connection.of(held).cursor = {"since": (clock.now() - timedelta(minutes=9)).isoformat()}
        wish_poll(cast.account_id, inbox.id)
    worked()
    worked()
    assert sorted(message.content for message in messages(cast)) == ["Heard", "Lost on its way"]


def test_too_much_at_once_waits_and_goes_out(
    client: FlaskClient, cast: Cast, line: Callable[..., Inbox], there: Served
) -> None:
    posted(client, line(), there.messages.customer_writes(DANA, NUMBER, "Hello"))
    worked()
    there.twilio.instead.append(refusal(429, 20429, "Too Many Requests"))
    replied(cast, "Soon")
    waiting = messages(cast)[1]
    assert (waiting.status, waiting.retry_at is not None) == ("queued", True)
    assert waiting.external_error == "Too Many Requests (error 20429)"
