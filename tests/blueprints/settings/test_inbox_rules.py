"""The hours of an inbox and what its visitors are asked, as an administrator sets them."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.ledger.transaction import transaction
from app.lib.database import db
from app.lib.week import Hours
from app.models import Inbox
from app.models.working_hours import week_of
from tests.at_the_door import ALICE, BOB, CHARLIE, browser_of
from tests.cast import Cast


@pytest.fixture
def alice(app: Flask, cast: Cast) -> FlaskClient:
    return browser_of(app, ALICE)


def path(cast: Cast, page: str, account_id: int = 0) -> str:
    return f"/accounts/{account_id or cast.account_id}/settings/inboxes/{cast.inbox_id}/{page}"


def inbox(cast: Cast) -> tuple[Inbox, tuple[Hours, ...]]:
    with transaction(cast.account_id):
        found = db.session.get_one(Inbox, (cast.account_id, cast.inbox_id))
        return found, week_of(found).hours


HOURS = {
    "working_hours_enabled": "1",
    "timezone": "Europe/Berlin",
    "opens-1": ["09:00", "13:00", ""],
    "closes-1": ["12:00", "17:30", ""],
    "opens-5": ["22:00"],
    "closes-5": ["00:00"],
    "whole-6": "1",
    "out_of_office_message": "We are closed.",
}


def test_hours_are_kept_several_a_day(alice: FlaskClient, cast: Cast) -> None:
    assert b"Europe/Berlin" in alice.get(path(cast, "hours")).data
    assert alice.post(path(cast, "hours"), data=HOURS).status_code == 303
    kept, hours = inbox(cast)
    assert hours == (Hours(1, 540, 720), Hours(1, 780, 1050), Hours(5, 1320, 1440), Hours(6, 0, 1440))
    assert (kept.working_hours_enabled, kept.timezone, kept.out_of_office_message) == (
        True,
        "Europe/Berlin",
        "We are closed.",
    )
    shown = alice.get(path(cast, "hours")).get_data(as_text=True)
    assert shown.count('value="13:00"') == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"closes-1": ["13:30", "17:30"]}, "overlap"),
        ({"closes-1": ["08:00", "17:30"]}, "close after it opens"),
        ({"closes-1": ["", "17:30"]}, "times of the day"),
        ({"opens-1": ["9am", "13:00"]}, "times of the day"),
        ({"timezone": "Mars/Olympus"}, "not known"),
        ({"timezone": "../../etc/passwd"}, "not known"),
        ({"opens-1": ["01:00"] * 9, "closes-1": ["02:00"] * 9}, "At most"),
    ],
)
def test_hours_that_cannot_be_are_shown_again_and_not_kept(
    alice: FlaskClient, cast: Cast, wrong: dict[str, object], words: str
) -> None:
    refused = alice.post(path(cast, "hours"), data={**HOURS, **wrong})
    assert refused.status_code == 422
    assert words in refused.get_data(as_text=True)
    kept, hours = inbox(cast)
    assert (hours, kept.timezone, kept.working_hours_enabled) == ((), "UTC", False)


FORM = {
    "enabled": "1",
    "message": "Before we begin",
    "field": ["1", "n7", "0"],
    "field_type-0": "standard",
    "name-0": "emailAddress",
    "type-0": "email",
    "enabled-0": "1",
    "required-0": "1",
    "field_type-1": "standard",
    "name-1": "fullName",
    "type-1": "text",
    "field_type-n7": "conversation_attribute",
    "name-n7": "size",
    "type-n7": "list",
    "values-n7": "S\r\nM\r\n",
    "label-n7": "Your size",
    "enabled-n7": "1",
    "enable_email_collect": "1",
}


def test_what_is_asked_is_kept_in_its_order(alice: FlaskClient, cast: Cast) -> None:
    assert b"Before the chat" in alice.get(path(cast, "visitors")).data
    assert alice.post(path(cast, "visitors"), data=FORM).status_code == 303
    kept, _ = inbox(cast)
    asked = kept.channel_settings["pre_chat"]
    assert [each["name"] for each in asked["fields"]] == ["fullName", "size", "emailAddress"]
    assert asked["fields"][1]["values"] == ["S", "M"]
    assert (kept.enable_email_collect, kept.allow_messages_after_resolved) == (True, False)
    # Saving how it looks does not forget it.
    look = {"name": "Shop chat", "website_url": "https://shop.example", "locales": ["en"], "is_enabled": "1"}
    assert alice.post(path(cast, "").rstrip("/"), data=look).status_code == 303
    assert inbox(cast)[0].channel_settings["pre_chat"] == asked


@pytest.mark.parametrize(
    "wrong",
    [
        {"name-1": "emailAddress"},
        {"name-1": "admin"},
        {"values-n7": ""},
        {"regex_pattern-n7": "(?=x)"},
        {"type-n7": "script"},
    ],
)
def test_questions_that_cannot_be_are_refused(alice: FlaskClient, cast: Cast, wrong: dict[str, str]) -> None:
    refused = alice.post(path(cast, "visitors"), data={**FORM, **wrong})
    assert refused.status_code == 422
    assert "This is not saved yet" in refused.get_data(as_text=True)
    assert "pre_chat" not in inbox(cast)[0].channel_settings


@pytest.mark.parametrize("page", ["hours", "visitors"])
def test_only_administrators_of_the_account_get_there(app: Flask, cast: Cast, page: str) -> None:
    assert browser_of(app, BOB).get(path(cast, page)).status_code == 403
    charlie = browser_of(app, CHARLIE)
    assert charlie.get(path(cast, page)).status_code == 404
    assert charlie.get(path(cast, page, cast.other_account_id)).status_code == 404
    assert charlie.post(path(cast, page, cast.other_account_id), data=HOURS).status_code == 404
