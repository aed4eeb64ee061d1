"""Twilio knows no key of ours: what became of a send is found by asking, and so is what it has received."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from io import BytesIO
from typing import Any

import pytest

from app.channels.base import DeliveryFailed, Inbound, Media, Unreachable
from app.channels.twilio_sms.channel import TwilioSms
from tests.channels.contract.twilio_sms import DANA, a_line
from tests.channels.twilio_sms.conftest import a_channel, a_file, outbound
from tests.fakes.twilio_messages import SERVICE_SID
from tests.fakes.twilio_services import Served


def later() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=5)


def aged(row: dict[str, Any], **ago: float) -> None:
    at = format_datetime(datetime.now(UTC) - timedelta(**ago))
    row |= {"date_created": at, "date_sent": at}


def test_a_send_that_arrived_is_found_by_its_words(there: Served) -> None:
    channel, out = a_channel(can_mms=True), outbound("It is back.", a_file())
    sent = channel.send(out)
    channel.send(outbound("It is back."))
    channel.send(outbound("It is back.", a_file(), to="+15558881111"))
    assert channel.look_up(out) == sent


def test_a_send_that_did_not_arrive_is_not_found(there: Served) -> None:
    channel = a_channel()
    channel.send(outbound("Something else"))
    there.messages.customer_writes(DANA, "+15550001111", "It is back.")
    assert channel.look_up(outbound("It is back.")) is None


def test_the_same_words_from_before_or_known_as_anothers_are_another_message(there: Served) -> None:
    channel = a_channel()
    first = channel.send(outbound("Yes"))
    assert channel.look_up(outbound("Yes", since=later())) is None
    assert channel.look_up(outbound("Yes", others=frozenset({first.source_id}))) is None
    aged(there.messages.sent[0], hours=2)
    second = channel.send(outbound("Yes"))
    assert channel.look_up(outbound("Yes", since=datetime.now(UTC) - timedelta(minutes=1))) == second


def test_a_try_that_failed_before_is_not_this_one(there: Served) -> None:
    channel = a_channel()
    channel.send(outbound("Yes"))
    there.messages.sent[0]["status"] = "undelivered"
    assert channel.look_up(outbound("Yes")) is None


def test_a_service_and_a_trial_account_are_known_too(there: Served) -> None:
    service = a_channel(phone_number="", messaging_service_sid=SERVICE_SID)
    sent = service.send(outbound("Yes"))
    there.messages.sent[0]["body"] = "Sent from your Twilio trial account - Yes"
    assert service.look_up(outbound("Yes")) == sent
    assert a_channel().look_up(outbound("Yes")) is None


def test_what_customers_wrote_is_listed_by_the_keys_of_our_letters(there: Served) -> None:
    written = [there.messages.customer_writes(DANA, "+15550001111", f"Message {n}") for n in range(3)]
    there.messages.customer_writes(DANA, "+15550002222", "To another number")
    aged(there.messages.rows[0], days=3)
    a_channel().send(outbound())
    listed = a_channel().listed(datetime.now(UTC) - timedelta(days=2))
    assert [each.key for each in listed] == [form["MessageSid"] for form in reversed(written[1:])]
    assert listed[0].words == f"{DANA}: Message 2"
    assert listed[0].at is not None


def test_a_long_list_is_read_page_by_page(there: Served) -> None:
    for n in range(1100):
        there.messages.customer_writes(DANA, "+15550001111", str(n))
    assert len(a_channel().listed(datetime.now(UTC) - timedelta(days=1))) == 1100
    assert [asked.query.get("Page") for asked in there.twilio.asked] == [None, "1", "2"]


def test_of_a_service_only_its_own_are_listed(there: Served) -> None:
    there.messages.customer_writes(DANA, "+15550001111", "To the service", service=SERVICE_SID)
    there.messages.customer_writes(DANA, "+15550001111", "To the number")
    service = a_channel(phone_number="", messaging_service_sid=SERVICE_SID)
    assert [each.words for each in service.listed(datetime.now(UTC) - timedelta(days=1))] == [f"{DANA}: To the service"]


def since(**ago: float) -> dict[str, str]:
    return {"since": (datetime.now(UTC) - timedelta(**ago)).isoformat()}


def test_what_twilio_could_not_bring_is_fetched_with_its_files(there: Served) -> None:
    form = there.messages.customer_writes(
        DANA, "+15550001111", "Lost", ("image/png", b"\x89PNG"), ("image/gif", b"GIF")
    )
    there.messages.customer_writes(DANA, "+15550001111", "On its way")
    aged(there.messages.rows[0], minutes=3)
    channel = a_channel()
    polled = channel.poll(since(minutes=10))
    (letter,) = polled.envelopes
    assert (letter.key, letter.sender) == (form["MessageSid"], DANA)
    (said,) = channel.parse(letter)
    assert isinstance(said, Inbound)
    assert (said.content, said.source_id) == ("Lost", form["MessageSid"])
    brought = []
    for each in said.attachments:
        into = BytesIO()
        assert isinstance(each, Media)
        channel.fetch(each.ref or {}, letter, into, 1000)
        brought.append(into.getvalue())
    assert brought == [b"\x89PNG", b"GIF"]
    there.messages.files.clear()
    with pytest.raises(DeliveryFailed, match="no more"):
        channel.fetch(said.attachments[0].ref or {}, letter, BytesIO(), 1000)  # type: ignore[union-attr]


def test_a_look_begins_where_the_last_one_ended_and_the_first_one_now(there: Served) -> None:
    there.messages.customer_writes(DANA, "+15550001111", "From before")
    aged(there.messages.rows[0], minutes=30)
    first = a_channel().poll({})
    assert first.envelopes == ()
    begun = datetime.fromisoformat(first.cursor["since"])
    assert timedelta(minutes=1) < datetime.now(UTC) - begun < timedelta(minutes=3)
    second = a_channel().poll(since(minutes=60))
    assert len(second.envelopes) == 1
    assert datetime.fromisoformat(second.cursor["since"]) < begun
    for odd in ({"since": None}, {"since": "x"}, {"since": "2026-01-01T00:00:00"}):
        assert a_channel().poll(odd).envelopes == ()


def test_after_a_long_absence_the_last_week_is_fetched(there: Served) -> None:
    for days in (30, 6):
        there.messages.customer_writes(DANA, "+15550001111", f"{days} days ago")
        aged(there.messages.rows[-1], days=days)
    assert [each.payload["Body"] for each in a_channel().poll(since(days=40)).envelopes] == ["6 days ago"]


@pytest.mark.usefixtures("context")
def test_nobody_there_cannot_be_asked() -> None:
    channel = TwilioSms(a_line())
    with pytest.raises(Unreachable):
        channel.look_up(outbound())
    with pytest.raises(Unreachable):
        channel.listed(datetime.now(UTC))
    with pytest.raises(Unreachable):
        channel.poll(since(minutes=1))
    with pytest.raises(Unreachable):
        channel.templates()
