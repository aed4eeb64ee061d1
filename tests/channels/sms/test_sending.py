"""What leaves through Bandwidth, what it refuses, and what became of a send that nobody heard of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest

from app.channels.base import DeliveryFailed, Outbound, Unreachable
from app.channels.sms.channel import Sms
from app.lib import clock
from tests.channels.contract.sms import DANA, a_line
from tests.channels.sms.conftest import a_channel, a_file, outbound
from tests.fakes.bandwidth import APPLICATION, NUMBER, OLD_PASSWORD, OLD_USER, Served, refusal
from tests.fakes.provider import Told


def refused(out: Outbound) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        a_channel().send(out)
    return caught.value


def test_a_text_goes_from_the_number_with_our_key_as_its_tag(there: Served) -> None:
    sent = a_channel().send(outbound("It is back. ü 🔔"))
    (message,) = there.messaging.sent
    assert sent.source_id == message["id"]
    assert there.messaging.asked[-1].json == {
        "applicationId": APPLICATION,
        "from": NUMBER,
        "to": [DANA],
        "text": "It is back. ü 🔔",
        "tag": "message-0",
    }


def test_one_token_serves_many_calls_and_a_refused_one_is_renewed(there: Served) -> None:
    a_channel().send(outbound())
    a_channel().send(outbound())
    first = len(there.accounts.asked)
    there.messaging.tokens.clear()
    a_channel().send(outbound())
    assert len(there.accounts.asked) == first + 1
    assert len(there.messaging.sent) == 3


def test_an_api_user_of_old_is_let_in_by_name_and_password(there: Served) -> None:
    line = a_line()
    held = {**line.credentials, "client_id": OLD_USER, "client_secret": OLD_PASSWORD}
    Sms(replace(line, credentials=held)).send(outbound())
    assert there.messaging.asked[-1].headers["authorization"].startswith("Basic ")


def test_files_ride_along_where_mms_goes_and_are_links_elsewhere(there: Served) -> None:
    a_channel().send(outbound("Look", a_file(), a_file("card.pdf", "application/pdf")))
    a_channel().send(outbound("Look", a_file(), to="+4915112345678"))
    a_channel().send(outbound("Look", a_file("setup.exe", "application/x-msdownload")))
    a_channel().send(outbound("", a_file("a.png", size=3_000_000), a_file("b.png", size=3_000_000)))
    first, abroad, program, large = there.messaging.sent
    assert first["media"] == ["https://desk.test/files/bell.png", "https://desk.test/files/card.pdf"]
    assert (abroad["media"], abroad["text"]) == ([], "Look\n\nbell.png: https://desk.test/files/bell.png")
    assert program["media"] == []
    assert (len(large["media"]), large["text"]) == (1, "b.png: https://desk.test/files/b.png")


def test_what_cannot_be_said_is_refused_before_bandwidth_is_asked(there: Served) -> None:
    for out in (outbound(""), outbound("x" * 2040, a_file("x.zip", "application/zip"))):
        assert refused(out).permanent
    assert not there.messaging.asked


def test_refusals_are_told_in_bandwidths_words(there: Served) -> None:
    failed = refused(outbound(to="FERNBANK"))
    assert (failed.permanent, failed.is_unsure) == (True, False)
    assert failed.reason.startswith("Your request could not be accepted. to: ")


@pytest.mark.parametrize(
    ("told", "permanent", "is_unsure", "retry_after"),
    [
        (refusal(429, "too-many-requests", "Request rate is too high"), False, False, None),
        (Told(429, b"", {"retry-after": "9"}), False, False, 9),
        (refusal(403, "forbidden", "Access Denied"), True, False, None),
        (refusal(400, "request-validation", "No"), True, False, None),
        (Told(500, b"oops"), False, False, None),
        (Told(hangs_up=True), False, True, None),
    ],
)
def test_what_passes_is_tried_again_and_only_silence_is_unsure(
    there: Served, told: Told, permanent: bool, is_unsure: bool, retry_after: float | None
) -> None:
    there.messaging.instead.append(told)
    failed = refused(outbound())
    assert (failed.permanent, failed.is_unsure, failed.retry_after) == (permanent, is_unsure, retry_after)
    assert failed.reason


def test_a_send_that_arrived_is_found_and_others_are_not_it(there: Served) -> None:
    before = clock.now() - timedelta(minutes=2)
    channel = a_channel()
    other = channel.send(outbound("Yes"))
    assert channel.look_up(outbound("No", since=before)) is None
    assert channel.look_up(outbound("Yes", a_file(), since=before)) is None
    assert channel.look_up(outbound("Yes", since=before, to="+15558881111")) is None
    assert channel.look_up(outbound("Yes", since=before, others=frozenset({other.source_id}))) is None
    assert channel.look_up(outbound("Yes", since=before)) == other


def test_what_may_not_be_listed_yet_is_asked_for_again(there: Served) -> None:
    there.messaging.lists_late = True
    with pytest.raises(Unreachable, match="not have listed it yet"):
        a_channel().look_up(outbound(since=clock.now() - timedelta(seconds=20)))
    assert a_channel().look_up(outbound(since=clock.now() - timedelta(seconds=90))) is None


def test_what_customers_wrote_is_listed_page_by_page(there: Served) -> None:
    written = [there.messaging.customer_writes(DANA, str(n))["message"]["id"] for n in range(230)]
    a_channel().send(outbound())
    listed = a_channel().listed(clock.now() - timedelta(days=1))
    assert [each.key for each in listed] == written
    assert listed[0].at is not None


def test_files_are_brought_with_credentials_from_bandwidth_alone(there: Served) -> None:
    event = there.messaging.customer_writes(DANA, "", ("bell.png", "image/png", b"\x89PNG"))
    into = BytesIO()
    assert a_channel().fetch({"url": event["message"]["media"][0]}, None, into, 100) == "image/png"
    assert into.getvalue() == b"\x89PNG"
    for url in ("", "http://127.0.0.1:9/x", "file:///etc/passwd", "http://169.254.169.254/"):
        with pytest.raises(DeliveryFailed) as failed:
            a_channel().fetch({"url": url}, None, BytesIO(), 100)
        assert failed.value.permanent
    with pytest.raises(DeliveryFailed, match="too large"):
        a_channel().fetch({"url": event["message"]["media"][0]}, None, BytesIO(), 2)
