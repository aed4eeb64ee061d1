"""An administrator connects a channel by a form that its class draws: what is wrong is said, and nothing half is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.channels.base import Problem
from app.ledger.transaction import transaction
from app.lib.database import db
from app.models import Connection, Inbox
from tests.at_the_door import ALICE, BOB, CHARLIE, browser_of
from tests.cast import Cast
from tests.fakes.pigeon import Loft, Pigeon, pigeons

SECRET = "a ring of brass"


@pytest.fixture
def loft() -> Iterator[Loft]:
    with pigeons() as loft:
        yield loft


@pytest.fixture
def alice(app: Flask, cast: Cast, loft: Loft) -> FlaskClient:
    return browser_of(app, ALICE)


@pytest.fixture
def home(cast: Cast) -> str:
    return f"/accounts/{cast.account_id}/settings/inboxes/pigeon"


def typed(**given: Any) -> dict[str, Any]:
    return {"name": "Fernway loft", "secret": SECRET, "loft": "fernway", "is_enabled": "1", "weather": "any", **given}


def inboxes(account_id: int) -> list[Inbox]:
    with transaction(account_id):
        return list(db.session.scalars(select(Inbox).where(Inbox.channel == "pigeon").order_by(Inbox.id)))


def members_of(inbox: Inbox) -> list[int]:
    with transaction(inbox.account_id):
        return [member.user_id for member in inbox.members]


def begun(page: str) -> str:
    found = re.search(r'name="begun" value="([^"]+)"', page)
    assert found
    return found[1]


def test_the_form_is_drawn_from_the_channels_class(alice: FlaskClient, home: str) -> None:
    page = alice.get(f"{home}/new").text
    for words in (
        "Connect Pigeon post",
        "Letters by air.",
        "As it stands above its door.",
        "Fly at night",
        "Owls are about.",
        '<option value="dry_only">When it is dry</option>',
        "Height (m)",
        "Landing place",
        "Password of the loft",
    ):
        assert words in page
    assert re.search(r'type="password"[^>]* name="secret"', page) or re.search(r'name="secret"', page)
    assert "trained" not in page, "what nobody types is not asked for"
    assert page.count(" checked") == 2, "open, and whoever connects it answers"


def test_connected_live_and_changed_without_typing_the_secret_again(
    alice: FlaskClient, home: str, cast: Cast, loft: Loft
) -> None:
    answer = alice.post(home, data=typed(height="120", at_night="1", stops="Porto\n\n Braga ", members=[cast.bob_id]))
    (inbox,) = inboxes(cast.account_id)
    assert answer.location == f"{home}/{inbox.id}"
    assert (inbox.name, inbox.address, inbox.claim) == ("Fernway loft", "fernway", "fernway")
    assert inbox.credentials == {"loft": "fernway", "secret": SECRET, "trained": "well"}
    assert inbox.channel_settings == {
        "weather": "any",
        "height": 120,
        "at_night": True,
        "stops": ["Porto", "Braga"],
        "song": "",
    }
    assert members_of(inbox) == [cast.bob_id]
    assert loft.webhooks == {"fernway": inbox.webhook_url}
    page = alice.get(answer.location).text
    assert SECRET not in page
    assert "It is kept. Left empty, it stays as it is." in page
    assert "Porto\nBraga" in page
    alice.post(f"{home}/{inbox.id}", data=typed(secret="", weather="dry_only", height="", name="Loft"))
    (changed,) = inboxes(cast.account_id)
    assert changed.credentials == inbox.credentials
    assert (changed.name, changed.channel_settings["weather"], changed.channel_settings["height"]) == (
        "Loft",
        "dry_only",
        None,
    )
    assert changed.channel_settings["at_night"] is False


def test_an_inbox_without_a_name_is_called_as_its_provider_calls_it(alice: FlaskClient, home: str, cast: Cast) -> None:
    alice.post(home, data=typed(name=" "))
    assert inboxes(cast.account_id)[0].name == "Loft fernway"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"secret": ""}, "Fill this in."),
        ({"secret": "wrong"}, "(#190) That ring is not ours."),
        ({"secret": "x" * 201}, "This is too long"),
        ({"song": "x" * 100_000}, "This is too long"),
        ({"loft": "x" * 41}, "This is too long"),
        ({"height": "-1"}, "greater than or equal to 1"),
        ({"height": "9" * 5000}, "This is too long"),
        ({"height": "high"}, "Give a whole number."),
        ({"weather": "storm"}, "Choose one of"),
        ({"stops": "a\nb\nc\nd"}, "At most 3 fit."),
        ({"members": ["999"]}, "Choose among the people of this account."),
        ({"members": ["nobody"]}, "Give a whole number."),
        ({"name": "x" * 101}, "This is too long"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(
    alice: FlaskClient, home: str, cast: Cast, loft: Loft, given: dict[str, Any], words: str
) -> None:
    answer = alice.post(home, data=typed(**given))
    assert answer.status_code == 422
    assert words in answer.text
    assert "This is not connected yet." in answer.text
    assert inboxes(cast.account_id) == []
    assert loft.webhooks == {}
    assert SECRET not in answer.text, "a secret is typed anew"


def test_markup_in_every_field_stays_words(alice: FlaskClient, home: str, cast: Cast) -> None:
    hostile = '"><script>alert(1)</script>\0'
    answer = alice.post(
        home, data={**typed(), **dict.fromkeys(("name", "loft", "song", "stops", "greeting_message"), hostile)}
    )
    page = alice.get(answer.location).text
    assert "<script>alert" not in page
    assert inboxes(cast.account_id)[0].address == hostile.rstrip("\0")


def test_a_provider_that_is_away_is_told_of(alice: FlaskClient, home: str, cast: Cast, loft: Loft) -> None:
    loft.is_away = True
    answer = alice.post(home, data=typed())
    assert answer.status_code == 422
    assert "The loft is closed." in answer.text
    assert inboxes(cast.account_id) == []


def test_a_form_that_is_sent_twice_makes_one_inbox(alice: FlaskClient, home: str, cast: Cast, loft: Loft) -> None:
    form = typed(begun=begun(alice.get(f"{home}/new").text))
    first, again = alice.post(home, data=form), alice.post(home, data=form)
    assert first.location == again.location
    assert len(inboxes(cast.account_id)) == 1


def test_a_form_that_was_begun_by_another_or_is_forged_gets_an_address_of_its_own(
    app: Flask, alice: FlaskClient, home: str, cast: Cast
) -> None:
    charlies = begun(
        browser_of(app, CHARLIE).get(f"/accounts/{cast.other_account_id}/settings/inboxes/pigeon/new").text
    )
    for forged in (charlies, "forged", "x" * 10_000, ""):
        answer = alice.post(home, data=typed(begun=forged, loft=f"loft {len(forged)}"))
        assert answer.status_code == 303
    assert len({inbox.token for inbox in inboxes(cast.account_id)}) == 4


def test_an_address_is_connected_once_in_the_account_and_once_in_all(
    app: Flask, alice: FlaskClient, home: str, cast: Cast, loft: Loft
) -> None:
    alice.post(home, data=typed())
    again = alice.post(home, data=typed(name="Again"))
    assert again.status_code == 422
    assert "The inbox Fernway loft has fernway already." in again.text
    charlie = browser_of(app, CHARLIE)
    theirs = charlie.post(f"/accounts/{cast.other_account_id}/settings/inboxes/pigeon", data=typed(name="Theirs"))
    assert theirs.status_code == 422
    assert "is connected in another account of this Parley" in theirs.text
    assert "Fernway loft" not in theirs.text
    assert inboxes(cast.other_account_id) == []
    assert len(inboxes(cast.account_id)) == 1


def test_an_inbox_keeps_its_address(alice: FlaskClient, home: str, cast: Cast) -> None:
    alice.post(home, data=typed())
    (inbox,) = inboxes(cast.account_id)
    answer = alice.post(f"{home}/{inbox.id}", data=typed(loft="elsewhere"))
    assert answer.status_code == 422
    assert "This leads to elsewhere, but the inbox is fernway" in answer.text
    assert inboxes(cast.account_id)[0].credentials["loft"] == "fernway"


def test_credentials_of_another_leave_no_webhook_behind(
    alice: FlaskClient, home: str, cast: Cast, loft: Loft, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where each inbox has an address of its own at the provider, as with bots."""
    monkeypatch.setattr(Pigeon, "is_addressed", False)
    for address in ("fernway", "porto"):
        assert alice.post(home, data=typed(loft=address, name=address)).status_code == 303
    fernway, porto = inboxes(cast.account_id)
    assert fernway.webhook_url != porto.webhook_url
    for address in ("porto", "braga"):
        assert alice.post(f"{home}/{fernway.id}", data=typed(loft=address)).status_code == 422
        assert loft.webhooks == {"fernway": fernway.webhook_url, "porto": porto.webhook_url}
    assert alice.post(home, data=typed(loft="porto")).status_code == 422
    assert loft.webhooks == {"fernway": fernway.webhook_url, "porto": porto.webhook_url}


