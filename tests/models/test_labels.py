"""Labels: words of the account's own, on conversations."""

from __future__ import annotations

import pytest

from app.errors import Invalid
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Conversation, Event, Label, Message
from app.models.actor import SYSTEM
from app.realtime import frames
from tests.cast import Cast, a_conversation, alice


def some_labels(cast: Cast, *titles: str) -> None:
    for title in titles:
        Label.create(cast.account_id, {"title": title}, by=alice(cast).actor)


def test_a_title_is_one_word_in_lower_case_and_unique(cast: Cast) -> None:
    with transaction(cast.account_id):
        label = Label.create(cast.account_id, {"title": " Größe-XL_2 ", "color": "FA0"}, by=alice(cast).actor)
        assert (label.title, label.color) == ("größe-xl_2", "#ffaa00")
        for title in ("größe-XL_2", "two words", "", "a/b", "x" * 101, "emoji😀"):
            with pytest.raises(Invalid) as refused:
                Label.create(cast.account_id, {"title": title}, by=SYSTEM)
            assert list(refused.value.fields) == ["title"]
        other = Label.create(cast.account_id, {"title": "other"}, by=SYSTEM)
        with pytest.raises(Invalid):
            other.change({"title": "größe-xl_2"}, by=SYSTEM)
    with transaction(cast.other_account_id):
        Label.create(cast.other_account_id, {"title": "größe-xl_2"}, by=SYSTEM)


def test_labels_are_given_taken_and_replaced(cast: Cast) -> None:
    with transaction(cast.account_id):
        some_labels(cast, "billing", "urgent", "repair")
        conversation, actor = a_conversation(cast), alice(cast).actor
        version = conversation.version
        conversation.add_labels(["Urgent", "billing", "urgent"], by=actor)
        assert conversation.label_titles == ["billing", "urgent"]
        assert conversation.version == version + 1
        conversation.add_labels(["billing"], by=actor)
        conversation.remove_labels(["repair", "nonsense"], by=actor)
        assert conversation.version == version + 1
        conversation.set_labels(["repair", "urgent"], by=actor)
        conversation.remove_labels(["urgent"], by=actor)
        assert conversation.label_titles == ["repair"]
    with transaction(cast.account_id):
        told = [(event.name, event.data) for event in db.session.query(Event).order_by(Event.id)]
        assert [each for each in told if "label" in each[0] and each[0].startswith("conversation")] == [
            ("conversation.labeled", {"labels": ["billing", "urgent"]}),
            ("conversation.labeled", {"labels": ["repair"]}),
            ("conversation.unlabeled", {"labels": ["billing"]}),
            ("conversation.unlabeled", {"labels": ["urgent"]}),
        ]
        line = db.session.query(Message).filter(Message.message_type == "activity").order_by(Message.id).first()
        assert line
        drawn = frames.render("messages/_message.html", message=line)
        assert "Alice" in drawn
        assert "billing" in drawn


def test_an_unknown_label_changes_nothing(cast: Cast) -> None:
    with transaction(cast.account_id):
        some_labels(cast, "billing")
        conversation = a_conversation(cast)
        with pytest.raises(Invalid, match="nonsense"):
            conversation.add_labels(["billing", "nonsense"], by=SYSTEM)
        assert conversation.label_titles == []


def test_a_deleted_label_is_on_no_conversation(cast: Cast) -> None:
    with transaction(cast.account_id):
        some_labels(cast, "billing", "repair")
        conversation = a_conversation(cast)
        conversation.set_labels(["billing", "repair"], by=SYSTEM)
        row = frames.render("conversations/_row.html", conversation=conversation)
        assert 'data-labels="billing repair"' in row
        label = db.session.query(Label).filter(Label.title == "billing").one()
        label.delete(by=SYSTEM)
    with transaction(cast.account_id):
        assert db.session.query(Conversation).one().label_titles == ["repair"]
