"""Answers by Messenger: text, files, choices, cards, in their time and in Graph's words when they are refused."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest

from app.channels.base import DeliveryFailed, Envelope, File, Outbound, Sent
from app.channels.messenger import Messenger
from tests.fakes.messenger import DANA, Graph
from tests.fakes.meta_rules import refusal
from tests.fakes.provider import Told

ANSWER = Outbound(key="message-7-0", to=DANA, text="It is *back*, in blue.")
BELL = {
    "title": "Brass bell",
    "description": "Rings for years",
    "media_url": "https://fernway.example/bell.jpg",
    "actions": [
        {"type": "link", "text": "See it", "uri": "https://fernway.example/bell"},
        {"type": "postback", "text": "Put one aside", "payload": "aside:bell"},
    ],
}


def rich(kind: str, items: list[dict[str, Any]], text: str = "") -> Outbound:
    return replace(ANSWER, text=text, content_type=kind, content_attributes={"items": items})


def a_file(kind: str, content_type: str, name: str = "bell.bin") -> File:
    return File(name, content_type, 4, kind, "https://desk.test/files/x", lambda: BytesIO(b"file"))


def sent(messenger: Messenger, outbound: Outbound) -> None:
    """As the core sends it: arranged, then one by one."""
    for each in Messenger.arranged([outbound]):
        messenger.send(each)


def failure(messenger: Messenger, outbound: Outbound = ANSWER) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        messenger.send(outbound)
    return caught.value


def test_an_answer_is_a_response_proven_by_the_app(messenger: Messenger, graph: Graph) -> None:
    assert messenger.send(ANSWER) == Sent("m_out_1")
    assert graph.sent == [
        {"recipient": {"id": DANA}, "messaging_type": "RESPONSE", "message": {"text": "It is *back*, in blue."}}
    ]
    assert graph.asked[0].query["appsecret_proof"]
    assert "token" not in str(graph.asked[0].query)


def test_a_late_answer_is_marked_as_a_persons(messenger: Messenger, graph: Graph) -> None:
    graph.late = {DANA}
    assert failure(messenger).permanent
    messenger.send(replace(ANSWER, is_late=True))
    assert (graph.sent[0]["messaging_type"], graph.sent[0]["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")


def test_an_answer_stands_below_what_it_answers(messenger: Messenger, graph: Graph) -> None:
    messenger.send(replace(ANSWER, reply_to="m_1"))
    assert graph.sent[0]["reply_to"] == {"mid": "m_1"}


def test_an_answer_to_what_is_gone_is_said_all_the_same(messenger: Messenger, graph: Graph) -> None:
    messenger.send(replace(ANSWER, reply_to="m_gone"))
    assert "reply_to" not in graph.sent[0]


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("image", "image/png"), ("audio", "audio/mpeg"), ("video", "video/mp4"), ("file", "application/pdf")],
)
def test_a_file_goes_along_itself(messenger: Messenger, graph: Graph, kind: str, content_type: str) -> None:
    messenger.send(replace(ANSWER, text="", files=[a_file(kind, content_type, 'In"voice\r\n.pdf')], is_late=True))
    assert graph.sent[0]["message"] == {"attachment": {"type": kind, "payload": {}}}
    assert graph.sent[0]["tag"] == "HUMAN_AGENT"
    ((name, given_type, content),) = graph.uploads
    assert (name, given_type, content) == ("In_voice__.pdf", content_type, b"file")


def test_choices_are_quick_replies(messenger: Messenger, graph: Graph) -> None:
    items = [{"title": "Blue", "value": "colour:blue"}, {"title": "The green one with stripes", "value": ""}]
    sent(messenger, rich("input_select", items, "Which one?"))
    assert graph.sent[0]["message"] == {
        "text": "Which one?",
        "quick_replies": [
            {"content_type": "text", "title": "Blue", "payload": "colour:blue"},
            {"content_type": "text", "title": "The green one with…", "payload": "The green one with…"},
        ],
    }


def test_too_many_choices_are_a_list(messenger: Messenger, graph: Graph) -> None:
    sent(messenger, rich("input_select", [{"title": f"Bell {n}", "value": str(n)} for n in range(14)], "Which one?"))
    assert graph.sent[0]["message"]["text"].startswith("Which one?\n\n1. Bell 0\n2. Bell 1")
    assert "quick_replies" not in graph.sent[0]["message"]


def test_choices_without_a_question_are_a_list_with_buttons(messenger: Messenger, graph: Graph) -> None:
    sent(messenger, rich("input_select", [{"title": "Blue", "value": "b"}]))
    assert graph.sent[0]["message"]["text"] == "1. Blue"
    assert graph.sent[0]["message"]["quick_replies"]


def test_an_address_is_asked_for_with_a_button(messenger: Messenger, graph: Graph) -> None:
    sent(messenger, rich("input_email", [], "What is your address?"))
    assert graph.sent[0]["message"]["quick_replies"] == [{"content_type": "user_email"}]


def test_cards_come_after_their_words(messenger: Messenger, graph: Graph) -> None:
    sent(messenger, rich("cards", [BELL, {**BELL, "title": "x" * 200}], "Two bells:"))
    words, cards = (each["message"] for each in graph.sent)
    assert words == {"text": "Two bells:"}
    payload = cards["attachment"]["payload"]
    assert payload["template_type"] == "generic"
    assert payload["elements"][0] == {
        "title": "Brass bell",
        "subtitle": "Rings for years",
        "image_url": "https://fernway.example/bell.jpg",
        "buttons": [
            {"type": "web_url", "url": "https://fernway.example/bell", "title": "See it"},
            {"type": "postback", "title": "Put one aside", "payload": "aside:bell"},
        ],
    }
    assert len(payload["elements"][1]["title"]) == 80


def test_one_card_without_a_picture_is_a_text_with_buttons(messenger: Messenger, graph: Graph) -> None:
    sent(messenger, rich("cards", [{**BELL, "media_url": ""}]))
    payload = graph.sent[0]["message"]["attachment"]["payload"]
    assert (payload["template_type"], payload["text"]) == ("button", "Brass bell\nRings for years")
    assert len(payload["buttons"]) == 2


def test_a_card_with_many_buttons_goes_on_in_the_next(messenger: Messenger, graph: Graph) -> None:
    actions = [{"type": "postback", "text": f"Size {n}", "payload": str(n)} for n in range(5)]
    sent(messenger, rich("cards", [{**BELL, "actions": actions}]))
    elements = graph.sent[0]["message"]["attachment"]["payload"]["elements"]
    assert [len(each["buttons"]) for each in elements] == [3, 2]


@pytest.mark.parametrize(
    "items", [[{**BELL, "title": f"Bell {n}"} for n in range(11)], [{"title": "Only a title", "actions": []}]]
)
def test_cards_that_do_not_fit_are_a_list(messenger: Messenger, graph: Graph, items: list[dict[str, Any]]) -> None:
    sent(messenger, rich("cards", items, "Bells:"))
    assert graph.sent[0]["message"]["text"].startswith(f"Bells:\n\n1. {items[0]['title']}")


def test_an_article_is_a_card_to_open(messenger: Messenger, graph: Graph) -> None:
    article = {"title": "How to ring", "description": "In three steps", "link": "https://fernway.example/ring"}
    sent(messenger, rich("article", [article, article], "Have a look"))
    elements = graph.sent[1]["message"]["attachment"]["payload"]["elements"]
    assert elements[0]["buttons"][0]["url"] == "https://fernway.example/ring"


def test_an_address_that_is_none_of_the_web_is_no_button(messenger: Messenger, graph: Graph) -> None:
    bad = {"type": "link", "text": "Run", "uri": "javascript:alert(1)"}
    sent(messenger, rich("cards", [{**BELL, "actions": [bad]}]))
    assert "buttons" not in graph.sent[0]["message"]["attachment"]["payload"]["elements"][0]


@pytest.mark.parametrize(
    ("told", "permanent", "unsure"),
    [
        (refusal("This person isn't available right now.", code=551), True, False),
        (refusal("This message is sent outside of allowed window.", code=10, subcode=2018278), True, False),
        (refusal("Invalid OAuth access token.", code=190), True, False),
        (refusal("Calls to this api have exceeded the rate limit.", code=613), False, False),
        (refusal("Temporary send message failure. Please try again later.", code=1200), False, False),
        (refusal("An unexpected error has occurred.", code=2, status=500), False, False),
        (Told(502, b"<html>Bad gateway</html>"), False, False),
        (Told(200, b"not what was expected"), False, True),
        (Told(hangs_up=True), False, True),
    ],
)
def test_refusals_say_whether_to_try_again(
    messenger: Messenger, graph: Graph, told: Told, permanent: bool, unsure: bool
) -> None:
    graph.instead.append(told)
    failed = failure(messenger)
    assert (failed.permanent, failed.is_unsure) == (permanent, unsure)
    assert graph.sent == []


def test_a_refusal_is_in_graphs_words_and_explained(messenger: Messenger, graph: Graph) -> None:
    graph.late = {DANA}
    reason = failure(messenger).reason
    assert reason == "(#10) This message is sent outside of allowed window."
    assert "write first" in Messenger.explain(reason)
    assert Messenger.explain("something else") == ""


def test_whoever_is_unknown_is_refused_though_something_is_answered(messenger: Messenger, graph: Graph) -> None:
    assert failure(messenger, replace(ANSWER, to="5", reply_to="m_1")).reason == "(#100) No matching user found"


def test_an_answer_takes_a_thread_over_from_a_bot(messenger: Messenger, graph: Graph) -> None:
    graph.is_controlled_by_us = False
    assert messenger.send(ANSWER) == Sent("m_out_1")
    assert [asked.path.rpartition("/")[2] for asked in graph.asked] == ["messages", "take_thread_control", "messages"]


def test_a_thread_that_another_app_keeps_is_said_in_graphs_words(messenger: Messenger, graph: Graph) -> None:
    refused = refusal("Message not sent: another app is controlling this thread now.", code=10, subcode=2018300)
    graph.instead += [refused, refused]
    failed = failure(messenger)
    assert failed.permanent
    assert "another app" in failed.reason


def test_files_are_brought_and_what_is_gone_is_gone(messenger: Messenger, graph: Graph) -> None:
    graph.media["bell.jpg"] = ("image/jpeg", b"jpeg")
    into = BytesIO()
    assert messenger.fetch({"url": f"{graph.url}/cdn/bell.jpg"}, None, into, 100) == "image/jpeg"
    assert into.getvalue() == b"jpeg"
    for ref in ({"url": f"{graph.url}/cdn/gone.jpg"}, {"url": f"{graph.url}/cdn/bell.jpg", "limit": 1}, {}):
        with pytest.raises(DeliveryFailed) as failed:
            messenger.fetch(ref, None, BytesIO(), ref.get("limit", 100))  # type: ignore[arg-type]  # an int where there is one
        assert failed.value.permanent


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/x", "http://169.254.169.254/latest", "http://[::1]/", "file:///etc"]
)
def test_nothing_is_fetched_from_within_the_network(messenger: Messenger, url: str) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        messenger.fetch({"url": url}, None, BytesIO(), 100)
    assert failed.value.permanent


def test_a_file_whose_address_ended_is_asked_for_anew(messenger: Messenger, graph: Graph) -> None:
    graph.media["anew.jpg"] = ("image/jpeg", b"jpeg")
    graph.kept["m_1"] = [f"{graph.url}/cdn/other.jpg", f"{graph.url}/cdn/anew.jpg"]
    letter = Envelope("", "", "1", {"event": {"message": {"mid": "m_1"}}})
    ref, into = {"url": f"{graph.url}/cdn/ended.jpg", "at": 1}, BytesIO()
    assert messenger.fetch(ref, letter, into, 100) == "image/jpeg"
    assert into.getvalue() == b"jpeg"
    for at in (0, 2, "x"):
        with pytest.raises(DeliveryFailed) as failed:
            messenger.fetch({**ref, "at": at}, letter, BytesIO(), 100)
        assert failed.value.permanent


def test_graph_may_say_for_how_long_to_wait(messenger: Messenger, graph: Graph) -> None:
    told = refusal("Calls to this api have exceeded the rate limit.", code=613)
    for usage, seconds in (
        ('{"1": [{"type": "messenger", "estimated_time_to_regain_access": 19}]}', 1140),
        ('{"1": [{"estimated_time_to_regain_access": 0}]}', None),
        ("[]", None),
        ("none", None),
    ):
        graph.instead.append(replace(told, headers={"x-business-use-case-usage": usage}))
        assert failure(messenger).retry_after == seconds
