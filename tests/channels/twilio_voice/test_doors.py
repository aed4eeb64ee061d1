"""Where calls begin and phones are given: the desk, the profile, the REST API; and who may not."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.ledger.transaction import system, transaction
from app.lib.database import db
from app.models import Contact, Membership, User
from app.models.token import AccessToken
from tests.at_the_door import BOB, CHARLIE, browser_of
from tests.cast import a_contact
from tests.channels.twilio_voice.conftest import BOBS, DANA, Desk
from tests.fakes.twilio_voice import Caller, Phone

HX = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def as_bob(app: Flask, desk: Desk) -> FlaskClient:
    return browser_of(app, BOB)


def dana_of(desk: Desk) -> int:
    with transaction(desk.cast.account_id):
        return a_contact(desk.cast.account_id, phone_number=DANA).id


def token_of(user_id: int) -> dict[str, str]:
    with system(why="tests"):
        return {"api_access_token": AccessToken.of(db.session.get_one(User, user_id)).secret}


def test_the_own_phone_is_given_in_the_profile(desk: Desk, as_bob: FlaskClient) -> None:
    refused = as_bob.post("/profile/calls", data={"call_number": "12", "takes_calls": "1"})
    assert refused.status_code == 422
    assert "not a phone number" in refused.text
    given = as_bob.post("/profile/calls", data={"call_number": "+49 30 555 02", "takes_calls": "1"})
    assert given.status_code == 303
    with transaction(desk.cast.account_id):
        bob = db.session.get_one(Membership, (desk.cast.account_id, desk.cast.bob_id))
        assert (bob.call_number, bob.takes_calls) == ("+493055502", True)
    as_bob.post("/profile/calls", data={"call_number": ""})
    with transaction(desk.cast.account_id):
        bob = db.session.get_one(Membership, (desk.cast.account_id, desk.cast.bob_id))
        assert (bob.call_number, bob.takes_calls) == (None, False)


def test_call_in_the_conversation_and_on_the_contacts_page(desk: Desk, as_bob: FlaskClient, dana: Caller) -> None:
    home = f"/accounts/{desk.cast.account_id}"
    contact_id = dana_of(desk)
    assert "Call this contact" in as_bob.get(f"{home}/contacts/{contact_id}").text
    told = as_bob.post(f"{home}/contacts/{contact_id}/calls", data={"inbox": desk.inbox.id}, headers=HX)
    assert (told.status_code, "your profile, under Calls" in told.text) == (409, True)
    desk.has_phone(desk.cast.bob_id, BOBS)
    told = as_bob.post(f"{home}/contacts/{contact_id}/calls", data={"inbox": desk.inbox.id}, headers=HX)
    path = told.headers["HX-Redirect"]
    page = as_bob.get(path).text
    assert "Being placed" in page
    assert f'hx-post="{path}/calls"' in page
    again = as_bob.post(f"{path}/calls", headers=HX)
    assert (again.status_code, "on already" in again.text) == (409, True)
    desk.voice.phones[DANA] = Phone("picks up", seconds=65)
    desk.work()
    desk.voice.ring()
    desk.work()
    assert '<span class="call-length number">1:05</span>' in as_bob.get(path).text
    assert "Press 1 there" in as_bob.post(f"{path}/calls", headers=HX).text


def test_nothing_can_be_written_to_a_phone(desk: Desk, as_bob: FlaskClient, dana: Caller) -> None:
    desk.calls_in(dana)
    path = f"/accounts/{desk.cast.account_id}/conversations/{desk.conversation().display_id}"
    page = as_bob.get(path).text
    assert "Missed call" in page
    assert "data-calls" in page
    said = {"client_id": "bobs-first-words", "content": "Hello?"}
    assert as_bob.post(f"{path}/messages", data=said, headers=HX).status_code == 409
    assert as_bob.post(f"{path}/messages", data=said | {"private": "1"}, headers=HX).status_code == 200


def test_strangers_call_nobody(app: Flask, desk: Desk) -> None:
    contact_id, home = dana_of(desk), f"/accounts/{desk.cast.account_id}"
    as_charlie = browser_of(app, CHARLIE)
    data: dict[str, Any] = {"inbox": desk.inbox.id}
    assert as_charlie.post(f"{home}/contacts/{contact_id}/calls", data=data, headers=HX).status_code == 404
    with transaction(desk.cast.account_id):
        desk.inbox.set_members(set())
    as_bob = browser_of(app, BOB)
    assert as_bob.post(f"{home}/contacts/{contact_id}/calls", data=data, headers=HX).status_code == 404
    data = {"inbox": desk.cast.inbox_id}
    assert as_bob.post(f"{home}/contacts/{contact_id}/calls", data=data, headers=HX).status_code == 404


def test_a_program_calls_by_the_rest_api(desk: Desk, client: FlaskClient) -> None:
    contact_id, token = dana_of(desk), token_of(desk.cast.bob_id)
    path = f"/api/v1/accounts/{desk.cast.account_id}/contacts/{contact_id}/call"
    assert client.post(path, json={"inbox_id": desk.inbox.id}, headers=token).status_code == 409
    desk.has_phone(desk.cast.bob_id, BOBS)
    assert client.post(path, json={}, headers=token).status_code == 422
    assert client.post(path, json={"inbox_id": desk.cast.inbox_id}, headers=token).status_code == 404
    told = client.post(path, json={"inbox_id": desk.inbox.id}, headers=token)
    assert told.status_code == 200, told.text
    assert told.json
    assert told.json["inbox_id"] == desk.inbox.id
    shown = client.get(
        f"/api/v1/accounts/{desk.cast.account_id}/conversations/{told.json['conversation_id']}/messages", headers=token
    )
    [call] = [each for each in shown.json["payload"] if each["content_type"] == "voice_call"]  # type: ignore[index]
    assert call["content_attributes"]["data"]["call_direction"] == "outbound"
    with transaction(desk.cast.account_id):
        contact = db.session.scalars(select(Contact).where(Contact.id == contact_id)).one()
        contact.phone_number = None
    assert client.post(path, json={"inbox_id": desk.inbox.id}, headers=token).status_code == 422
