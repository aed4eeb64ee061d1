"""A forgotten password: the mail, the link, and what a stranger can learn from asking (nothing)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.ledger.transaction import system
from app.lib import clock
from app.lib.database import db
from app.models import Login, OneTimeToken, User, Work
from tests.at_the_door import ALICE, CHOSEN, browser_of, link_in, mailed, sign_in
from tests.cast import Cast


def reset_link(app: Flask, client: FlaskClient, email: str = ALICE) -> str:
    assert client.post("/reset", data={"email": email}).status_code == 200
    (message,) = mailed(app)
    return link_in(message)


def test_the_link_sets_a_new_password_and_signs_in(app: Flask, client: FlaskClient, cast: Cast) -> None:
    link = reset_link(app, client)
    assert ALICE in client.get(link).text
    assert client.post(link, data={"password": CHOSEN}).location == "/"
    assert client.get("/").location == f"/accounts/{cast.account_id}/conversations"
    other = app.test_client()
    assert sign_in(other, ALICE).status_code == 422
    assert sign_in(other, ALICE, CHOSEN).status_code == 303


def test_it_signs_every_browser_out_and_tells_the_owner(app: Flask, client: FlaskClient, cast: Cast) -> None:
    at_work, at_home = browser_of(app, ALICE), browser_of(app, ALICE)
    client.post(reset_link(app, client), data={"password": CHOSEN})
    assert at_work.get("/").location == at_home.get("/").location == "/login"
    (told,) = mailed(app)
    assert told["Subject"] == "Your password was changed"
    assert told["To"] == ALICE


def test_a_link_works_once(app: Flask, client: FlaskClient, cast: Cast) -> None:
    link = reset_link(app, client)
    client.post(link, data={"password": CHOSEN})
    assert client.get(link).status_code == 404
    answer = app.test_client().post(link, data={"password": "Another-one-12"})
    assert answer.status_code == 404
    assert "This link is over" in answer.text
    assert sign_in(app.test_client(), ALICE, CHOSEN).status_code == 303


def test_looking_at_it_does_not_use_it_up_and_tells_nobody_where_one_was(
    app: Flask, client: FlaskClient, cast: Cast
) -> None:
    link = reset_link(app, client)
    for _ in range(3):
        page = client.get(link)
        assert page.status_code == 200
        assert page.headers["Referrer-Policy"] == "no-referrer"
    assert client.post(link, data={"password": CHOSEN}).status_code == 303


def test_a_newer_link_ends_the_older(app: Flask, client: FlaskClient, cast: Cast) -> None:
    older, newer = reset_link(app, client), reset_link(app, client)
    assert client.get(older).status_code == 404
    assert client.get(newer).status_code == 200


def test_a_link_ends_after_six_hours(app: Flask, client: FlaskClient, cast: Cast) -> None:
    link = reset_link(app, client)
    with system(why="tests"):
        lasts = db.session.query(OneTimeToken).one().expires_at - clock.now()
        assert timedelta(hours=5, minutes=59) < lasts <= timedelta(hours=6)
        db.session.query(OneTimeToken).update({"expires_at": clock.now()})
    assert client.get(link).status_code == 404
    assert client.post(link, data={"password": CHOSEN}).status_code == 404


@pytest.mark.parametrize("password", ["", "short", "x" * 129, ALICE, "\0" * 20])
def test_a_password_that_cannot_be_taken_leaves_the_link_alive(
    app: Flask, client: FlaskClient, cast: Cast, password: str
) -> None:
    link = reset_link(app, client)
    answer = client.post(link, data={"password": password})
    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert client.post(link, data={"password": CHOSEN}).status_code == 303


def test_known_and_unknown_addresses_get_the_same_answer_and_the_same_work(
    app: Flask, client: FlaskClient, cast: Cast
) -> None:
    known = client.post("/reset", data={"email": ALICE})
    unknown = client.post("/reset", data={"email": "nobody@fernway.example"})
    assert known.status_code == unknown.status_code == 200
    assert known.text.replace(ALICE, "") == unknown.text.replace("nobody@fernway.example", "")
    with system(why="tests"):
        rows = db.session.query(Work).order_by(Work.id).all()
        assert [row.job for row in rows] == ["send_mail", "send_mail"]
        # Neither an address nor a link lies about in the clear.
        assert not any("example" in str(row.args) for row in rows)
        assert db.session.query(OneTimeToken).count() == 0
    assert [message["To"] for message in mailed(app)] == [ALICE]


def test_only_digests_of_links_are_kept(app: Flask, client: FlaskClient, cast: Cast) -> None:
    secret = reset_link(app, client).rpartition("/")[2]
    assert len(secret) >= 43
    with system(why="tests"):
        assert db.session.query(OneTimeToken).one().token_digest != secret


def test_an_invitation_is_no_reset_and_no_address_of_it_works(app: Flask, client: FlaskClient, cast: Cast) -> None:
    secret = reset_link(app, client).rpartition("/")[2]
    for path in (f"/invitation/{secret}", f"/new-email/{secret}", f"/reset/{secret}x", "/reset/" + "x" * 5000):
        assert client.get(path).status_code == 404
        assert client.post(path, data={"password": CHOSEN, "name": "Mallory"}).status_code == 404


def test_the_sixth_mail_to_one_address_in_an_hour_is_refused_for_everyone_alike(
    client: FlaskClient, cast: Cast
) -> None:
    for email in (ALICE, "nobody@fernway.example"):
        for _ in range(5):
            assert client.post("/reset", data={"email": email}).status_code == 200
        refused = client.post("/reset", data={"email": email})
        assert refused.status_code == 429
        assert "Retry-After" in refused.headers


def test_twenty_one_mails_from_one_place_in_an_hour_are_refused(client: FlaskClient, cast: Cast) -> None:
    for number in range(20):
        assert client.post("/reset", data={"email": f"p{number}@fernway.example"}).status_code == 200
    assert client.post("/reset", data={"email": ALICE}).status_code == 429


@pytest.mark.parametrize(
    "email", ["", "x", "a@b", "<script>@x.example", "a@b.example\r\nBcc: c@d.example", "x" * 100_000]
)
def test_what_is_no_address_is_told_so(client: FlaskClient, cast: Cast, email: str) -> None:
    answer = client.post("/reset", data={"email": email})
    assert answer.status_code == 422
    assert "<script>" not in answer.text.replace('<script src="', "")


def test_a_link_to_an_address_that_has_changed_since_is_over(app: Flask, client: FlaskClient, cast: Cast) -> None:
    link = reset_link(app, client)
    with system(why="tests"):
        db.session.get_one(User, cast.alice_id).email = "new@fernway.example"
    assert client.post(link, data={"password": CHOSEN}).status_code == 404


def test_somebody_who_was_only_invited_cannot_come_in_by_a_reset(app: Flask, client: FlaskClient, cast: Cast) -> None:
    with system(why="tests"):
        db.session.add(User(name="Eve", email="eve@fernway.example"))
    client.post("/reset", data={"email": "eve@fernway.example"})
    assert mailed(app) == []


def test_the_session_of_who_resets_is_a_new_one(app: Flask, client: FlaskClient, cast: Cast) -> None:
    sign_in(client, ALICE)
    client.post(reset_link(app, client), data={"password": CHOSEN})
    with system(why="tests"):
        assert db.session.query(Login).filter(Login.ended_at.is_(None)).count() == 1
