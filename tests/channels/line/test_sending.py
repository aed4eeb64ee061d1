"""What is handed over to LINE: words, pictures, films, sounds, links, buttons; under a retry key, and what it refuses."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

import pytest

from app.channels.base import DeliveryFailed, Outbound
from app.channels.line import buttons
from app.channels.line.sound import UNKNOWN, milliseconds
from tests.channels.line.conftest import a_file, account, outbound
from tests.fakes.line import MONTHLY_LIMIT, TOO_MANY, UNAUTHORIZED, Line, refused
from tests.fakes.provider import Told


def choices(count: int, title: str = "Colour") -> dict[str, Any]:
    return {"items": [{"title": f"{title} {n}", "value": f"colour-{n}"} for n in range(count)]}


def a_card(**given: Any) -> dict[str, Any]:
    return {
        "title": "Ridge 2",
        "description": "A gravel bike",
        "media_url": "https://shop.example/ridge.jpg",
        "actions": [
            {"type": "link", "text": "Look", "uri": "https://shop.example/ridge"},
            {"type": "postback", "text": "Reserve one for me today", "payload": "reserve-2"},
        ],
        **given,
    }


def sent(line: Line, *sends: Outbound) -> list[dict[str, Any]]:
    """The objects LINE has of them, sent as they are arranged."""
    for at, each in enumerate(account().arranged(sends)):
        account().send(replace(each, key=f"{each.key}-{at}"))
    return line.sent


def test_words_go_once_under_their_key(line: Line) -> None:
    words = outbound("Yes, it is.")
    first, again = account().send(words), account().send(words)
    assert first.source_id == again.source_id != ""
    assert len(line.pushes) == 1
    assert len(line.asked) == 2
    other = account().send(outbound("Yes, it is."))
    assert other.source_id != first.source_id


def test_an_answer_quotes_by_the_token_of_what_it_answers(line: Line) -> None:
    line.quote_tokens.add("q3")
    account().send(outbound("Yes", reply_to="444", answered={"quote_token": "q3"}))
    assert line.sent[0]["quoteToken"] == "q3"
    account().send(outbound("", [a_file("a.png")], reply_to="444", answered={"quote_token": "q3"}))
    assert "quoteToken" not in line.sent[1]


def test_words_and_files_are_one_push(line: Line) -> None:
    objects = sent(line, outbound("All of them", [a_file(name) for name in ("a.png", "b.jpg", "c.mp4", "d.mp3")]))
    assert [each["type"] for each in objects] == ["text", "image", "image", "video", "audio"]
    assert len(line.pushes) == 1
    assert (
        objects[1]["originalContentUrl"] == objects[1]["previewImageUrl"] == "https://desk.example/files/signed/a.png"
    )
    assert objects[3]["previewImageUrl"] == "https://desk.example/static/images/preview-film.png"


def test_more_than_five_go_in_several(line: Line) -> None:
    sent(line, outbound("Words", [a_file(f"{n}.png") for n in range(11)]))
    assert [len(push["messages"]) for push in line.pushes] == [5, 5, 2]


def test_what_line_cannot_show_goes_as_a_link(line: Line) -> None:
    files = [a_file("a.webp"), a_file("b.ogg"), a_file("large.png", size=11_000_000), a_file("big.jpg", size=2_000_000)]
    objects = sent(line, outbound("", files))
    assert [each["type"] for each in objects] == ["text", "text", "text", "image"]
    assert objects[0]["text"] == "a.webp: https://desk.example/files/signed/a.webp"
    assert objects[3]["previewImageUrl"].endswith("/static/images/preview-picture.png")
    small = "https://desk.example/files/signed/preview.jpg"
    large, webp = (replace(a_file(name, size=2_000_000), preview_url=small) for name in ("a.jpg", "a.webp"))
    objects = sent(line, outbound("", [large, webp]))[-2:]
    assert [each["previewImageUrl"] for each in objects] == [small, small]
    assert objects[1]["originalContentUrl"] == small
    insecure = replace(a_file("a.png"), url="http://localhost:3000/files/a.png")
    assert sent(line, outbound("", [insecure]))[-1]["text"] == "a.png: http://localhost:3000/files/a.png"


def test_how_long_a_sound_lasts_is_read_from_it() -> None:
    header = struct.pack(">I4s", 108, b"mvhd") + bytes(12) + struct.pack(">II", 1000, 6500) + bytes(80)
    mp4 = struct.pack(">I4s", 16, b"ftyp") + b"M4A \0\0\0\0" + struct.pack(">I4s", 8 + len(header), b"moov") + header
    assert milliseconds(a_file("a.m4a", mp4)) == 6500
    mp3 = b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + b"\xff\xfb\x90\x00" + bytes(31_996)
    assert milliseconds(a_file("a.mp3", mp3)) == 2000
    for odd in (b"", b"RIFF", bytes(5000), b"\xff" * 50, struct.pack(">I4s", 0, b"free") * 50):
        assert milliseconds(a_file("a.mp3", odd)) == UNKNOWN


@pytest.mark.parametrize(
    ("count", "shape"), [(1, "buttons"), (2, "confirm"), (4, "buttons"), (5, "quick"), (13, "quick"), (14, "numbered")]
)
def test_choices_are_shown_as_their_number_allows(line: Line, count: int, shape: str) -> None:
    (asked,) = sent(line, outbound("Which?", content_type="input_select", content_attributes=choices(count)))
    if shape == "quick":
        assert len(asked["quickReply"]["items"]) == count
    elif shape == "numbered":
        assert asked["text"].startswith("Which?\n1. Colour 0\n2. Colour 1")
    else:
        assert (asked["template"]["type"], len(asked["template"]["actions"])) == (shape, count)
        assert asked["template"]["actions"][0] == {
            "type": "postback",
            "label": "Colour 0",
            "data": '["Colour 0","colour-0"]',
            "displayText": "Colour 0",
        }


def test_long_words_and_titles_keep_to_the_limits(line: Line) -> None:
    long = choices(3, "A colour that is hard to describe in few words")
    (asked,) = sent(line, outbound("x" * 161, content_type="input_select", content_attributes=long))
    action = asked["quickReply"]["items"][0]["action"]
    assert (action["label"], action["displayText"]) == (
        "A colour that is ha…",
        "A colour that is hard to describe in few words 0",
    )
    huge = {"items": [{"title": "t" * 255, "value": "v" * 255}]}
    (asked,) = sent(line, outbound("", content_type="input_select", content_attributes=huge))[1:]
    assert buttons.pressed(asked["template"]["actions"][0]["data"]) == ("t" * 19 + "…", "v" * 255)
    many = {"items": [{"title": "t" * 255, "value": str(n)} for n in range(60)]}
    assert len(sent(line, outbound("", content_type="input_select", content_attributes=many))) == 2 + 4


def test_cards_that_are_alike_are_a_carousel(line: Line) -> None:
    cards = {"items": [a_card(), a_card(title="T" * 60, description="D" * 200)]}
    objects = sent(line, outbound("Two bikes", [a_file("a.png")], content_type="cards", content_attributes=cards))
    assert [each["type"] for each in objects] == ["image", "text", "template"]
    columns = objects[2]["template"]["columns"]
    assert [len(column["actions"]) for column in columns] == [2, 2]
    assert (len(columns[1]["title"]), len(columns[1]["text"])) == (40, 60)
    assert columns[0]["actions"][1]["label"] == "Reserve one for me …"


def test_cards_that_differ_go_by_themselves(line: Line) -> None:
    mail = {"type": "link", "text": "Mail", "uri": "mailto:hi@x.example"}
    cards = [a_card(media_url=""), a_card(), a_card(actions=[mail]), *(a_card() for _ in range(4))]
    objects = sent(line, outbound("Bikes", content_type="cards", content_attributes={"items": cards}))
    assert len(line.pushes) == 2
    assert [each["type"] for each in objects[:4]] == ["text", "template", "template", "text"]
    assert objects[3]["text"] == "Ridge 2\nA gravel bike\nMail: mailto:hi@x.example"


def test_articles_are_text_with_links(line: Line) -> None:
    items = {"items": [{"title": "Punctures", "description": "In 5 steps", "link": "https://shop.example/p"}]}
    (asked,) = sent(line, outbound("Read this", content_type="article", content_attributes=items))
    assert asked["text"] == "Read this\n\nPunctures\nIn 5 steps\nhttps://shop.example/p"


@pytest.mark.parametrize(
    ("answer", "reason", "permanent"),
    [
        (MONTHLY_LIMIT, "You have reached your monthly limit.", True),
        (TOO_MANY, "The API rate limit has been exceeded. Try again later.", False),
        (refused("Failed to send messages"), "Failed to send messages", True),
        (refused(UNAUTHORIZED, 401), UNAUTHORIZED, True),
        (
            refused("Access to this API is not available for your account", 403),
            "Access to this API is not available for your account",
            True,
        ),
        (
            refused("The request body has 1 error(s)", 400, ("messages[0].text", "May not be empty")),
            "The request body has 1 error(s): messages[0].text: May not be empty",
            True,
        ),
        (refused("Internal error", 500), "Internal error", False),
    ],
)
def test_refusals_are_told_in_lines_words(line: Line, answer: Told, reason: str, permanent: bool) -> None:
    line.instead.append(answer)
    with pytest.raises(DeliveryFailed) as failed:
        account().send(outbound("Yes"))
    assert (failed.value.reason, failed.value.permanent) == (reason, permanent)
    assert account().explain(reason) or reason.startswith(("The request", "Internal"))


def test_what_was_not_heard_is_sent_again_and_comes_once(line: Line) -> None:
    words = outbound("Yes")

    def takes_it_and_hangs_up(asked: Any) -> Told:
        line.answer(asked)
        return Told(hangs_up=True)

    line.instead.append(takes_it_and_hangs_up)
    with pytest.raises(DeliveryFailed) as failed:
        account().send(words)
    assert failed.value.is_unsure
    assert account().send(words).source_id
    assert len(line.pushes) == 1


def test_nobody_and_nothing_are_refused(line: Line) -> None:
    for wrong in (outbound("Yes", to="dana"), outbound(" "), outbound("Yes", to="U" + "0" * 32)):
        with pytest.raises(DeliveryFailed) as failed:
            account().send(wrong)
        assert failed.value.permanent
    assert line.pushes == []