def test_sent_twice_at_the_same_moment_it_is_one_inbox(app: Flask, alice: FlaskClient, home: str, cast: Cast) -> None:
    form = typed(begun=begun(alice.get(f"{home}/new").text))
    browsers = [browser_of(app, ALICE) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda browser: browser.post(home, data=form), browsers))
    (inbox,) = inboxes(cast.account_id)
    assert {answer.location for answer in answers} == {f"{home}/{inbox.id}"}


def test_two_accounts_at_the_same_moment_do_not_both_get_an_address(
    app: Flask, alice: FlaskClient, home: str, cast: Cast
) -> None:
    theirs = f"/accounts/{cast.other_account_id}/settings/inboxes/pigeon"
    asking = [(alice, home), (browser_of(app, CHARLIE), theirs)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda each: each[0].post(each[1], data=typed()).status_code, asking))
    assert sorted(answers) == [303, 422]
    assert len([*inboxes(cast.account_id), *inboxes(cast.other_account_id)]) == 1


def test_a_token_that_is_renewed_while_a_form_is_tried_is_not_undone(
    app: Flask, alice: FlaskClient, home: str, cast: Cast, loft: Loft
) -> None:
    alice.post(home, data=typed())
    (inbox,) = inboxes(cast.account_id)

    def renew() -> None:
        with app.app_context(), transaction(cast.account_id):
            kept = db.session.get_one(Inbox, (cast.account_id, inbox.id))
            kept.credentials = {**kept.credentials, "secret": "renewed"}

    loft.meanwhile = renew
    alice.post(f"{home}/{inbox.id}", data=typed(secret="", loft="fernway"))
    assert inboxes(cast.account_id)[0].credentials["secret"] == "renewed"


