"""What is handed over to Telegram: words, files in their own ways, albums, keyboards; and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.channels.base import DeliveryFailed, Outbound
from tests.channels.telegram.conftest import a_file, bot, outbound
from tests.fakes.provider import Told
from tests.fakes.telegram import BLOCKED, Telegram, too_soon
from tests.fakes.telegram_rules import told

CHOICES = {"items": [{"title": "Red", "value": "colour-red"}, {"title": "Blue", "value": "b" * 100}]}
CARD: dict[str, Any] = {
    "title": "Ridge <2>",
    "description": "A gravel bike",
    "media_url": "https://shop.example/ridge.jpg",
    "actions": [
        {"type": "link", "text": "Look", "uri": "https://shop.example/ridge"},
        {"type": "link", "text": "Call", "uri": "tel:+4930123"},
        {"type": "postback", "text": "Reserve", "payload": "reserve-2"},
    ],
}


def sent(telegram: Telegram, *sends: Outbound) -> list[dict[str, Any]]:
    """What Telegram has of them, sent as they are arranged."""
    for each in bot().arranged(sends):
        bot().send(each)
    return telegram.sent


def methods(telegram: Telegram) -> list[str]:
    return [asked.path.rpartition("/")[2] for asked in telegram.asked]


def test_words_keep_their_marks_and_answer_what_they_answer(telegram: Telegram) -> None:
    result = bot().send(outbound("<b>Yes</b> &amp; no", reply_to="4711/12"))
    (message,) = telegram.sent
    assert result.source_id == f"4711/{message['message_id']}"
    assert message["text"] == "Yes & no"
    assert message["reply_parameters"] == {"message_id": 12, "allow_sending_without_reply": True}


def test_a_business_chat_is_answered_through_its_connection(telegram: Telegram) -> None:
    telegram.business.add("AbCdEf-1")
    result = bot().send(outbound("Yes", thread="AbCdEf-1"))
    assert result.source_id == f"AbCdEf-1/4711/{telegram.sent[0]['message_id']}"
    with pytest.raises(DeliveryFailed, match="BUSINESS_CONNECTION_INVALID") as failed:
        bot().send(outbound("Yes", thread="gone"))
    assert "taken its connection" in bot().explain(failed.value.reason)


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("a.png", "sendPhoto"),
        ("a.gif", "sendAnimation"),
        ("a.mp4", "sendVideo"),
        ("a.mp3", "sendAudio"),
        ("a.ogg", "sendVoice"),
        ("a.pdf", "sendDocument"),
    ],
)
def test_each_file_goes_in_its_own_way(telegram: Telegram, name: str, method: str) -> None:
    (message,) = sent(telegram, outbound("<i>Here</i>", [a_file(name, b"content")]))
    assert methods(telegram) == [method]
    assert message["caption"] == "Here"
    assert telegram.uploads[message["message_id"]] == (name, b"content")


def test_what_is_no_picture_to_telegram_goes_as_a_file(telegram: Telegram) -> None:
    telegram.not_pictures.add(b"very long")
    sent(telegram, outbound("", [a_file("a.png", b"very long")]))
    assert methods(telegram) == ["sendPhoto", "sendDocument"]
    telegram.asked.clear()
    sent(telegram, outbound("", [replace(a_file("a.png"), byte_size=11_000_000)]))
    assert methods(telegram) == ["sendDocument"]


def test_files_of_a_kind_make_albums_with_the_words_below(telegram: Telegram) -> None:
    names = ["1.png", "2.mp4", "3.png", "a.pdf", "b.pdf", "x.ogg", "y.ogg", "s.mp3"]
    messages = sent(telegram, outbound("All of them", [a_file(name) for name in names]))
    assert methods(telegram) == ["sendMediaGroup", "sendMediaGroup", "sendVoice", "sendVoice", "sendAudio"]
    assert [message.get("caption", "") for message in messages] == ["All of them", *[""] * 7]
    telegram.asked.clear()
    sent(telegram, outbound("", [a_file(f"{n}.png") for n in range(11)]))
    assert methods(telegram) == ["sendMediaGroup", "sendPhoto"]


def test_long_words_go_before_what_they_are_about(telegram: Telegram) -> None:
    messages = sent(telegram, outbound("<b>" + "x" * 1025 + "</b>", [a_file("a.png")]))
    assert methods(telegram) == ["sendMessage", "sendPhoto"]
    assert messages[1]["caption"] == ""
    telegram.asked.clear()
    sent(telegram, outbound("<b>" + "x" * 1024 + "</b>", [a_file("a.png")]))
    assert methods(telegram) == ["sendPhoto"]


def test_choices_are_buttons_one_below_the_other(telegram: Telegram) -> None:
    asked = outbound("Which?", [a_file("a.png")], content_type="input_select", content_attributes=CHOICES)
    messages = sent(telegram, asked)
    assert methods(telegram) == ["sendPhoto", "sendMessage"]
    assert messages[1]["reply_markup"]["inline_keyboard"] == [
        [{"text": "Red", "callback_data": "colour-red"}],
        [{"text": "Blue", "callback_data": "#2"}],
    ]
    assert sent(telegram, replace(asked, text="", files=()))[2]["text"] == "Red\nBlue"


def test_cards_are_pictures_with_buttons(telegram: Telegram) -> None:
    telegram.pictures_on_the_web.add(CARD["media_url"])
    cards = {"items": [CARD, {**CARD, "media_url": "https://gone.example/x.jpg"}]}
    messages = sent(telegram, outbound("Two bikes", content_type="cards", content_attributes=cards))
    assert methods(telegram) == ["sendMessage", "sendPhoto", "sendPhoto", "sendMessage"]
    assert messages[1]["caption"] == messages[2]["text"] == "Ridge <2>\nA gravel bike\nCall: +4930123"
    assert messages[1]["reply_markup"]["inline_keyboard"] == [
        [{"text": "Look", "url": "https://shop.example/ridge"}],
        [{"text": "Reserve", "callback_data": "reserve-2"}],
    ]


def test_articles_are_links(telegram: Telegram) -> None:
    items = {
        "items": [{"title": "Punctures & you", "description": "In 5 steps", "link": "https://shop.example/p?a=1&b=2"}]
    }
    (message,) = sent(telegram, outbound("Read this", content_type="article", content_attributes=items))
    assert message["text"] == "Read this\n\nPunctures & you\nIn 5 steps"
    assert b"https://shop.example/p?a=1&amp;b=2" in telegram.asked[0].body


@pytest.mark.parametrize(
    ("answer", "reason", "permanent", "retry_after"),
    [
        (BLOCKED, "Forbidden: bot was blocked by the user", True, None),
        (told("Forbidden: user is deactivated", 403), "Forbidden: user is deactivated", True, None),
        (too_soon(17), "Too Many Requests: retry after 17", False, 17),
        (told("Unauthorized", 401), "Unauthorized", True, None),
        (told("Internal Server Error: restart", 500), "Internal Server Error: restart", False, None),
        (Told(502, b"<html>bad gateway</html>"), "It answered 502: <html>bad gateway</html>", False, None),
        (
            told("Bad Request: group chat was upgraded to a supergroup chat", 400, migrate_to_chat_id=-100),
            "Bad Request: group chat was upgraded to a supergroup chat (it is -100 now)",
            True,
            None,
        ),
    ],
)
def test_refusals_are_told_in_telegrams_words(
    telegram: Telegram, answer: Told, reason: str, permanent: bool, retry_after: int | None
) -> None:
    telegram.instead.append(answer)
    with pytest.raises(DeliveryFailed) as failed:
        bot().send(outbound("Yes"))
    refused = failed.value
    assert (refused.reason, refused.permanent, refused.retry_after) == (reason, permanent, retry_after)
    assert not refused.is_unsure


def test_a_send_that_nobody_answers_is_unsure_and_names_no_token(telegram: Telegram) -> None:
    telegram.instead.append(Told(hangs_up=True))
    with pytest.raises(DeliveryFailed) as failed:
        bot().send(outbound("Yes"))
    assert failed.value.is_unsure
    telegram.instead.append(Told(302, headers={"location": f"https://x.example/bot{bot().token}/sendMessage"}))
    with pytest.raises(DeliveryFailed) as failed:
        bot().send(outbound("Yes"))
    assert bot().token not in failed.value.reason


def test_nothing_and_nobody_are_refused(telegram: Telegram) -> None:
    for wrong in (outbound(" "), replace(outbound("Yes"), to="-1001"), replace(outbound("Yes"), to="dana")):
        with pytest.raises(DeliveryFailed) as failed:
            bot().send(wrong)
        assert failed.value.permanent
    assert telegram.asked == []


def test_what_is_common_is_explained() -> None:
    assert "blocked this bot" in bot().explain("Forbidden: bot was blocked by the user")
    assert bot().explain("Bad Request: something else") == ""
