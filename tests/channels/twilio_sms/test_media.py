"""The files of customers: with the account's credentials, without them where Twilio does not want them, and nowhere else."""

from __future__ import annotations

from io import BytesIO

import pytest

from app.channels.base import DeliveryFailed
from tests.channels.contract.twilio_sms import DANA
from tests.channels.twilio_sms.conftest import a_channel
from tests.fakes.provider import Asked, Told
from tests.fakes.twilio_services import Served

PICTURE = b"\x89PNG" + b"x" * 4000


def written(there: Served, content: bytes = PICTURE) -> dict[str, str]:
    form = there.messages.customer_writes(DANA, "+15550001111", "", ("image/png", content))
    return {"url": form["MediaUrl0"]}


def test_a_file_is_brought_with_the_accounts_credentials(there: Served) -> None:
    into = BytesIO()
    assert a_channel().fetch(written(there), None, into, 10_000) == "image/png"
    assert into.getvalue() == PICTURE
    assert "authorization" in there.twilio.asked[-1].headers


def test_where_credentials_are_refused_it_is_asked_without(there: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    ref, asked_with = written(there), []

    def answer(asked: Asked) -> Told:
        asked_with.append("authorization" in asked.headers)
        return Told(401, b"no") if asked_with[-1] else Told(200, PICTURE, {"content-type": "image/png"})

    monkeypatch.setattr(there.twilio, "answer", answer)
    into = BytesIO()
    assert a_channel().fetch(ref, None, into, 10_000) == "image/png"
    assert (asked_with, into.getvalue()) == ([True, False], PICTURE)


def test_a_redirect_to_another_host_takes_no_credentials_along(there: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = written(there)
    elsewhere = "http://127.0.0.1:1/cdn"
    monkeypatch.setattr(there.twilio, "answer", lambda _: Told(307, b"", {"location": elsewhere}))
    with pytest.raises(DeliveryFailed):
        a_channel().fetch(ref, None, BytesIO(), 10_000)


def test_what_is_gone_is_gone_and_what_is_too_large_is_refused(there: Served) -> None:
    ref = written(there)
    with pytest.raises(DeliveryFailed) as large:
        a_channel().fetch(ref, None, BytesIO(), 100)
    assert large.value.permanent
    there.messages.files.clear()
    with pytest.raises(DeliveryFailed) as gone:
        a_channel().fetch(ref, None, BytesIO(), 10_000)
    assert gone.value.permanent


@pytest.mark.parametrize(
    "url",
    [
        "",
        "file:///etc/passwd",
        "http://127.0.0.1:9/secret",
        "http://169.254.169.254/latest",
        "https://api.twilio.com@127.0.0.1/x",
        "http://10.0.0.8/x.twilio.com",
    ],
)
def test_nothing_is_brought_from_inside_the_network(there: Served, url: str) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        a_channel().fetch({"url": url}, None, BytesIO(), 10_000)
    assert failed.value.permanent
    assert not there.twilio.asked
