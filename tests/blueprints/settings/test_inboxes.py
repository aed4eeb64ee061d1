"""An administrator makes the chat of a website: its look, its people, the lines to paste, the proof of its visitors."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.channels.web_widget import WebsiteSettings
from app.ledger.transaction import transaction
from app.lib import colour
from app.lib.database import db
from app.models import Event, Inbox
from tests.at_the_door import ALICE, BOB, CHARLIE, browser_of
from tests.cast import Cast

TYPED: dict[str, Any] = {
    "name": "Shop",
    "website_url": "shop.example",
    "color": "#1c6b4c",
    "welcome_title": "Hello",
    "position": "left",
    "locales": ["en", "de"],
    "reply_time": "in_a_few_hours",
    "features": ["attachments"],
    "allowed_domains": "shop.example, *.shop.example\nhttps://other.example/",
    "is_enabled": "1",
}


@pytest.fixture
def alice(app: Flask, cast: Cast) -> FlaskClient:
    return browser_of(app, ALICE)


@pytest.fixture
def home(cast: Cast) -> str:
    return f"/accounts/{cast.account_id}/settings/inboxes"


def newest(cast: Cast) -> Inbox:
    with transaction(cast.account_id):
        inbox = db.session.scalars(select(Inbox).order_by(Inbox.id.desc()).limit(1)).one()
        _ = inbox.members
        return inbox


def test_a_website_is_added_and_its_lines_to_paste_are_shown(alice: FlaskClient, home: str, cast: Cast) -> None:
    answer = alice.post(home, data={**TYPED, "members": [cast.bob_id]})
    inbox = newest(cast)
    assert answer.location == f"{home}/{inbox.id}"
    look = WebsiteSettings.model_validate(inbox.channel_settings)
    assert (look.website_url, look.color, look.position) == ("https://shop.example", "#1c6b4c", "left")
    assert look.locales == ("en", "de")
    assert look.features == ("attachments",)
    assert look.allowed_domains == ("shop.example", "*.shop.example", "other.example")
    with transaction(cast.account_id):
        assert [member.user_id for member in db.session.get_one(Inbox, (cast.account_id, inbox.id)).members] == [
            cast.bob_id
        ]
    page = alice.get(answer.location).text
    assert f"websiteToken: &#34;{inbox.address}&#34;" in page
    assert "http://localhost/widget/sdk.js" in page
    assert "Shop" in alice.get(home).text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Fill this in."),
        ("name", "x" * 101, "This is too long"),
        ("website_url", "", "Fill this in."),
        ("website_url", "javascript:alert(1)", "Give the address of your site"),
        ("color", "red", "Give a colour as in"),
        ("position", "middle", "Choose one of"),
        ("locales", ["xx"], "does not speak"),
        ("reply_time", "never", "Choose one of"),
        ("features", ["fly"], "Choose one of"),
        ("allowed_domains", "shop.example; script-src *", "is not a domain"),
        ("members", ["9999"], "Choose among the people"),
        ("members", ["me"], "Give a whole number."),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_typed(
    alice: FlaskClient, home: str, cast: Cast, field: str, value: Any, words: str
) -> None:
    before = newest(cast).id
    for path in (home, f"{home}/{cast.inbox_id}"):
        answer = alice.post(path, data={**TYPED, "welcome_tagline": "typed <b>words</b>", field: value})
        assert answer.status_code == 422
        assert words in answer.text
        assert "typed &lt;b&gt;words&lt;/b&gt;" in answer.text
    assert newest(cast).id == before


def test_a_change_is_kept_and_written_down(alice: FlaskClient, home: str, cast: Cast) -> None:
    alice.post(
        f"{home}/{cast.inbox_id}",
        data={**TYPED, "greeting_enabled": "1", "greeting_message": "Thanks", "members": [cast.alice_id]},
    )
    with transaction(cast.account_id):
        inbox = db.session.get_one(Inbox, (cast.account_id, cast.inbox_id))
        assert (inbox.name, inbox.greeting_enabled, inbox.greeting_message) == ("Shop", True, "Thanks")
        assert [member.user_id for member in inbox.members] == [cast.alice_id]
        names = list(db.session.scalars(select(Event.name).order_by(Event.id)))
    assert names[-2:] == ["inbox.updated", "inbox.members_changed"]


def test_a_closed_chat_takes_no_visitors(alice: FlaskClient, client: FlaskClient, home: str, cast: Cast) -> None:
    alice.post(f"{home}/{cast.inbox_id}", data={key: value for key, value in TYPED.items() if key != "is_enabled"})
    with transaction(cast.account_id):
        token = db.session.get_one(Inbox, (cast.account_id, cast.inbox_id)).address
    assert client.get(f"/widget?website_token={token}").status_code == 404


def test_a_new_secret_takes_the_place_of_the_old(alice: FlaskClient, home: str, cast: Cast) -> None:
    alice.post(home, data=TYPED)
    inbox = newest(cast)
    with transaction(cast.account_id):
        before = db.session.get_one(Inbox, (cast.account_id, inbox.id)).credentials["hmac_secret"]
    assert before in alice.get(f"{home}/{inbox.id}").text
    assert alice.post(f"{home}/{inbox.id}/secret", data={}).status_code == 422
    alice.post(f"{home}/{inbox.id}/secret", data={"sure": "1"})
    with transaction(cast.account_id):
        after = db.session.get_one(Inbox, (cast.account_id, inbox.id)).credentials["hmac_secret"]
    assert after != before


def test_only_administrators_of_the_account_come_in(app: Flask, home: str, cast: Cast) -> None:
    for address, status in ((BOB, 403), (CHARLIE, 404)):
        browser = browser_of(app, address)
        for path in (home, f"{home}/new", f"{home}/{cast.inbox_id}", f"{home}/preview"):
            assert browser.get(path).status_code == status
        for path in (home, f"{home}/{cast.inbox_id}", f"{home}/{cast.inbox_id}/secret"):
            assert browser.post(path, data=TYPED).status_code == status


def test_another_accounts_inbox_is_not_found(alice: FlaskClient, home: str, cast: Cast) -> None:
    assert alice.get(f"{home}/{cast.other_inbox_id}").status_code == 404
    assert alice.post(f"{home}/{cast.other_inbox_id}", data=TYPED).status_code == 404
    assert alice.post(f"{home}/{cast.other_inbox_id}/secret", data={"sure": "1"}).status_code == 404


def test_the_preview_shows_what_is_typed_and_passes_over_what_is_half_typed(
    alice: FlaskClient, home: str, cast: Cast
) -> None:
    asked = {
        "name": "Shop",
        "color": "#1c6b",
        "welcome_title": "<b>Hi</b>",
        "locales": ["de"],
        "members": [cast.bob_id, "x"],
    }
    page = alice.get(f"{home}/preview", query_string=asked)
    assert page.status_code == 200
    assert "&lt;b&gt;Hi&lt;/b&gt;" in page.text
    assert "Schreiben Sie uns" in page.text
    assert "--brand:#3651cf" in page.text
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    assert "--brand:#1c6b4c" in alice.get(f"{home}/preview", query_string={**asked, "color": "#1c6b4c"}).text


@pytest.mark.parametrize("chosen", ["#1f93ff", "#ffffff", "#000000", "#777777", "#ffde00", "#1c6b4c", "#ff0000"])
def test_words_on_any_colour_can_be_read(chosen: str) -> None:
    look = WebsiteSettings(color=chosen)
    assert colour.contrast(look.words, look.color) >= 4.5
    assert colour.contrast(look.light_text, "#ffffff") >= 4.5
    assert colour.contrast(look.dark_text, "#17181b") >= 4.5
