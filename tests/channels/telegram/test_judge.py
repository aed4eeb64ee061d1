"""python-telegram-bot reads what we say Telegram tells, and what we tell Telegram; and finds our stand-in to be Telegram."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import telegram as judge

from app.channels.telegram import keyboards
from tests.channels.telegram.conftest import PAYLOADS, a_file, bot, outbound
from tests.channels.telegram.test_sending import CARD, CHOICES
from tests.fakes.telegram import BLOCKED, TOKEN, Telegram, too_soon

NOT_OF_TODAY = {"unknown"}


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.json")), ids=lambda path: path.stem)
def test_it_reads_our_recorded_updates(path: Path) -> None:
    told = json.loads(path.read_text())
    update = judge.Update.de_json(told, None)
    kind = next(name for name in told if name != "update_id")
    found = getattr(update, kind)
    assert found is not None
    assert path.stem in NOT_OF_TODAY or not found.api_kwargs
    message = update.effective_message
    if kind == "message" and path.stem not in NOT_OF_TODAY:
        assert message
        # Something that it knows is in it beside who, where and when.
        assert message.to_dict().keys() >= {name for name, value in told[kind].items() if value != []}


def test_it_reads_our_keyboards() -> None:
    for keyboard in (keyboards.choices(CHOICES["items"]), keyboards.actions(CARD)):
        markup = judge.InlineKeyboardMarkup.de_json(dict(keyboard or {}), None)
        assert markup.to_dict() == keyboard


def test_it_reads_what_we_send(telegram: Telegram) -> None:
    for send in bot().arranged([outbound("Two", [a_file("1.png"), a_file("2.mp4")], reply_to="4711/12")]):
        bot().send(send)
    (album,) = telegram.asked
    body = album.body.decode("latin-1")
    media = json.loads(body.partition('name="media"\r\n\r\n')[2].partition("\r\n--")[0])
    shapes: dict[str, Any] = {"photo": judge.InputMediaPhoto, "video": judge.InputMediaVideo}
    for each in media:
        kind = each.pop("type")
        assert shapes[kind](each.pop("media"), **each).type == kind
    reply = json.loads(body.partition('name="reply_parameters"\r\n\r\n')[2].partition("\r\n--")[0])
    assert judge.ReplyParameters.de_json(reply, None).message_id == 12


@pytest.mark.filterwarnings("ignore:.*retry_after")
def test_it_takes_our_stand_in_for_telegram(telegram: Telegram) -> None:
    asyncio.run(talk(telegram))
    assert [message.get("text") for message in telegram.sent] == ["Hello", None, None, None]


async def talk(telegram: Telegram) -> None:
    """As any bot of that library talks."""
    async with judge.Bot(TOKEN, base_url=f"{telegram.url}/bot", base_file_url=f"{telegram.url}/file/bot") as client:
        assert client.username == "fernway_bot"
        await client.set_webhook("https://desk.example/x", secret_token="a-1", allowed_updates=["message"])
        assert (await client.get_webhook_info()).url == "https://desk.example/x"
        with pytest.raises(judge.error.Conflict):
            await client.get_updates()
        await client.delete_webhook()
        telegram.waiting = [json.loads((PAYLOADS / "photo.json").read_text())]
        (update,) = await client.get_updates(allowed_updates=["message"])
        assert update.message
        telegram.files[update.message.photo[1].file_id] = ("photos/1.jpg", b"jpeg")
        file = await client.get_file(update.message.photo[1].file_id)
        assert bytes(await file.download_as_bytearray()) == b"jpeg"
        hello = await client.send_message(4711, "<b>Hello</b>", parse_mode="HTML")
        assert hello.message_id
        await client.send_photo(4711, b"png", caption="x", reply_to_message_id=hello.message_id)
        await client.send_media_group(4711, [judge.InputMediaPhoto(b"1"), judge.InputMediaVideo(b"2")])
        with pytest.raises(judge.error.BadRequest, match="Can't parse entities"):
            await client.send_message(4711, "<b>Hello", parse_mode="HTML")
        telegram.instead.append(BLOCKED)
        with pytest.raises(judge.error.Forbidden):
            await client.send_message(4711, "Hello?")
        telegram.instead.append(too_soon(3))
        with pytest.raises(judge.error.RetryAfter):
            await client.send_message(4711, "Hello?")
