"""Signing in and out: who may, how often, what a browser is given, and where it leads."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.ledger.transaction import system
from app.lib import clock, crypto
from app.lib.database import db
from app.models import Account, Login, Membership, Role, User
from tests.at_the_door import ALICE, BOB, browser_of, sign_in
from tests.cast import PASSWORD, Cast, a_user
from tests.conftest import Ground, make_settings, start_redis

WRONG = "This e-mail address and password do not belong together."


def test_the_right_password_leads_to_the_inbox(client: FlaskClient, cast: Cast) -> None:
    assert sign_in(client, ALICE).location == "/"
    assert client.get("/").location == f"/accounts/{cast.account_id}/conversations"


def test_the_address_may_be_typed_in_any_case(client: FlaskClient, cast: Cast) -> None:
    assert sign_in(client, "  Alice@FERNWAY.example ").status_code == 303


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (ALICE, "Bicycle-12-stanD"),
        ("nobody@fernway.example", PASSWORD),
        ("", ""),
        ("no address", "x"),
        (ALICE, ""),
        (f"{ALICE}\0", "x"),
        ("a" * 300, PASSWORD),
        (ALICE, "x" * 5000),
    ],
)
def test_whatever_is_wrong_the_words_are_the_same(client: FlaskClient, cast: Cast, email: str, password: str) -> None:
    answer = sign_in(client, email, password)
    assert answer.status_code == 422
    assert WRONG in answer.text
    assert "Set-Cookie" not in answer.headers


def test_somebody_unknown_takes_as_long_as_somebody_known(client: FlaskClient, cast: Cast) -> None:
    def fastest(email: str) -> float:
        times = []
        for _ in range(5):
            began = time.perf_counter()
            sign_in(client, email, "wrong")
            times.append(time.perf_counter() - began)
        return min(times)

    fastest("warm@fernway.example")
    known, unknown = fastest(ALICE), fastest("nobody@fernway.example")
    assert 0.6 < known / unknown < 1.7


def test_an_invited_person_without_a_password_cannot_sign_in(client: FlaskClient, cast: Cast) -> None:
    with system(why="tests"):
        db.session.add(User(name="Eve", email="eve@fernway.example"))
    assert sign_in(client, "eve@fernway.example", "").status_code == 422


def test_it_leads_back_to_where_one_wanted_to_go(client: FlaskClient, cast: Cast) -> None:
    wanted = f"/accounts/{cast.account_id}/settings/people?a=1&b=2"
    led = client.get(wanted)
    assert led.status_code == 303
    assert led.location == f"/login?next=%2Faccounts%2F{cast.account_id}%2Fsettings%2Fpeople%3Fa%3D1%26b%3D2"
    assert wanted.replace("&", "&amp;") in client.get(led.location).text
    assert sign_in(client, ALICE, next=wanted).location == wanted


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "\n//evil.example",
        "javascript:alert(1)",
        "evil.example",
        "http:evil.example",
        "/logout",
        "/login",
        "//[",
        "",
    ],
)
def test_it_never_leads_anywhere_else(client: FlaskClient, cast: Cast, elsewhere: str) -> None:
    assert sign_in(client, ALICE, next=elsewhere).location == "/"
    assert client.get("/login", query_string={"next": elsewhere}).location == "/"


def test_fragments_take_their_page_to_the_sign_in_and_programs_get_401(client: FlaskClient, cast: Cast) -> None:
    page = f"http://localhost/accounts/{cast.account_id}/settings/people?x=1"
    answer = client.put(
        f"/accounts/{cast.account_id}/availability", headers={"HX-Request": "true", "HX-Current-URL": page}
    )
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == f"/login?next=%2Faccounts%2F{cast.account_id}%2Fsettings%2Fpeople%3Fx%3D1"
    assert client.post(f"/accounts/{cast.account_id}/settings/people").location == "/login"
    shaking = {"Upgrade": "websocket", "Connection": "Upgrade", "Origin": "http://localhost"}
    socket = client.get(f"/accounts/{cast.account_id}/socket", headers=shaking)
    assert socket.status_code == 401


def test_remember_me_outlives_the_browser(app: Flask, client: FlaskClient, cast: Cast) -> None:
    sign_in(client, ALICE, remember="1")
    client.delete_cookie("parley_session")
    assert client.get("/").location == f"/accounts/{cast.account_id}/conversations"

    other = browser_of(app, ALICE)
    other.delete_cookie("parley_session")
    assert other.get("/").location == "/login"


def test_cookies_are_for_this_site_alone_and_not_for_scripts(client: FlaskClient, cast: Cast) -> None:
    cookies = sign_in(client, ALICE, remember="1").headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {"parley_session", "parley_remember"}
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Domain" not in cookie
        assert "Secure" not in cookie


def test_cookies_are_secure_where_the_public_address_is(ground: Ground, cast: Cast) -> None:
    secure = create_app(make_settings(ground, public_url="https://desk.example"))
    cookies = sign_in(secure.test_client(), ALICE, remember="1").headers.getlist("Set-Cookie")
    assert len(cookies) == 2
    assert all("; Secure" in cookie for cookie in cookies)
    with secure.app_context():
        db.engine.dispose()


def test_a_sign_in_makes_a_session_of_its_own(app: Flask, client: FlaskClient, cast: Cast) -> None:
    """What somebody planted in this browser, or held before, is worth nothing afterwards (session fixation)."""
    sign_in(client, BOB)
    planted = client.get_cookie("parley_session")
    assert planted
    sign_in(client, ALICE)
    held = client.get_cookie("parley_session")
    assert held
    assert held.value != planted.value

    thief = app.test_client()
    thief.set_cookie("parley_session", planted.value)
    assert thief.get("/").location == "/login"


def test_a_cookie_that_was_tampered_with_is_nobody(client: FlaskClient, cast: Cast) -> None:
    for name in ("parley_session", "parley_remember"):
        client.set_cookie(name, "forged|abc.def")
        assert client.get("/").location == "/login"


def test_signing_out_ends_the_session_and_not_only_the_cookie(app: Flask, client: FlaskClient, cast: Cast) -> None:
    sign_in(client, ALICE, remember="1")
    session, remember = client.get_cookie("parley_session"), client.get_cookie("parley_remember")
    assert session
    assert remember
    assert client.post("/logout").location == "/login"
    assert client.get("/").location == "/login"

    kept = app.test_client()
    kept.set_cookie("parley_session", session.value)
    kept.set_cookie("parley_remember", remember.value)
    assert kept.get("/").location == "/login"


def test_signing_out_twice_or_as_nobody_is_no_error(client: FlaskClient, cast: Cast) -> None:
    assert client.post("/logout").location == "/login"


def test_a_look_does_not_sign_out(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, ALICE)
    assert client.get("/logout").status_code == 405
    assert client.get("/").status_code == 303


def test_a_session_ends_by_itself(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, ALICE)
    with system(why="tests"):
        db.session.query(Login).update({"expires_at": clock.now() - timedelta(seconds=1)})
    assert client.get("/").location == "/login"


def test_eleven_tries_for_one_address_are_too_many_even_with_redis_away(
    ground: Ground, cast: Cast, tmp_path: Path
) -> None:
    redis, url = start_redis(tmp_path)
    redis.terminate()
    redis.wait()
    away = create_app(make_settings(ground, redis_url=url))
    client = away.test_client()
    for _ in range(10):
        assert sign_in(client, ALICE, "wrong").status_code == 422
    refused = sign_in(client, ALICE)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "too often" in refused.text
    assert sign_in(client, BOB).status_code == 303
    with away.app_context():
        db.engine.dispose()


def test_a_sign_in_that_succeeds_clears_the_count_of_its_address(client: FlaskClient, cast: Cast) -> None:
    for _ in range(2):
        for _ in range(7):
            sign_in(client, ALICE, "wrong")
        assert sign_in(client, ALICE).status_code == 303
    assert sign_in(client, ALICE, "wrong").status_code == 422


def test_twenty_one_tries_from_one_place_are_too_many(client: FlaskClient, cast: Cast) -> None:
    for number in range(20):
        assert sign_in(client, f"person{number}@fernway.example", "wrong").status_code == 422
    assert sign_in(client, ALICE).status_code == 429
    elsewhere = client.post(
        "/login", data={"email": ALICE, "password": PASSWORD}, environ_base={"REMOTE_ADDR": "203.0.113.9"}
    )
    assert elsewhere.status_code == 303


def test_an_ipv6_house_counts_as_one_place(client: FlaskClient, cast: Cast) -> None:
    for number in range(21):
        answer = client.post(
            "/login",
            data={"email": f"p{number}@fernway.example", "password": "x"},
            environ_base={"REMOTE_ADDR": f"2001:db8:1:2::{number:x}"},
        )
    assert answer.status_code == 429


def test_an_old_hash_is_made_anew_at_sign_in(client: FlaskClient, cast: Cast) -> None:
    with system(why="tests"):
        weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        db.session.get_one(User, cast.alice_id).password_hash = weak
    assert sign_in(client, ALICE).status_code == 303
    with system(why="tests"):
        hashed = db.session.get_one(User, cast.alice_id).password_hash
        assert hashed is not None
        assert hashed != weak
        assert not crypto.needs_rehash(hashed)


def test_who_works_in_two_accounts_comes_to_the_last_one_and_may_switch(client: FlaskClient, cast: Cast) -> None:
    with system(why="tests"):
        db.session.add(Membership(account_id=cast.other_account_id, user_id=cast.alice_id, role=Role.AGENT))
    sign_in(client, ALICE)
    client.get(f"/profile?account={cast.other_account_id}")
    page = client.get("/").location
    assert page == f"/accounts/{cast.other_account_id}/conversations"
    menu = client.get(f"/accounts/{cast.account_id}/settings/general").text
    assert f"/accounts/{cast.other_account_id}/conversations" in menu
    assert "Elsewhere" in menu


def test_who_is_in_no_account_is_told_so(client: FlaskClient, cast: Cast) -> None:
    with system(why="tests"):
        account = Account(name="Short")
        db.session.add(account)
        db.session.flush()
        a_user("Finn", account)
        db.session.query(Membership).filter_by(account_id=account.id).delete()
    assert sign_in(client, "finn@short.example").location == "/"
    page = client.get("/")
    assert page.status_code == 200
    assert "You are in no account" in page.text
    assert client.get("/profile").status_code == 404


def test_a_suspended_account_is_not_where_one_lands(client: FlaskClient, cast: Cast) -> None:
    with system(why="tests"):
        db.session.get_one(Account, cast.account_id).status = "suspended"
    sign_in(client, ALICE)
    assert "You are in no account" in client.get("/").text
    assert client.get(f"/accounts/{cast.account_id}/settings/general").status_code == 403
