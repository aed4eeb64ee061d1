"""Invitations: the mail, coming as a newcomer, coming as somebody known."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.ledger.transaction import system
from app.lib import clock
from app.lib.database import db
from app.models import Membership, OneTimeToken, User
from tests.at_the_door import ALICE, CHARLIE, CHOSEN, browser_of, link_in, mailed, sign_in
from tests.cast import Cast

EVE = "eve@fernway.example"


def invitation_link(app: Flask, cast: Cast, email: str = EVE, role: str = "agent") -> str:
    people = f"/accounts/{cast.account_id}/settings/people"
    assert browser_of(app, ALICE).post(people, data={"emails": email, "role": role}).location == people
    (message,) = mailed(app)
    assert message["To"] == email
    assert message["Subject"] == "Join Fernway on Parley"
    return link_in(message)


def membership(account_id: int, email: str) -> Membership:
    with system(why="tests"):
        user = User.with_email(email)
        assert user
        return Membership.found(account_id, user.id)


def test_a_newcomer_gives_a_name_and_a_password_and_is_in(app: Flask, client: FlaskClient, cast: Cast) -> None:
    link = invitation_link(app, cast)
    page = client.get(link)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Join Fernway" in page.text
    assert "Alice invited you" in page.text
    led = client.post(link, data={"name": "Eve", "password": CHOSEN})
    assert led.location == f"/accounts/{cast.account_id}/conversations"
    assert client.get("/").location == led.location
    eve = membership(cast.account_id, EVE)
    assert (eve.state, eve.role, eve.user.name) == ("active", "agent", "Eve")
    assert eve.user.confirmed_at is not None
    assert sign_in(app.test_client(), EVE, CHOSEN).status_code == 303


def test_until_then_nothing_of_the_account_is_theirs(app: Flask, client: FlaskClient, cast: Cast) -> None:
    invitation_link(app, cast, CHARLIE)
    sign_in(client, CHARLIE)
    assert client.get("/").location == f"/accounts/{cast.other_account_id}/conversations"
    assert client.get(f"/profile?account={cast.account_id}").status_code == 404
    assert client.put(f"/accounts/{cast.account_id}/availability", data={"availability": "busy"}).status_code == 404


def test_somebody_known_only_says_yes_and_signs_in_as_ever(app: Flask, client: FlaskClient, cast: Cast) -> None:
    link = invitation_link(app, cast, CHARLIE, "administrator")
    assert "password already" in client.get(link).text
    led = client.post(link, data={"name": "Mallory", "password": CHOSEN})
    assert led.location == f"/login?next=%2Faccounts%2F{cast.account_id}%2Fconversations"
    charlie = membership(cast.account_id, CHARLIE)
    assert (charlie.state, charlie.role, charlie.user.name) == ("active", "administrator", "Charlie")
    assert sign_in(client, CHARLIE, CHOSEN).status_code == 422
    assert sign_in(client, CHARLIE).status_code == 303


def test_somebody_who_is_signed_in_already_goes_straight_there(app: Flask, client: FlaskClient, cast: Cast) -> None:
    link = invitation_link(app, cast, CHARLIE)
    sign_in(client, CHARLIE)
    assert client.post(link).location == f"/accounts/{cast.account_id}/conversations"
    assert membership(cast.other_account_id, CHARLIE).state == "active"


def test_a_link_works_once_and_for_seven_days(app: Flask, client: FlaskClient, cast: Cast) -> None:
    link = invitation_link(app, cast)
    with system(why="tests"):
        lasts = db.session.query(OneTimeToken).one().expires_at - clock.now()
    assert timedelta(days=6, hours=23) < lasts <= timedelta(days=7)
    assert client.post(link, data={"name": "Eve", "password": CHOSEN}).status_code == 303
    again = app.test_client()
    assert again.get(link).status_code == 404
    assert again.post(link, data={"name": "Mallory", "password": CHOSEN}).status_code == 404

    late = invitation_link(app, cast, "late@fernway.example")
    with system(why="tests"):
        db.session.query(OneTimeToken).update({"expires_at": clock.now()})
    assert "This link is over" in again.get(late).text


@pytest.mark.parametrize(
    "given",
    [
        {"name": "", "password": CHOSEN},
        {"name": "x" * 101, "password": CHOSEN},
        {"name": "Eve", "password": "short"},
        {},
    ],
)
def test_what_cannot_be_taken_leaves_the_invitation_open(
    app: Flask, client: FlaskClient, cast: Cast, given: dict[str, str]
) -> None:
    link = invitation_link(app, cast)
    assert client.post(link, data=given).status_code == 422
    assert membership(cast.account_id, EVE).state == "invited"
    assert client.post(link, data={"name": "Eve", "password": CHOSEN}).status_code == 303


def test_invitations_of_two_accounts_do_not_end_each_other(app: Flask, client: FlaskClient, cast: Cast) -> None:
    here = invitation_link(app, cast)
    people = f"/accounts/{cast.other_account_id}/settings/people"
    browser_of(app, CHARLIE).post(people, data={"emails": EVE})
    (message,) = mailed(app)
    there = link_in(message)
    assert client.post(here, data={"name": "Eve", "password": CHOSEN}).status_code == 303
    assert client.post(there).location == f"/accounts/{cast.other_account_id}/conversations"


def test_names_are_escaped_in_mail_and_page(app: Flask, client: FlaskClient, cast: Cast) -> None:
    with system(why="tests"):
        db.session.get_one(User, cast.alice_id).name = "<img src=x onerror=alert(1)>"
    people = f"/accounts/{cast.account_id}/settings/people"
    browser_of(app, ALICE).post(people, data={"emails": EVE})
    (message,) = mailed(app)
    html = message.get_body(("html",))
    assert html is not None
    assert "<img" not in html.get_content()
    assert "<img src=x" not in client.get(link_in(message)).text
