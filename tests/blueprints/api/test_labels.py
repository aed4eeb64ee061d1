"""Labels over REST."""

from __future__ import annotations

from app.models import Conversation
from tests.programs import Program


def test_labels_are_made_changed_and_deleted_by_administrators(alices: Program, bobs: Program) -> None:
    made = alices.post("/labels", json={"title": "Billing", "description": "Money", "color": "#1f6f4f"})
    assert made.status_code == 200
    assert made.json == {
        "id": made.json["id"],
        "title": "billing",
        "description": "Money",
        "color": "#1f6f4f",
        "show_on_sidebar": False,
    }
    path = f"/labels/{made.json['id']}"
    assert bobs.get("/labels").json == {"payload": [made.json]}
    assert bobs.get(path).json == made.json
    assert bobs.post("/labels", json={"title": "mine"}).status_code == 401
    assert bobs.send("DELETE", path).status_code == 401
    changed = alices.send("PATCH", path, json={"title": "money", "show_on_sidebar": True, "description": None})
    assert (changed.json["title"], changed.json["show_on_sidebar"]) == ("money", True)
    assert (changed.json["color"], changed.json["description"]) == ("#1f6f4f", "")
    assert alices.send("DELETE", path).status_code == 200
    assert alices.get(path).status_code == 404


def test_what_is_no_label_is_named(alices: Program) -> None:
    alices.post("/labels", json={"title": "billing"})
    for sent in ({"title": "BILLING"}, {"title": "two words"}, {}, {"title": "<script>"}):
        assert alices.post("/labels", json=sent).json["attributes"] == ["title"], sent
    assert alices.post("/labels", json={"title": "a", "color": "url(x)"}).json["attributes"] == ["color"]


def test_posting_labels_replaces_those_of_a_conversation(
    alices: Program, bobs: Program, charlies: Program, conversation: Conversation
) -> None:
    for title in ("billing", "repair", "club"):
        alices.post("/labels", json={"title": title})
    path = f"/conversations/{conversation.display_id}/labels"
    assert bobs.post(path, json={"labels": ["billing", "repair"]}).json == {"payload": ["billing", "repair"]}
    assert bobs.post(path, json={"labels": "Club,repair"}).json == {"payload": ["club", "repair"]}
    assert bobs.get(path).json == {"payload": ["club", "repair"]}
    assert bobs.get(f"/conversations/{conversation.display_id}").json["labels"] == ["club", "repair"]
    assert bobs.post(path, json={"labels": ["nonsense"]}).status_code == 422
    assert bobs.post(path, json={"labels": 7}).status_code == 422
    assert charlies.get(path).status_code == 404
    listed = bobs.get("/conversations", query_string={"labels[]": "club"}).json["data"]
    assert [each["id"] for each in listed["payload"]] == [conversation.display_id]
    assert listed["meta"]["all_count"] == 1
    assert bobs.get("/conversations", query_string={"labels[]": "billing"}).json["data"]["payload"] == []
    assert bobs.post(path, json={"labels": []}).json == {"payload": []}