def test_how_it_stands_is_looked_at_now_and_the_webhook_registered_again(
    alice: FlaskClient, home: str, cast: Cast, loft: Loft
) -> None:
    alice.post(home, data=typed())
    (inbox,) = inboxes(cast.account_id)
    own = f"{home}/{inbox.id}"
    loft.problems = [Problem("webhook", "The loft knows another <b>place</b>.", "register")]
    answer = alice.post(f"{own}/probe")
    assert answer.location == f"{own}#health"
    page = alice.get(own).text
    assert "The loft knows another &lt;b&gt;place&lt;/b&gt;." in page
    assert "Birds" in page
    loft.problems, loft.webhooks = [], {}
    alice.post(f"{own}/register")
    assert loft.webhooks == {"fernway": inbox.webhook_url}
    alice.post(f"{own}/probe")
    with transaction(cast.account_id):
        assert db.session.scalars(select(Connection.state).where(Connection.inbox_id == inbox.id)).one() == "well"
    loft.is_away = True
    assert "The loft is closed." in alice.post(f"{own}/register", follow_redirects=True).text


def test_agents_and_other_accounts_are_kept_out(
    app: Flask, alice: FlaskClient, home: str, cast: Cast, loft: Loft
) -> None:
    alice.post(home, data=typed())
    (inbox,) = inboxes(cast.account_id)
    loft.webhooks.clear()
    for name, status in ((BOB, 403), (CHARLIE, 404)):
        browser = browser_of(app, name)
        for path in ("/new", f"/{inbox.id}", "/guide"):
            assert browser.get(home + path).status_code == status
        for path in ("", f"/{inbox.id}", f"/{inbox.id}/probe", f"/{inbox.id}/register"):
            assert browser.post(home + path, data=typed(loft="stolen")).status_code == status
    charlie = browser_of(app, CHARLIE)
    swapped = f"/accounts/{cast.other_account_id}/settings/inboxes/pigeon/{inbox.id}"
    for path in ("", "/probe", "/register"):
        assert charlie.post(swapped + path, data=typed(loft="stolen")).status_code == 404
    assert loft.webhooks == {}


def test_kinds_that_are_none_or_have_their_own_page_are_not_found(alice: FlaskClient, home: str, cast: Cast) -> None:
    for kind in ("carrier", "web_widget", "__class__", "../x", "9" * 30):
        assert alice.get(f"{home.removesuffix('pigeon')}{kind}/new").status_code == 404
    assert alice.get(f"{home}/{cast.inbox_id}").status_code == 404, "an inbox of another kind"
    assert alice.get(f"{home}/999999999").status_code == 404
