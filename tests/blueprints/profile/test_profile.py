"""One's own page: names, photo, address, password, browsers, token, habits; nobody else's."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from app.ledger.transaction import system, transaction
from app.lib.database import db
from app.models import AccessToken, Event, Login, Membership, User
from tests.at_the_door import ALICE, BOB, CHARLIE, CHOSEN, browser_of, link_in, mailed, sign_in
from tests.cast import PASSWORD, Cast

HX = {"HX-Request": "true"}


@pytest.fixture
def as_bob(app: Flask, cast: Cast) -> FlaskClient:
    return browser_of(app, BOB)


def bob(cast: Cast) -> User:
    with system(why="tests"):
        return db.session.get_one(User, cast.bob_id)


def a_picture(kind: str = "JPEG", size: tuple[int, int] = (600, 300)) -> BytesIO:
    file = BytesIO()
    Image.new("RGB", size, "teal").save(file, kind)
    file.seek(0)
    return file


def upload(client: FlaskClient, content: BytesIO, name: str = "me.jpg") -> TestResponse:
    return client.post("/profile/photo", data={"photo": (content, name)}, headers=HX)


def test_an_agent_sees_their_own_page_and_no_settings_of_the_account(as_bob: FlaskClient, cast: Cast) -> None:
    page = as_bob.get("/profile").text
    assert BOB in page
    assert "settings/people" not in page


def test_names_are_kept(as_bob: FlaskClient, cast: Cast) -> None:
    given = {"name": "Bob  \n Řehoř", "display_name": "Bob from <Fernway> 🚲"}
    assert as_bob.post("/profile/details", data=given).status_code == 303
    assert (bob(cast).name, bob(cast).available_name) == ("Bob Řehoř", "Bob from <Fernway> 🚲")
    page = as_bob.get("/profile").text
    assert "&lt;Fernway&gt;" in page
    assert "<Fernway>" not in page
    as_bob.post("/profile/details", data={"name": "Bob", "display_name": ""})
    assert bob(cast).available_name == "Bob"


@pytest.mark.parametrize(
    "given", [{}, {"name": ""}, {"name": "\0\0"}, {"name": "x" * 101}, {"name": "B", "display_name": "x" * 101}]
)
def test_names_that_cannot_be_taken_are_told_at_their_field(
    as_bob: FlaskClient, cast: Cast, given: dict[str, str]
) -> None:
    answer = as_bob.post("/profile/details", data=given)
    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert bob(cast).name == "Bob"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_photo_is_cut_to_a_square_and_shown_to_colleagues_only(
    app: Flask, as_bob: FlaskClient, cast: Cast, kind: str
) -> None:
    assert upload(as_bob, a_picture(kind)).headers["HX-Refresh"] == "true"
    path = f"/accounts/{cast.account_id}/avatars/{bob(cast).avatar_key}"
    shown = browser_of(app, ALICE).get(path)
    assert shown.status_code == 200
    with Image.open(BytesIO(shown.data)) as image:
        assert image.format == "WEBP"
        assert image.width == image.height
    assert path in as_bob.get("/profile").text
    assert browser_of(app, CHARLIE).get(path).status_code == 404
    assert app.test_client().get(path).status_code == 303
    as_bob.delete("/profile/photo", headers=HX)
    assert bob(cast).avatar_key is None


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"GIF89a and nothing more", 422),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 422),
        (b"\xff\xd8\xff\xe0" + b"\0" * 5000, 422),
        (b"%PDF-1.7", 422),
        (b"\x89PNG" + b"x" * (10 * 1024 * 1024), 413),
    ],
)
def test_what_is_no_picture_is_refused_in_words(as_bob: FlaskClient, cast: Cast, content: bytes, status: int) -> None:
    answer = upload(as_bob, BytesIO(content), "me.png")
    assert answer.status_code == status
    assert "toast-danger" in answer.text
    assert bob(cast).avatar_key is None


def test_a_new_address_counts_once_its_own_mail_was_answered(app: Flask, as_bob: FlaskClient, cast: Cast) -> None:
    given = {"email": "Bob@new.example", "current_password": PASSWORD}
    assert as_bob.post("/profile/email", data=given).status_code == 303
    (message,) = mailed(app)
    assert message["To"] == "bob@new.example"
    assert "bob@new.example" in as_bob.get("/profile").text
    link = link_in(message)
    page = as_bob.get(link)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert bob(cast).email == BOB

    assert as_bob.post(link).location == "/"
    assert bob(cast).email == "bob@new.example"
    (told,) = mailed(app)
    assert told["To"] == BOB
    assert as_bob.post(link).status_code == 404
    assert sign_in(app.test_client(), "bob@new.example").status_code == 303
    assert sign_in(app.test_client(), BOB).status_code == 422


def test_an_address_of_somebody_else_is_told_only_to_who_reads_its_mail(
    app: Flask, as_bob: FlaskClient, cast: Cast
) -> None:
    assert as_bob.post("/profile/email", data={"email": ALICE, "current_password": PASSWORD}).status_code == 303
    (message,) = mailed(app)
    answer = as_bob.post(link_in(message))
    assert answer.status_code == 422
    assert "Somebody uses this address" in answer.text
    assert bob(cast).email == BOB


@pytest.mark.parametrize(
    "given",
    [
        {"email": "bob@new.example", "current_password": "wrong"},
        {"email": "bob@new.example"},
        {"email": "nonsense", "current_password": PASSWORD},
        {"email": BOB, "current_password": PASSWORD},
        {},
    ],
)
def test_an_address_is_not_changed_without_the_password(app: Flask, as_bob: FlaskClient, given: dict[str, str]) -> None:
    answer = as_bob.post("/profile/email", data=given)
    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert mailed(app) == []


def test_a_new_password_asks_for_the_old_and_signs_other_browsers_out(
    app: Flask, as_bob: FlaskClient, cast: Cast
) -> None:
    elsewhere = browser_of(app, BOB)
    given = {"current_password": PASSWORD, "password": CHOSEN}
    assert as_bob.post("/profile/password", data=given).status_code == 303
    assert as_bob.get("/profile").status_code == 200
    assert elsewhere.get("/profile").location.startswith("/login")
    assert sign_in(app.test_client(), BOB, CHOSEN).status_code == 303
    assert [message["Subject"] for message in mailed(app)] == ["Your password was changed"]


@pytest.mark.parametrize(
    "given",
    [
        {"current_password": "wrong", "password": CHOSEN},
        {"current_password": PASSWORD, "password": "short"},
        {"current_password": PASSWORD, "password": "x" * 2000},
        {"password": CHOSEN},
        {},
    ],
)
def test_a_password_that_cannot_be_changed_stays(app: Flask, as_bob: FlaskClient, given: dict[str, str]) -> None:
    assert as_bob.post("/profile/password", data=given).status_code == 422
    assert sign_in(app.test_client(), BOB).status_code == 303


def test_the_current_password_cannot_be_guessed_from_an_open_desk(as_bob: FlaskClient) -> None:
    for _ in range(10):
        as_bob.post("/profile/password", data={"current_password": "wrong", "password": CHOSEN})
    assert as_bob.post("/profile/password", data={"current_password": PASSWORD, "password": CHOSEN}).status_code == 429


def test_every_browser_is_listed_and_may_be_signed_out(app: Flask, as_bob: FlaskClient, cast: Cast) -> None:
    firefox = app.test_client()
    firefox.post(
        "/login",
        data={"email": BOB, "password": PASSWORD},
        headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0; rv:145.0) Gecko/20100101 Firefox/145.0 <script>"},
        environ_base={"REMOTE_ADDR": "203.0.113.7"},
    )
    page = as_bob.get("/profile").text
    assert "Firefox on Windows" in page
    assert "203.0.113.7" in page
    with system(why="tests"):
        login_id = db.session.query(Login).filter_by(address="203.0.113.7").one().id
    assert "Firefox on Windows was signed out" in as_bob.delete(f"/profile/browsers/{login_id}", headers=HX).text
    assert firefox.get("/").location == "/login"
    with transaction(cast.account_id):
        assert [event.name for event in db.session.query(Event)] == ["user.signed_out"]


def test_all_other_browsers_are_signed_out_at_once(app: Flask, as_bob: FlaskClient) -> None:
    others = [browser_of(app, BOB) for _ in range(3)]
    assert as_bob.post("/profile/browsers/others/end").status_code == 303
    assert all(other.get("/").location == "/login" for other in others)
    assert as_bob.get("/profile").status_code == 200


def test_browsers_of_others_are_not_found(app: Flask, as_bob: FlaskClient, cast: Cast) -> None:
    as_alice = browser_of(app, ALICE)
    with system(why="tests"):
        hers = db.session.query(Login).filter_by(user_id=cast.alice_id).one().id
    for login_id in (hers, 99_999):
        assert as_bob.delete(f"/profile/browsers/{login_id}", headers=HX).status_code == 404
    assert as_alice.get("/profile").status_code == 200


def test_the_token_is_shown_only_when_asked_for_and_made_anew(as_bob: FlaskClient, cast: Cast) -> None:
    with system(why="tests"):
        secret = AccessToken.of(db.session.get_one(User, cast.bob_id)).secret
    assert secret not in as_bob.get("/profile").text
    shown = as_bob.get("/profile/token", headers=HX)
    assert secret in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    renewed = as_bob.post("/profile/token", headers=HX)
    assert secret not in renewed.text
    with system(why="tests"):
        assert AccessToken.find(secret) is None
        kept = AccessToken.of(db.session.get_one(User, cast.bob_id))
        assert kept.secret in renewed.text


def test_a_token_that_was_never_made_is_made_by_a_press_and_not_by_a_look(as_bob: FlaskClient) -> None:
    assert as_bob.get("/profile/token", headers=HX).status_code == 404
    with system(why="tests"):
        assert db.session.query(AccessToken).count() == 0
    assert as_bob.post("/profile/token", headers=HX).status_code == 200


def test_habits_are_kept_beside_those_of_the_list(as_bob: FlaskClient, cast: Cast) -> None:
    with system(why="tests"):
        db.session.get_one(User, cast.bob_id).ui_settings = {"inbox": {"sort": "newest"}}
    given = {"theme": "dark", "details_side": "right", "sends_with": "enter", "sounds": "1", "auto_offline": "1"}
    assert as_bob.post("/profile/preferences", data=given).status_code == 303
    assert bob(cast).ui_settings == {
        "inbox": {"sort": "newest"},
        "theme": "dark",
        "details_side": "right",
        "sends_with": "enter",
        "sounds": True,
        "notifies": False,
    }
    assert 'data-theme="dark"' in as_bob.get("/profile").text
    as_bob.post("/profile/preferences", data={**given, "auto_offline": ""} | {"auto_offline": "0"})
    with transaction(cast.account_id):
        assert Membership.found(cast.account_id, cast.bob_id).auto_offline is False


@pytest.mark.parametrize(
    "given", [{"theme": "pink"}, {"details_side": "top"}, {"sends_with": "x" * 9000}, {"sounds": "maybe"}]
)
def test_habits_that_are_none_are_refused(as_bob: FlaskClient, cast: Cast, given: dict[str, str]) -> None:
    assert as_bob.post("/profile/preferences", data=given).status_code == 422
    assert bob(cast).ui_settings == {}


def test_the_theme_is_kept_by_the_switch_in_the_rail(as_bob: FlaskClient, cast: Cast) -> None:
    assert as_bob.put("/profile/theme", data={"theme": "light"}).status_code == 204
    assert bob(cast).ui_settings == {"theme": "light"}
    assert as_bob.put("/profile/theme", data={"theme": "x"}).status_code == 422
    assert as_bob.put("/profile/theme", data={}).status_code == 422
    # A page that was refused is drawn in it too.
    assert 'data-theme="light"' in as_bob.get(f"/accounts/{cast.account_id}/settings/people").text


@pytest.mark.parametrize("availability", ["busy", "offline", "online"])
def test_availability_is_of_one_account(as_bob: FlaskClient, cast: Cast, availability: str) -> None:
    answer = as_bob.put(f"/accounts/{cast.account_id}/availability", data={"availability": availability}, headers=HX)
    assert f"<small>{availability.capitalize()}</small>" in answer.text
    with transaction(cast.account_id):
        assert Membership.found(cast.account_id, cast.bob_id).availability == availability


@pytest.mark.parametrize("availability", ["", "away", "ONLINE", "\0"])
def test_an_availability_that_is_none_is_refused(as_bob: FlaskClient, cast: Cast, availability: str) -> None:
    path = f"/accounts/{cast.account_id}/availability"
    assert as_bob.put(path, data={"availability": availability}, headers=HX).status_code == 422
    assert (
        as_bob.put(
            path.replace(str(cast.account_id), str(cast.other_account_id)), data={"availability": "busy"}
        ).status_code
        == 404
    )


@pytest.mark.parametrize("account", ["", "x", "99999", "9" * 40, "-1"])
def test_the_desk_around_the_page_is_one_of_mine(as_bob: FlaskClient, cast: Cast, account: str) -> None:
    assert as_bob.get("/profile", query_string={"account": account}).status_code in (200, 404)
    assert as_bob.get(f"/profile?account={cast.other_account_id}").status_code == 404
