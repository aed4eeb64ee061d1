"""How a bot is connected, looked after and asked: its token, its webhook, its updates, its files and pictures."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest

from app.channels.base import DeliveryFailed, Health, Knock, NotConnected, Unreachable
from app.channels.telegram.channel import Telegram, TelegramCredentials
from app.channels.telegram.updates import KINDS
from app.errors import NotAllowed
from app.lib import clock
from tests.channels.telegram.conftest import HOOK, bot, recorded
from tests.fakes.provider import Told
from tests.fakes.telegram import BOT, TOKEN
from tests.fakes.telegram import Telegram as StandIn


def with_token(token: str, **settings: Any) -> Telegram:
    return Telegram(replace(bot(**settings).line, credentials={"bot_token": token}))


def test_connecting_asks_who_it_is_and_registers_the_webhook(telegram: StandIn) -> None:
    line = Telegram(replace(bot().line, address="", name="")).connect(HOOK)
    assert (line.address, line.name, line.settings["username"]) == (str(BOT["id"]), "Fernway Cycles", "fernway_bot")
    assert telegram.webhook["url"] == HOOK
    assert set(telegram.webhook["allowed_updates"]) == set(KINDS)
    assert telegram.webhook["secret_token"] == bot().secret
    assert TOKEN not in HOOK + bot().secret
    assert Telegram(line).place == "@fernway_bot"


def test_a_wrong_token_is_said_at_its_field(telegram: StandIn) -> None:
    for token, words in ((f"1:{'x' * 35}", "Unauthorized"), ("123456:short", "Not Found")):
        with pytest.raises(NotConnected) as refused:
            with_token(token).connect(HOOK)
        assert words in refused.value.fields["bot_token"]
    assert telegram.webhook == {"url": ""}


def test_an_address_that_telegram_cannot_reach_is_said_with_what_to_do(telegram: StandIn) -> None:
    with pytest.raises(NotConnected) as refused:
        bot().connect("http://localhost:3000/webhooks/telegram/token")
    assert "An HTTPS URL must be provided" in refused.value.fields["polling"]
    assert "fetch messages ourselves" in refused.value.fields["polling"]


def test_what_is_no_token_is_not_even_tried() -> None:
    with pytest.raises(ValueError, match="bot_token"):
        TelegramCredentials(bot_token="my password")
    assert TelegramCredentials(bot_token=f" {TOKEN} ").bot_token == TOKEN


def test_only_who_knows_the_secret_is_believed(telegram: StandIn) -> None:
    bot().connect(HOOK)
    proof = {name.lower(): value for name, value in telegram.proof().items()}
    knock = Knock("POST", "token", HOOK, proof, {}, b"{}")
    bot().verify(knock)
    other = Telegram(replace(bot().line, token="another"))
    for channel, headers in ((other, proof), (bot(), {}), (bot(), {"x-telegram-bot-api-secret-token": TOKEN})):
        with pytest.raises(NotAllowed):
            channel.verify(replace(knock, headers=headers))


def test_disconnecting_takes_back_our_webhook_and_nobody_elses(telegram: StandIn) -> None:
    bot().connect(HOOK)
    bot().disconnect(f"{HOOK}-other")
    assert telegram.webhook["url"] == HOOK
    bot().disconnect(HOOK)
    assert telegram.webhook["url"] == ""
    telegram.bots.clear()
    with pytest.raises(Unreachable):
        bot().disconnect(HOOK)


def codes(health: Health) -> list[str]:
    return [problem.code for problem in health.problems]


def test_a_probe_tells_what_is_wrong_with_the_webhook(telegram: StandIn) -> None:
    assert codes(bot().probe(HOOK)) == ["webhook_elsewhere"]
    bot().connect(HOOK)
    well = bot().probe(HOOK)
    assert (codes(well), well.facts["Bot"]) == ([], "@fernway_bot")
    telegram.waiting = [recorded("text")]
    failed_at = int(clock.now().timestamp()) - 60
    telegram.webhook |= {"last_error_date": failed_at, "last_error_message": "Wrong response: 401 Unauthorized"}
    ill = bot().probe(HOOK)
    assert codes(ill) == ["webhook_failing"]
    assert ill.problems[0].words == "Telegram cannot deliver: Wrong response: 401 Unauthorized"
    telegram.webhook |= {"last_error_date": failed_at - 3600, "allowed_updates": ["message"]}
    assert codes(bot().probe(HOOK)) == ["webhook_narrow"]
    telegram.webhook["url"] = "https://elsewhere.example/"
    assert codes(bot().probe(HOOK)) == codes(bot(polling=True).probe(HOOK)) == ["webhook_elsewhere"]
    telegram.bots.clear()
    assert bot().probe(HOOK).problems[0].repair == "reconnect"


def test_a_probe_of_what_is_away_says_so(context: Any) -> None:
    assert codes(bot().probe(HOOK)) == ["unreachable"]


def test_where_telegram_brings_them_nothing_is_asked_for(telegram: StandIn) -> None:
    assert Telegram.variant({"polling": True}).abilities.is_polled
    assert not Telegram.variant({"polling": False}).abilities.is_polled
    assert bot().poll({"offset": 7}).cursor == {"offset": 7}
    assert telegram.asked == []


def test_polling_takes_what_is_there_and_goes_on_behind_it(telegram: StandIn) -> None:
    bot(polling=True).connect(HOOK)
    telegram.waiting = [recorded("text"), recorded("callback_query"), recorded("group")]
    telegram.pressed.add("4382bfdwdsb323b2d9")
    polled = bot(polling=True).poll({})
    assert [letter.key for letter in polled.envelopes] == [f"update-{each['update_id']}" for each in telegram.waiting]
    assert all(letter.address == "token" for letter in polled.envelopes)
    assert telegram.answered == ["4382bfdwdsb323b2d9"]
    assert polled.more
    again = bot(polling=True).poll(polled.cursor)
    assert (list(again.envelopes), again.cursor, again.more, telegram.waiting) == ([], polled.cursor, False, [])


def test_a_webhook_in_the_way_of_polling_is_taken_back(telegram: StandIn) -> None:
    bot().connect(HOOK)
    telegram.waiting = [recorded("text")]
    assert len(bot(polling=True).poll({}).envelopes) == 1
    assert telegram.webhook["url"] == ""


def test_a_cursor_of_another_bot_or_of_long_ago_counts_for_nothing(telegram: StandIn) -> None:
    now = int(clock.now().timestamp())
    telegram.waiting = [recorded("text")]
    for cursor in (
        {"bot": "1", "offset": 10**9, "at": now},
        {"bot": str(BOT["id"]), "offset": 10**9, "at": now - 7 * 24 * 3600},
    ):
        assert len(bot(polling=True).poll(cursor).envelopes) == 1


def test_polling_says_what_is_wrong(telegram: StandIn) -> None:
    telegram.bots.clear()
    with pytest.raises(NotConnected, match="does not know this bot token"):
        bot(polling=True).poll({})


def test_files_are_fetched_by_their_names(telegram: StandIn) -> None:
    telegram.files["AgADphotox"] = ("photos/file 0.jpg", b"jpeg")
    into = BytesIO()
    assert bot().fetch({"file_id": "AgADphotox"}, None, into, 100) == "application/octet-stream"
    assert into.getvalue() == b"jpeg"


def test_files_that_cannot_be_had_are_told_in_words(telegram: StandIn) -> None:
    telegram.large_files.add("large")
    telegram.files |= {
        "long": ("photos/long.jpg", b"x" * 200),
        "up": ("../../etc/passwd", b"x"),
        "local": ("/var/lib/telegram-bot-api/file", b"x"),
    }
    for file_id, words in (
        ("large", "up to 20 MB"),
        ("gone", "wrong file_id"),
        ("long", "too large"),
        ("up", "no place"),
        ("local", "no place"),
        ("", "wrong file_id"),
    ):
        with pytest.raises(DeliveryFailed, match=words) as failed:
            bot().fetch({"file_id": file_id}, None, BytesIO(), 100)
        assert failed.value.permanent
        assert TOKEN not in failed.value.reason


def test_a_download_that_fails_names_no_token(telegram: StandIn) -> None:
    telegram.files["AgADphotox"] = ("photos/gone.jpg", b"jpeg")
    telegram.is_send = lambda asked: asked.path.startswith("/file/")  # type: ignore[method-assign]
    telegram.instead.append(Told(302, headers={"location": f"ftp://x.example/bot{TOKEN}"}))
    with pytest.raises(DeliveryFailed) as failed:
        bot().fetch({"file_id": "AgADphotox"}, None, BytesIO(), 100)
    assert TOKEN not in failed.value.reason


def test_their_picture_is_the_largest_of_the_newest(telegram: StandIn) -> None:
    telegram.photos[4711] = ["small", "big"]
    person = bot().profile("4711")
    assert person
    assert person.avatar_ref == {"file_id": "big"}
    assert bot().profile("4712") is None
    assert bot().profile("dana") is None
    telegram.bots.clear()
    with pytest.raises(NotConnected):
        bot().profile("4711")
