"""What an interactive message may hold, and which answers fit: the rules themselves, without a database."""

from __future__ import annotations

from typing import Any

import pytest

from app.errors import Invalid
from app.models.message_items import checked_answer, checked_items

LINK = {"type": "link", "text": "Look", "uri": "https://shop.example/ridge"}
CARD = {"title": "Ridge 2", "description": "Rust", "media_url": "https://shop.example/r.jpg", "actions": [LINK]}
GOOD: dict[str, Any] = {
    "input_select": [{"title": "Small", "value": "s"}, {"title": "Medium", "value": 2}],
    "cards": [CARD, {"title": "Canal", "actions": [{"type": "postback", "text": "Hold it", "payload": "hold-canal"}]}],
    "form": [
        {"name": "email", "label": "E-mail", "type": "email", "required": "required"},
        {"name": "size", "type": "select", "options": [{"label": "Medium", "value": "m"}]},
        {"name": "code", "pattern": "[A-Z]{2}[0-9]+", "pattern_error": "Two letters and a number."},
    ],
    "article": [{"title": "Find your size", "description": "With a tape", "link": "https://shop.example/help/size"}],
}


@pytest.mark.parametrize("kind", GOOD)
def test_good_items_are_kept(kind: str) -> None:
    kept = checked_items(kind, {"items": GOOD[kind], "note": "stays"})
    assert len(kept["items"]) == len(GOOD[kind])
    assert kept["note"] == "stays"


@pytest.mark.parametrize(
    ("kind", "items", "place"),
    [
        ("input_select", [], "content_attributes.items"),
        ("input_select", None, "content_attributes.items"),
        ("input_select", [{"title": "S", "value": "s", "colour": "red"}], "content_attributes.items.0.colour"),
        ("input_select", [{"title": "S"}], "content_attributes.items.0.value"),
        ("cards", [{"title": "Ridge 2"}], "content_attributes.items.0.actions"),
        (
            "cards",
            [{**CARD, "actions": [{**LINK, "uri": "javascript:alert(1)"}]}],
            "content_attributes.items.0.actions.0.uri",
        ),
        ("cards", [{**CARD, "actions": [{"type": "link", "text": "Look"}]}], "content_attributes.items.0.actions.0"),
        ("cards", [{**CARD, "media_url": "data:image/png;base64,AA"}], "content_attributes.items.0.media_url"),
        ("article", [{"title": "Size", "link": "//evil.example"}], "content_attributes.items.0.link"),
        ("article", [{"title": "Size", "link": "http:"}], "content_attributes.items.0.link"),
        ("form", [{"name": "a"}, {"name": "a"}], "content_attributes.items"),
        ("form", [{"name": "a", "type": "select"}], "content_attributes.items.0"),
        ("form", [{"name": "a", "type": "password"}], "content_attributes.items.0.type"),
        ("form", [{"name": "a", "pattern": "(?=x)"}], "content_attributes.items.0.pattern"),
        ("input_select", [{"title": "S", "value": "s"}] * 101, "content_attributes.items"),
        ("input_select", [{"title": "S" * 256, "value": "s"}], "content_attributes.items.0.title"),
        ("form", [{"name": str(at), "label": "x" * 1000} for at in range(90)], "content_attributes.items"),
        ("text", [{"title": "S", "value": "s"}], "content_attributes.items"),
        ("input_email", ["what"], "content_attributes.items"),
        ("cards", ["what"], "content_attributes.items.0"),
    ],
)
def test_items_that_do_not_fit_are_told_by_their_place(kind: str, items: Any, place: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_items(kind, {"items": items})
    assert list(refused.value.fields) == [place]


def test_nobody_writes_an_answer_with_the_question() -> None:
    kept = checked_items("input_email", {"submitted_email": "eve@elsewhere.example", "submitted_values": [1]})
    assert kept == {}


def test_a_choice_must_be_one_of_those_there_are() -> None:
    items = checked_items("input_select", {"items": GOOD["input_select"]})["items"]
    assert checked_answer("input_select", items, {"submitted_values": [{"value": 2}]}) == {
        "submitted_values": [{"title": "Medium", "value": "2"}]
    }
    with pytest.raises(Invalid):
        checked_answer("input_select", items, {"submitted_values": [{"value": "xl"}]})


def test_a_form_tells_what_is_wrong_with_each_field() -> None:
    items = checked_items("form", {"items": GOOD["form"]})["items"]
    given = [{"name": "email", "value": "dana@"}, {"name": "size", "value": "xxl"}, {"name": "code", "value": "a1"}]
    with pytest.raises(Invalid) as refused:
        checked_answer("form", items, {"submitted_values": given})
    assert refused.value.fields["submitted_values.code"] == "Two letters and a number."
    assert set(refused.value.fields) == {"submitted_values.email", "submitted_values.size", "submitted_values.code"}
    good = [{"name": "email", "value": "dana@example.com"}, {"name": "stranger", "value": "is not asked"}]
    kept = checked_answer("form", items, {"submitted_values": good})["submitted_values"]
    assert [(each["name"], each["value"]) for each in kept] == [
        ("email", "dana@example.com"),
        ("size", ""),
        ("code", ""),
    ]


def test_a_required_field_must_be_filled_in() -> None:
    items = checked_items("form", {"items": GOOD["form"]})["items"]
    with pytest.raises(Invalid, match="Fill this in"):
        checked_answer("form", items, {"submitted_values": []})


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"submitted_values": "s"},
        {"submitted_values": ["s"]},
        {"submitted_values": [{"value": {"a": 1}}]},
        {"submitted_values": [{"value": "x" * 5001}]},
    ],
)
@pytest.mark.parametrize("kind", ["input_select", "cards", "form", "input_text", "input_email", "text", "article"])
def test_odd_answers_are_refused(kind: str, given: dict[str, Any]) -> None:
    items = checked_items(kind, {"items": GOOD[kind]})["items"] if kind in GOOD else []
    with pytest.raises(Invalid):
        checked_answer(kind, items, given)
