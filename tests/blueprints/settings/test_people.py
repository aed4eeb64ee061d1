"""People of an account: invited, appointed, deactivated, brought back; what they held is handed over."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.actions.hand_over import AT_ONCE
from app.ledger.drain import drain
from app.ledger.transaction import system, transaction
from app.lib import clock
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Account, Conversation, Event, Inbox, Login, Membership, Role, User
from tests.at_the_door import ALICE, BOB, CHARLIE, CHOSEN, browser_of, link_in, mailed
from tests.cast import Cast, a_contact, a_conversation, a_session, a_user, bob
from workers.jobs import JOBS

HX = {"HX-Request": "true"}


@pytest.fixture
def alice(app: Flask, cast: Cast) -> FlaskClient:
    return browser_of(app, ALICE)


@pytest.fixture
def people(cast: Cast) -> str:
    return f"/accounts/{cast.account_id}/settings/people"


def state(cast: Cast, user_id: int) -> str:
    with transaction(cast.account_id):
        return Membership.found(cast.account_id, user_id).state


def names(cast: Cast) -> list[str]:
    with transaction(cast.account_id):
        return [event.name for event in db.session.query(Event).order_by(Event.id)]


def test_everyone_is_listed_with_role_and_state(alice: FlaskClient, people: str, cast: Cast) -> None:
    page = alice.get(people).text
    for words in ("Alice", "Bob", "Administrator", "Agent", "Active", BOB):
        assert words in page
    assert "Charlie" not in page


def test_several_are_invited_at_once(app: Flask, alice: FlaskClient, people: str, cast: Cast) -> None:
    typed = "Eve@fernway.example, finn@fernway.example\n eve@fernway.example;<gwen@fernway.example>"
    assert alice.post(people, data={"emails": typed, "role": "agent"}).location == people
    assert sorted(str(message["To"]) for message in mailed(app)) == [
        "eve@fernway.example",
        "finn@fernway.example",
        "gwen@fernway.example",
    ]
    page = alice.get(people).text
    assert page.count("Invited <") == 3
    assert "3 people were invited" in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Fill this in."),
        (",,, ;", "Name 1 to 50 addresses."),
        ("eve@fernway.example, nonsense", "Not an e-mail address: nonsense"),
        ("<script>alert(1)</script>", "Not an e-mail address"),
        (f"eve@fernway.example {BOB}", f"{BOB} is in this account already."),
        (" ".join(f"p{n}@x.example" for n in range(51)), "Name 1 to 50 addresses."),
        ("x" * 20_000, "This is too long"),
    ],
)
def test_one_that_cannot_be_invited_stops_all(
    app: Flask, alice: FlaskClient, people: str, cast: Cast, typed: str, words: str
) -> None:
    answer = alice.post(people, data={"emails": typed})
    assert answer.status_code == 422
    assert words in answer.text
    assert "<script>alert" not in answer.text
    assert mailed(app) == []
    with transaction(cast.account_id):
        assert db.session.query(Membership).count() == 2


def test_an_invitation_can_be_sent_again_and_withdrawn(app: Flask, alice: FlaskClient, people: str, cast: Cast) -> None:
    alice.post(people, data={"emails": "eve@fernway.example"})
    first = link_in(mailed(app)[0])
    with system(why="tests"):
        user = User.with_email("eve@fernway.example")
        assert user
    assert alice.post(f"{people}/{user.id}/invitation", headers=HX).status_code == 200
    second = link_in(mailed(app)[0])
    stranger = app.test_client()
    assert stranger.get(first).status_code == 404
    assert stranger.get(second).status_code == 200

    assert alice.delete(f"{people}/{user.id}/invitation", headers=HX).status_code == 200
    assert stranger.get(second).status_code == 404
    assert stranger.post(second, data={"name": "Eve", "password": CHOSEN}).status_code == 404
    with system(why="tests"):
        assert User.with_email("eve@fernway.example") is None
    assert alice.post(f"{people}/{user.id}/invitation", headers=HX).status_code == 404


def test_an_invitation_withdrawn_before_its_mail_went_sends_none(
    app: Flask, alice: FlaskClient, people: str, cast: Cast
) -> None:
    alice.post(people, data={"emails": CHARLIE})
    alice.delete(f"{people}/{cast.charlie_id}/invitation", headers=HX)
    assert mailed(app) == []
    with system(why="tests"):
        assert User.with_email(CHARLIE)
        assert Membership.of(cast.other_account_id, cast.charlie_id)


def test_somebody_who_has_come_cannot_be_uninvited(alice: FlaskClient, people: str, cast: Cast) -> None:
    assert alice.delete(f"{people}/{cast.bob_id}/invitation", headers=HX).status_code == 409
    assert state(cast, cast.bob_id) == "active"


def test_a_role_changes_at_once(app: Flask, alice: FlaskClient, people: str, cast: Cast) -> None:
    as_bob = browser_of(app, BOB)
    assert as_bob.get(people).status_code == 403
    answer = alice.put(f"{people}/{cast.bob_id}/role", data={"role": "administrator"}, headers=HX)
    assert "Bob is now an administrator" in answer.text
    assert as_bob.get(people).status_code == 200
    assert names(cast) == ["membership.updated"]


@pytest.mark.parametrize("role", ["", "owner", "\0", "administrator "])
def test_a_role_that_is_none_is_refused(alice: FlaskClient, people: str, cast: Cast, role: str) -> None:
    status = alice.put(f"{people}/{cast.bob_id}/role", data={"role": role}, headers=HX).status_code
    assert status == 422


def test_the_last_administrator_stays(alice: FlaskClient, people: str, cast: Cast) -> None:
    demoted = alice.put(f"{people}/{cast.alice_id}/role", data={"role": "agent"}, headers=HX)
    assert demoted.status_code == 409
    assert "needs an administrator" in demoted.text
    assert alice.post(f"{people}/{cast.alice_id}/deactivation", headers=HX).status_code == 409
    assert state(cast, cast.alice_id) == "active"


def test_two_administrators_who_demote_each_other_leave_one(app: Flask, cast: Cast, people: str) -> None:
    with system(why="tests"):
        Membership.found(cast.account_id, cast.bob_id).role = Role.ADMINISTRATOR
    clients = [(browser_of(app, ALICE), cast.bob_id), (browser_of(app, BOB), cast.alice_id)]
    threads = [
        threading.Thread(target=client.put, args=(f"{people}/{other}/role",), kwargs={"data": {"role": "agent"}})
        for client, other in clients
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction(cast.account_id):
        assert db.session.query(Membership).filter_by(role=Role.ADMINISTRATOR).count() == 1


def test_who_is_deactivated_is_out_at_once(app: Flask, alice: FlaskClient, people: str, cast: Cast) -> None:
    as_bob = browser_of(app, BOB)
    assert as_bob.get("/profile").status_code == 200
    answer = alice.post(f"{people}/{cast.bob_id}/deactivation", headers=HX)
    assert "Bob was deactivated" in answer.text
    assert as_bob.get("/").location == "/login"
    with system(why="tests"):
        assert db.session.query(Login).filter_by(user_id=cast.bob_id, ended_at=None).count() == 0
    assert names(cast) == ["membership.deactivated"]
    with transaction(cast.account_id):
        assert db.session.get_one(Inbox, (cast.account_id, cast.inbox_id)).members == []


def test_who_also_works_elsewhere_stays_signed_in_there(
    app: Flask, alice: FlaskClient, people: str, cast: Cast
) -> None:
    with system(why="tests"):
        db.session.add(Membership(account_id=cast.other_account_id, user_id=cast.bob_id))
    as_bob = browser_of(app, BOB)
    alice.post(f"{people}/{cast.bob_id}/deactivation", headers=HX)
    assert as_bob.get("/").location == f"/accounts/{cast.other_account_id}/conversations"
    assert as_bob.get(f"/profile?account={cast.account_id}").status_code == 404


def test_who_comes_back_has_what_they_had(app: Flask, alice: FlaskClient, people: str, cast: Cast) -> None:
    alice.post(f"{people}/{cast.bob_id}/deactivation", headers=HX)
    assert alice.delete(f"{people}/{cast.bob_id}/deactivation", headers=HX).status_code == 200
    assert browser_of(app, BOB).get("/").location == f"/accounts/{cast.account_id}/conversations"
    with transaction(cast.account_id):
        assert [each.user_id for each in db.session.get_one(Inbox, (cast.account_id, cast.inbox_id)).members] == [
            cast.bob_id
        ]


def test_what_they_held_is_listed_and_handed_over_in_one_go(alice: FlaskClient, people: str, cast: Cast) -> None:
    with transaction(cast.account_id):
        conversation = a_conversation(cast, contact=a_contact(cast.account_id, "<b>Dana</b>"))
        conversation.assign(bob(cast), by=bob(cast).actor)
        done = a_conversation(cast)
        done.assign(bob(cast), by=bob(cast).actor)
        done.resolve(by=bob(cast).actor)
    left = alice.post(f"{people}/{cast.bob_id}/deactivation", headers=HX)
    assert left.headers["HX-Redirect"] == f"{people}/{cast.bob_id}/hand-over"
    page = alice.get(left.headers["HX-Redirect"]).text
    assert "&lt;b&gt;Dana&lt;/b&gt;" in page
    assert "Hand over one conversation" in page
    assert alice.post(f"{people}/{cast.bob_id}/hand-over", data={"to": cast.alice_id}).location == people
    with transaction(cast.account_id):
        assert db.session.get_one(Conversation, (cast.account_id, conversation.id)).assignee_id == cast.alice_id
        assert db.session.get_one(Conversation, (cast.account_id, done.id)).assignee_id == cast.bob_id
    assert "Nothing to hand over" in alice.get(f"{people}/{cast.bob_id}/hand-over").text


def test_they_may_go_to_nobody_and_never_to_who_may_not_see_them(alice: FlaskClient, people: str, cast: Cast) -> None:
    with system(why="tests"):
        finn = a_user("Finn", db.session.get_one(Account, cast.account_id))
    for to in ("nobody", str(finn.id)):
        with transaction(cast.account_id):
            conversation = a_conversation(cast)
            conversation.assign(bob(cast), by=bob(cast).actor)
        assert alice.post(f"{people}/{cast.bob_id}/hand-over", data={"to": to}).status_code == 303
        with transaction(cast.account_id):
            assert db.session.get_one(Conversation, (cast.account_id, conversation.id)).assignee_id is None


def test_what_is_too_many_for_one_press_is_finished_by_a_worker(alice: FlaskClient, people: str, cast: Cast) -> None:
    with transaction(cast.account_id):
        session = a_session(a_contact(cast.account_id), cast.inbox_id)
        for _ in range(2 * AT_ONCE + 5):
            Conversation.start(session).assignee_id = cast.bob_id
    answer = alice.post(f"{people}/{cast.bob_id}/hand-over", data={"to": cast.alice_id}, follow_redirects=True)
    assert f"{2 * AT_ONCE + 5} conversations went to Alice" in answer.text
    drain(Queue.SLOW, JOBS)
    with transaction(cast.account_id):
        assert db.session.query(Conversation).filter_by(assignee_id=cast.alice_id).count() == 2 * AT_ONCE + 5


@pytest.mark.parametrize("to", ["", "x", "0", "-1", "99999", "9" * 30, "charlie"])
def test_a_successor_who_is_none_is_refused(alice: FlaskClient, people: str, cast: Cast, to: str) -> None:
    given = str(cast.charlie_id) if to == "charlie" else to
    assert alice.post(f"{people}/{cast.bob_id}/hand-over", data={"to": given}).status_code == 422


def test_people_of_other_accounts_are_not_found(alice: FlaskClient, people: str, cast: Cast) -> None:
    there = f"/accounts/{cast.other_account_id}/settings/people"
    for path in (people, there):
        for user_id in (cast.charlie_id, 99_999, 2**63 - 1):
            assert alice.put(f"{path}/{user_id}/role", data={"role": "agent"}).status_code == 404
            assert alice.post(f"{path}/{user_id}/deactivation").status_code == 404
            assert alice.delete(f"{path}/{user_id}/deactivation").status_code == 404
            assert alice.post(f"{path}/{user_id}/invitation").status_code == 404
            assert alice.delete(f"{path}/{user_id}/invitation").status_code == 404
            assert alice.get(f"{path}/{user_id}/hand-over").status_code == 404
    assert alice.get(there).status_code == 404
    assert alice.post(there, data={"emails": "eve@fernway.example"}).status_code == 404
    with system(why="tests"):
        charlie = Membership.found(cast.other_account_id, cast.charlie_id)
        assert (charlie.state, charlie.role) == ("active", "administrator")


def test_agents_may_do_none_of_it(app: Flask, people: str, cast: Cast) -> None:
    as_bob = browser_of(app, BOB)
    assert as_bob.get(people).status_code == 403
    assert as_bob.post(people, data={"emails": "eve@fernway.example"}).status_code == 403
    assert as_bob.put(f"{people}/{cast.bob_id}/role", data={"role": "administrator"}).status_code == 403
    assert as_bob.post(f"{people}/{cast.alice_id}/deactivation").status_code == 403
    assert as_bob.get(f"{people}/{cast.bob_id}/hand-over").status_code == 403
    assert as_bob.get(f"/accounts/{cast.account_id}/settings/general").status_code == 403


def test_the_name_of_somebody_invited_is_theirs_to_tell(alice: FlaskClient, people: str, cast: Cast) -> None:
    alice.post(people, data={"emails": CHARLIE})
    page = alice.get(people).text
    assert CHARLIE in page
    assert "Charlie" not in page.replace(CHARLIE, "")


def test_last_seen_is_the_last_visit_to_this_account(app: Flask, alice: FlaskClient, people: str, cast: Cast) -> None:
    with transaction(cast.account_id):
        assert Membership.found(cast.account_id, cast.bob_id).active_at is None
    browser_of(app, BOB).get("/profile")
    with transaction(cast.account_id):
        seen = Membership.found(cast.account_id, cast.bob_id).active_at
    assert seen
    assert clock.now() - seen < timedelta(minutes=1)
