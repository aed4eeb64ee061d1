"""Questions with choices: buttons and lists in WhatsApp, a numbered list where there is none."""

from __future__ import annotations

from typing import Any

import pytest

from app.channels.base import DeliveryFailed, Outbound
from tests.channels.contract.twilio_sms import DANA
from tests.channels.twilio_sms.conftest import a_channel, outbound
from tests.fakes.provider import Told
from tests.fakes.twilio_services import Served


def asking(*titles: str, text: str = "Which one?", **more: Any) -> Outbound:
    items = [{"title": title, "value": f"v-{at}"} for at, title in enumerate(titles)]
    return outbound(text, to=DANA, content_type="input_select", content_attributes={"items": items}, **more)


def asked(there: Served) -> dict[str, Any]:
    """What was made of the last question."""
    sid = there.messages.sent[-1]["asked"]["ContentSid"]
    types: dict[str, Any] = there.messages.contents[sid]["types"]
    return types


def test_a_few_short_choices_are_buttons(there: Served) -> None:
    a_channel(medium="whatsapp").send(asking("Blue", "Green"))
    actions = [
        {"type": "QUICK_REPLY", "title": "Blue", "id": "v-0"},
        {"type": "QUICK_REPLY", "title": "Green", "id": "v-1"},
    ]
    assert asked(there) == {"twilio/quick-reply": {"body": "Which one?", "actions": actions}}


def test_more_or_longer_choices_are_a_list(there: Served) -> None:
    a_channel(medium="whatsapp").send(asking("One", "Two", "Three", "A small bell in the colour blue", text=""))
    form = asked(there)["twilio/list-picker"]
    assert (form["body"], form["button"]) == ("Choose", "Choose")
    assert form["items"][0] == {"item": "One", "id": "v-0"}
    assert form["items"][3] == {
        "item": "A small bell in the col…",
        "id": "v-3",
        "description": "A small bell in the colour blue",
    }


@pytest.mark.parametrize(
    "out",
    [
        asking(*map(str, range(11))),
        asking("Same", "Same"),
        asking("Blue {{1}}"),
        asking("Blue", text="x" * 1025),
    ],
)
def test_what_does_not_fit_is_a_numbered_list(there: Served, out: Outbound) -> None:
    a_channel(medium="whatsapp").send(out)
    assert there.messages.sent[-1]["body"].startswith(f"{out.text}\n1. ")
    assert not there.content.asked


def test_sms_has_a_numbered_list_and_cards_in_words(there: Served) -> None:
    a_channel().send(asking("Blue", "Green"))
    assert there.messages.sent[-1]["body"] == "Which one?\n1. Blue\n2. Green"
    actions = [
        {"type": "link", "text": "Look", "uri": "https://shop.example/17"},
        {"type": "postback", "text": "Keep one"},
    ]
    cards = [{"title": "Bell", "description": "Small", "actions": actions}, 7, {"title": "Horn", "actions": "x"}]
    a_channel().send(outbound("Two:", content_type="cards", content_attributes={"items": cards}))
    assert there.messages.sent[-1]["body"] == "Two:\n\nBell\nSmall\nLook: https://shop.example/17\n• Keep one\n\nHorn"


def test_the_same_question_is_made_once_and_is_no_template(there: Served) -> None:
    channel = a_channel(medium="whatsapp")
    channel.send(asking("Once", "Twice"))
    channel.send(asking("Once", "Twice"))
    assert len([each for each in there.content.asked if each.method == "POST"]) == 1
    assert [each.name for each in channel.templates()] == ["order_shipped"]


def test_where_twilio_makes_none_it_is_text_and_where_it_is_busy_it_waits(there: Served) -> None:
    there.content.refuses = True
    a_channel(medium="whatsapp").send(asking("Yes", "No"))
    assert there.messages.sent[-1]["body"] == "Which one?\n1. Yes\n2. No"
    there.content.instead.append(Told(429, b"{}"))
    there.content.is_send = lambda asked: True  # type: ignore[method-assign]
    with pytest.raises(DeliveryFailed) as failed:
        a_channel(medium="whatsapp").send(asking("Perhaps", "No"))
    assert not failed.value.permanent
    assert len(there.messages.sent) == 1


def test_a_question_whose_answer_was_lost_is_found(there: Served) -> None:
    channel = a_channel(medium="whatsapp")
    sent = channel.send(asking("Here", "There"))
    assert channel.look_up(asking("Here", "There")) == sent
