"""The page of labels: made, renamed, coloured and deleted by administrators, in words where something does not fit."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Event, Label
from app.models.label import ConversationLabel
from tests.blueprints.agent.test_inbox import signed_in
from tests.cast import Cast, a_conversation, alice

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def admin(cast: Cast, client: FlaskClient) -> FlaskClient:
    return signed_in(client, "Alice")


def home(cast: Cast, rest: str = "", account: int | None = None) -> str:
    return f"/accounts/{account or cast.account_id}/settings/labels{rest}"


def a_label(cast: Cast, title: str = "warranty", conversations: int = 0) -> int:
    with transaction(cast.account_id):
        label = Label.create(cast.account_id, {"title": title}, by=alice(cast).actor)
        for _ in range(conversations):
            a_conversation(cast).add_labels([title], by=alice(cast).actor)
        return label.id


def titles(cast: Cast) -> list[str]:
    with transaction(cast.account_id):
        return list(db.session.scalars(select(Label.title).order_by(Label.title)))


def test_an_empty_list_says_what_labels_are_for(admin: FlaskClient, cast: Cast) -> None:
    assert "No labels yet" in admin.get(home(cast)).text


def test_a_label_is_made_and_shown_with_its_count(admin: FlaskClient, cast: Cast) -> None:
    a_label(cast, "refund", conversations=2)
    typed = {"title": "Late delivery", "color": "#FF8800", "description": "Over five days", "show_on_sidebar": "1"}
    assert admin.post(home(cast), data=typed).status_code == 303
    page = admin.get(home(cast)).text
    assert titles(cast) == ["late-delivery", "refund"]
    assert "The label late-delivery is there" in page
    assert 'colour="#ff8800"' in page
    assert page.index(">late-delivery<") < page.index(">refund<")
    assert '<td class="is-end number only-wide">2<' in page
    with transaction(cast.account_id):
        assert db.session.scalar(select(func.count()).where(Event.name == "label.created")) == 2


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"title": ""}, "A label is one word"),
        ({"title": "a" * 101}, "A label is one word"),
        ({"title": EVIL}, "A label is one word"),
        ({"title": "refund"}, "There is a label of this name already."),
        ({"title": "REFUND "}, "There is a label of this name already."),
        ({"title": "late", "color": "red; background: url(x)"}, "field-error"),
        ({"title": "late", "description": "x" * 1001}, "This is too long"),
    ],
)
def test_what_does_not_fit_is_said_beside_it_and_kept_in_the_form(
    admin: FlaskClient, cast: Cast, typed: dict[str, str], words: str
) -> None:
    other = a_label(cast, "refund")
    mine = a_label(cast, "warranty")
    for answer in (admin.post(home(cast), data=typed), admin.post(home(cast, f"/{mine}"), data=typed)):
        assert answer.status_code == 422
        assert words in answer.text
        assert "data-open" in answer.text
        assert "<script>" not in answer.text
    assert titles(cast) == ["refund", "warranty"]
    assert other != mine


def test_a_label_is_renamed_wherever_it_is(admin: FlaskClient, cast: Cast) -> None:
    label = a_label(cast, conversations=1)
    page = admin.get(home(cast, f"/{label}")).text
    assert 'value="warranty"' in page
    assert "shows on 1 conversation at once" in page
    assert admin.post(home(cast, f"/{label}"), data={"title": "guarantee", "color": "#123456"}).status_code == 303
    with transaction(cast.account_id):
        kept = db.session.get_one(Label, (cast.account_id, label))
        assert (kept.title, kept.color, kept.show_on_sidebar) == ("guarantee", "#123456", False)


def test_deleting_is_asked_for_and_takes_it_off_everything(admin: FlaskClient, cast: Cast) -> None:
    label = a_label(cast, conversations=3)
    assert "taken off 3 conversations" in admin.get(home(cast, f"/{label}/deletion")).text
    assert titles(cast) == ["warranty"]
    assert admin.post(home(cast, f"/{label}/deletion")).status_code == 303
    assert titles(cast) == []
    with transaction(cast.account_id):
        assert db.session.scalar(select(func.count()).select_from(ConversationLabel)) == 0
    assert admin.post(home(cast, f"/{label}/deletion")).status_code == 404


def test_only_administrators_of_the_account_come_here(cast: Cast, client: FlaskClient) -> None:
    label = a_label(cast)
    for name, account in (("Bob", cast.account_id), ("Charlie", cast.account_id), ("Charlie", cast.other_account_id)):
        signed_in(client, name)
        for rest in (f"/{label}", f"/{label}/deletion"):
            assert client.get(home(cast, rest, account)).status_code in (403, 404)
            assert client.post(home(cast, rest, account), data={"title": "mine"}).status_code in (403, 404)
    assert titles(cast) == ["warranty"]
