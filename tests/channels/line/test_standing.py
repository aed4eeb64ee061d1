"""How an account is connected and looked after, what people sent is fetched, and who they are is asked."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest

from app.channels.base import DeliveryFailed, Health, NotConnected, Unreachable
from app.channels.line.channel import LineCredentials, LineMessenger
from app.lib import clock
from tests.channels.contract.line import CREDENTIALS, a_line
from tests.channels.line.conftest import HOOK, account
from tests.fakes.line import BOT, DANA, Line, LineData, LineStickers
from tests.fakes.provider import Told


def with_credentials(**given: str) -> LineMessenger:
    return LineMessenger(replace(a_line(), name="", credentials={**CREDENTIALS, **given}))


def codes(health: Health) -> list[str]:
    return [problem.code for problem in health.problems]


def test_connecting_tries_all_three_and_registers_the_webhook(line: Line) -> None:
    kept = with_credentials().connect(HOOK)
    assert (kept.address, kept.name, kept.settings["basic_id"]) == (BOT["userId"], "Fernway Cycles", "@fernway")
    assert line.endpoint == HOOK
    assert LineMessenger(kept).place == "@fernway"


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"channel_secret": "f" * 32}, "channel_secret", "invalid client_secret"),
        ({"channel_id": "999999999"}, "channel_secret", "invalid client_secret"),
        ({"access_token": "y" * 40}, "access_token", "invalid token"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(line: Line, given: dict[str, str], field: str, words: str) -> None:
    with pytest.raises(NotConnected) as refused:
        with_credentials(**given).connect(HOOK)
    assert words in refused.value.fields[field]
    assert line.endpoint == ""


def test_a_token_of_another_channel_is_said(line: Line) -> None:
    line.owner = "1573163733"
    with pytest.raises(NotConnected) as refused:
        account().connect(HOOK)
    assert refused.value.fields["access_token"] == "This token is of another channel: 1573163733."


def test_the_end_of_a_token_is_foreseen(line: Line) -> None:
    line.endpoint = HOOK
    ends = account().probe(HOOK).expires_at
    assert ends
    assert 29 < (ends - clock.now()).days + 1 <= 30
    line.seconds = 10**10
    assert account().probe(HOOK).expires_at is None


def test_an_address_that_line_does_not_take_is_said(line: Line) -> None:
    with pytest.raises(NotConnected) as refused:
        account().connect("http://localhost:3000/webhooks/line/token")
    assert "must be a valid HTTPS URL" in refused.value.fields["channel_id"]


def test_what_cannot_be_right_is_not_even_tried() -> None:
    with pytest.raises(ValueError, match="channel_id"):
        LineCredentials.model_validate({**CREDENTIALS, "channel_id": "my channel"})


def test_a_probe_tells_what_is_wrong(line: Line) -> None:
    assert codes(account().probe(HOOK)) == ["webhook_elsewhere"]
    line.endpoint = HOOK
    well = account().probe(HOOK)
    assert (codes(well), well.facts["Messages this month"]) == ([], "17 of 200")
    line.is_active = False
    assert codes(account().probe(HOOK)) == ["webhook_off"]
    line.is_active = True
    line.trial = {"success": False, "statusCode": 401, "reason": "ERROR_STATUS_CODE", "detail": "401"}
    assert account().probe(HOOK).problems[0].words == "LINE cannot deliver: ERROR_STATUS_CODE 401"
    line.trial = {"success": True}
    line.used = 195
    assert codes(account().probe(HOOK)) == ["quota_low"]
    line.used = 200
    assert codes(account().probe(HOOK)) == ["quota"]
    line.quota = {"type": "none"}
    free = account().probe(HOOK)
    assert (codes(free), free.facts["Messages this month"]) == ([], "200")
    line.endpoint = "https://elsewhere.example/"
    assert codes(account().probe(HOOK)) == ["webhook_elsewhere"]
    line.token = "revoked"
    assert account().probe(HOOK).problems[0].repair == "reconnect"


def test_a_probe_of_what_is_away_says_so(context: Any) -> None:
    assert codes(account().probe(HOOK)) == ["unreachable"]


def test_what_people_sent_is_fetched(contents: LineData) -> None:
    contents.contents["444"] = ("image/jpeg", b"jpeg")
    into = BytesIO()
    assert account().fetch({"message": "444", "kind": "image"}, None, into, 100) == "image/jpeg"
    assert into.getvalue() == b"jpeg"


def test_films_and_sounds_are_waited_for(contents: LineData) -> None:
    contents.contents["444"] = ("video/mp4", b"film")
    contents.states["444"] = "processing"
    with pytest.raises(DeliveryFailed, match="still making") as failed:
        account().fetch({"message": "444", "kind": "video"}, None, BytesIO(), 100)
    assert (failed.value.permanent, failed.value.retry_after) == (False, 10)
    contents.states["444"] = "failed"
    with pytest.raises(DeliveryFailed, match="could not make") as failed:
        account().fetch({"message": "444", "kind": "video"}, None, BytesIO(), 100)
    assert failed.value.permanent
    contents.states["444"] = "succeeded"
    into = BytesIO()
    account().fetch({"message": "444", "kind": "video"}, None, into, 100)
    assert into.getvalue() == b"film"


def test_what_is_gone_or_too_large_is_told(contents: LineData) -> None:
    with pytest.raises(DeliveryFailed, match="does not have this any more"):
        account().fetch({"message": "gone", "kind": "image"}, None, BytesIO(), 100)
    contents.contents["444"] = ("image/jpeg", b"x" * 200)
    with pytest.raises(DeliveryFailed, match="too large"):
        account().fetch({"message": "444", "kind": "image"}, None, BytesIO(), 100)
    with pytest.raises(DeliveryFailed):
        account().fetch({"message": "../../profile/x", "kind": "image"}, None, BytesIO(), 100)
    with pytest.raises(DeliveryFailed):
        account().fetch({}, None, BytesIO(), 100)


def test_stickers_are_fetched_and_other_addresses_never_inside(stickers: LineStickers) -> None:
    into = BytesIO()
    account().fetch({"sticker": "52002734"}, None, into, 100)
    assert into.getvalue() == b"png"
    for inside in ("http://127.0.0.1:5432/", "http://169.254.169.254/latest", "file:///etc/passwd"):
        with pytest.raises(DeliveryFailed) as failed:
            account().fetch({"url": inside}, None, BytesIO(), 100)
        assert failed.value.permanent


def test_who_they_are_is_asked(line: Line) -> None:
    line.people[DANA]["pictureUrl"] = "https://profile.line-scdn.net/0h1"
    dana = account().profile(DANA)
    assert dana
    assert (dana.name, dana.locale, dana.avatar_url) == ("Dana", "ja", "https://profile.line-scdn.net/0h1")
    assert dana.attributes["description"] == "On two wheels"
    assert account().profile("U" + "0" * 32) is None
    line.is_send = lambda asked: True  # type: ignore[method-assign]
    line.instead.append(Told(500, {"message": "down"}))
    with pytest.raises(Unreachable):
        account().profile(DANA)
    line.token = "revoked"
    with pytest.raises(NotConnected):
        account().profile(DANA)
