"""A website puts labels on its visitor's conversation."""

from __future__ import annotations

import pytest

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Label
from app.models.actor import SYSTEM
from tests.cast import Cast
from tests.visitors import Visitor


@pytest.fixture(autouse=True)
def labels(cast: Cast) -> None:
    with transaction(cast.account_id):
        Label.create(cast.account_id, {"title": "größe-xl"}, by=SYSTEM)
    with transaction(cast.other_account_id):
        Label.create(cast.other_account_id, {"title": "elsewhere"}, by=SYSTEM)


def given(dana: Visitor, cast: Cast) -> list[str]:
    conversation = dana.conversation
    with transaction(cast.account_id):
        return db.session.merge(conversation).label_titles


def test_a_label_of_the_account_is_put_on_and_taken_off(dana: Visitor, cast: Cast) -> None:
    assert dana.ask("post", "labels", json={"label": "größe-xl"}).status_code == 404
    dana.say("Hello")
    assert dana.ask("post", "labels", json={"label": "Größe-XL"}).status_code == 204
    assert dana.ask("post", "labels", json={"label": "größe-xl"}).status_code == 204
    assert given(dana, cast) == ["größe-xl"]
    assert dana.ask("delete", "labels/größe-xl").status_code == 204
    assert dana.ask("delete", "labels/größe-xl").status_code == 204
    assert given(dana, cast) == []


@pytest.mark.parametrize("label", ["elsewhere", "nonsense", "' or 1=1 --", "<b>"])
def test_a_label_that_the_account_does_not_have_is_not_found(dana: Visitor, label: str) -> None:
    dana.say("Hello")
    assert dana.ask("post", "labels", json={"label": label}).status_code == 404


@pytest.mark.parametrize("body", [{}, {"label": ""}, {"label": None}, {"label": ["a"]}, {"label": "x" * 101}, []])
def test_what_is_no_label_is_refused(dana: Visitor, body: object) -> None:
    dana.say("Hello")
    assert dana.ask("post", "labels", json=body).status_code == 422


def test_a_stranger_labels_nothing(dana: Visitor) -> None:
    assert dana.ask("post", "labels", token="forged", json={"label": "größe-xl"}).status_code == 401
    assert dana.ask("delete", "labels/größe-xl", token=None).status_code == 401
