"""An administrator consents at a channel's provider, comes back, and chooses what is connected; nobody else can."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.blueprints.settings.consenting import SALT
from app.channels.base import Line
from app.ledger.transaction import transaction
from app.lib import crypto
from app.lib.database import db
from app.models import Inbox
from tests.at_the_door import ALICE, BOB, CHARLIE, browser_of
from tests.cast import Cast
from tests.fakes.pigeon import Loft, pigeons


@pytest.fixture
def loft() -> Iterator[Loft]:
    with pigeons() as loft:
        loft.consents = [a_line("fernway")]
        yield loft


@pytest.fixture
def alice(app: Flask, cast: Cast, loft: Loft) -> FlaskClient:
    return browser_of(app, ALICE)


@pytest.fixture
def home(cast: Cast) -> str:
    return f"/accounts/{cast.account_id}/settings/inboxes/pigeon"


def a_line(address: str, ring: str = "token-of-its-own") -> Line:
    return Line(address, name=f"Loft {address}", credentials={"secret": f"{ring}-{address}", "loft": address})


def leave(browser: FlaskClient, home: str, query: str = "") -> dict[str, str]:
    """To the loft; returns what it is asked with."""
    answer = browser.get(f"{home}/consent{query}")
    assert answer.status_code == 303, answer.text
    assert answer.location.startswith("https://loft.example/consent?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}


def come_back(browser: FlaskClient, asked: dict[str, str], **given: str) -> Any:
    """With the code that the loft would give."""
    return browser.get("/consent/pigeon", query_string={"state": asked["state"], "code": asked["challenge"], **given})


def inboxes(account_id: int) -> list[Inbox]:
    with transaction(account_id):
        return list(db.session.scalars(select(Inbox).where(Inbox.channel == "pigeon").order_by(Inbox.id)))


def test_the_only_one_is_connected_at_once(alice: FlaskClient, home: str, cast: Cast, loft: Loft) -> None:
    assert "Connect with the Loft" in alice.get(f"{home}/new").text
    asked = leave(alice, home)
    assert asked["to"] == "http://localhost/consent/pigeon"
    answer = come_back(alice, asked)
    (inbox,) = inboxes(cast.account_id)
    assert answer.location == f"{home}/{inbox.id}"
    assert (inbox.name, inbox.address, inbox.credentials["secret"]) == (
        "Loft fernway",
        "fernway",
        "token-of-its-own-fernway",
    )
    assert loft.webhooks == {"fernway": inbox.webhook_url}
    page = alice.get(answer.location).text
    assert "token-of-its-own" not in page
    assert "Connect again with the Loft" in page


def test_several_are_chosen_from_and_those_connected_are_marked(
    alice: FlaskClient, home: str, cast: Cast, loft: Loft
) -> None:
    come_back(alice, leave(alice, home))
    loft.consents = [a_line(address) for address in ("fernway", "porto", "<b>braga", "faro")]
    answer = come_back(alice, leave(alice, home))
    assert answer.location.startswith(f"{home}/consent/choice?kept=")
    page = alice.get(answer.location).text
    assert "token-of-its-own" not in page
    assert "connected as Loft fernway" in page
    assert "<b>braga" not in page
    kept = parse_qs(urlsplit(answer.location).query)["kept"][0]
    nothing = alice.post(f"{home}/consent/choice", data={"kept": kept, "addresses": ["fernway", "nowhere"]})
    assert nothing.status_code == 422
    assert "Choose at least one." in nothing.text
    chosen = alice.post(f"{home}/consent/choice", data={"kept": kept, "addresses": ["porto", "<b>braga", "fernway"]})
    assert chosen.status_code == 303
    made = inboxes(cast.account_id)
    assert [inbox.address for inbox in made] == ["fernway", "porto", "<b>braga"]
    assert len({inbox.token for inbox in made}) == 3
    assert made[0].name == "Loft fernway"
    # What was chosen from is gone with the choice.
    assert alice.get(answer.location).status_code == 404


def test_one_of_several_that_is_refused_is_told_and_may_be_tried_again(
    alice: FlaskClient, home: str, cast: Cast, loft: Loft
) -> None:
    loft.consents = [a_line("porto"), Line("faro", name="Faro", credentials={"secret": "wrong", "loft": "faro"})]
    location = come_back(alice, leave(alice, home)).location
    kept = parse_qs(urlsplit(location).query)["kept"][0]
    answer = alice.post(f"{home}/consent/choice", data={"kept": kept, "addresses": ["porto", "faro"]})
    assert answer.status_code == 422
    assert "(#190) That ring is not ours." in answer.text
    assert "connected as Loft porto" in answer.text
    assert [inbox.address for inbox in inboxes(cast.account_id)] == ["porto"]


def test_connected_again_at_the_same_address_only(alice: FlaskClient, home: str, cast: Cast, loft: Loft) -> None:
    come_back(alice, leave(alice, home))
    (inbox,) = inboxes(cast.account_id)
    with transaction(cast.account_id):
        db.session.get_one(Inbox, (cast.account_id, inbox.id)).name = "Our own words"
    loft.consents = [a_line("porto"), a_line("fernway", "a-new-token")]
    answer = come_back(alice, leave(alice, home, f"?inbox={inbox.id}"))
    (again,) = inboxes(cast.account_id)
    assert answer.location == f"{home}/{inbox.id}"
    assert (again.credentials["secret"], again.name, again.token) == (
        "a-new-token-fernway",
        "Our own words",
        inbox.token,
    )
    loft.consents = [a_line("porto")]
    come_back(alice, leave(alice, home, f"?inbox={inbox.id}"))
    assert "You let us in to Loft porto, but this inbox is fernway." in alice.get(f"{home}/{inbox.id}").text
    assert [each.credentials["secret"] for each in inboxes(cast.account_id)] == ["a-new-token-fernway"]


def test_who_it_is_may_be_told_only_when_asked(alice: FlaskClient, home: str, cast: Cast, loft: Loft) -> None:
    """As where a token comes without the name of whose it is."""
    loft.consents = [Line("", credentials={"secret": "first", "loft": "fernway"})]
    come_back(alice, leave(alice, home))
    (inbox,) = inboxes(cast.account_id)
    assert inbox.address == "fernway"
    with transaction(cast.account_id):
        db.session.get_one(Inbox, (cast.account_id, inbox.id)).channel_settings = {"weather": "dry_only"}
    loft.consents = [Line("", credentials={"secret": "second", "loft": "fernway"})]
    come_back(alice, leave(alice, home, f"?inbox={inbox.id}"))
    (again,) = inboxes(cast.account_id)
    assert (again.credentials["secret"], again.channel_settings) == ("second", {"weather": "dry_only"})
    loft.consents = [Line("", credentials={"secret": "third", "loft": "porto"})]
    come_back(alice, leave(alice, home, f"?inbox={inbox.id}"))
    assert "You let us in to porto, but this inbox is fernway." in alice.get(f"{home}/{inbox.id}").text
    assert [each.credentials["secret"] for each in inboxes(cast.account_id)] == ["second"]


def test_what_another_account_has_is_refused(app: Flask, alice: FlaskClient, home: str, cast: Cast, loft: Loft) -> None:
    come_back(alice, leave(alice, home))
    charlie, theirs = browser_of(app, CHARLIE), f"/accounts/{cast.other_account_id}/settings/inboxes/pigeon"
    answer = come_back(charlie, leave(charlie, theirs))
    assert answer.location == f"{theirs}/new"
    assert "is connected in another account of this Parley" in charlie.get(answer.location).text
    assert inboxes(cast.other_account_id) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"error": "access_denied", "error_description": "The person <i>said no"}, "The person &lt;i&gt;said no"),
        ({"error": "x" * 20_000}, "x" * 300),
        ({"code": "guessed"}, "The loft says: another bird."),
    ],
)
def test_a_refusal_is_told_in_the_providers_words(
    alice: FlaskClient, home: str, cast: Cast, given: dict[str, str], words: str
) -> None:
    asked = leave(alice, home)
    answer = alice.get("/consent/pigeon", query_string={"state": asked["state"], **given})
    assert answer.location == f"{home}/new"
    assert words in alice.get(answer.location).text
    assert inboxes(cast.account_id) == []


def test_no_pages_at_all_or_a_provider_that_is_away_is_told(
    alice: FlaskClient, home: str, cast: Cast, loft: Loft
) -> None:
    loft.consents = []
    answer = come_back(alice, leave(alice, home))
    assert "let us in to nothing that can be an inbox" in alice.get(answer.location).text
    loft.is_away = True
    answer = come_back(alice, leave(alice, home))
    assert "The loft is closed." in alice.get(answer.location).text
    assert inboxes(cast.account_id) == []


def test_a_state_is_this_browsers_this_persons_and_good_once(
    app: Flask, alice: FlaskClient, home: str, cast: Cast
) -> None:
    asked = leave(alice, home)
    other_browser = browser_of(app, ALICE)
    assert come_back(other_browser, asked).status_code == 403
    assert come_back(alice, {**asked, "state": "forged"}).status_code == 403
    assert come_back(alice, {**asked, "state": asked["state"][:-2]}).status_code == 403
    assert come_back(alice, {**asked, "state": "x" * 100_000}).status_code in (403, 414)
    assert alice.get("/consent/pigeon").status_code == 403
    assert come_back(app.test_client(), asked).status_code in (303, 401, 403), "signed in nowhere"
    charlie = browser_of(app, CHARLIE)
    theirs = leave(charlie, f"/accounts/{cast.other_account_id}/settings/inboxes/pigeon")
    assert come_back(alice, theirs).status_code == 403
    assert inboxes(cast.account_id) == []
    assert come_back(alice, asked).status_code == 303
    assert come_back(alice, asked).status_code == 403, "its cookie is gone"
    late = leave(alice, home)
    ended = crypto.sign(crypto.unsign(late["state"], SALT), SALT, expires_in=-1)
    assert come_back(alice, {**late, "state": ended}).status_code == 403


def test_agents_do_not_leave_and_what_is_put_aside_is_the_persons_own(
    app: Flask, alice: FlaskClient, home: str, cast: Cast, loft: Loft
) -> None:
    assert browser_of(app, BOB).get(f"{home}/consent").status_code == 403
    loft.consents = [a_line("porto"), a_line("faro")]
    location = come_back(alice, leave(alice, home)).location
    charlie = browser_of(app, CHARLIE)
    swapped = location.replace(f"/accounts/{cast.account_id}/", f"/accounts/{cast.other_account_id}/")
    assert charlie.get(swapped).status_code == 404
    assert browser_of(app, BOB).get(location).status_code == 403
    kept = parse_qs(urlsplit(location).query)["kept"][0]
    answer = charlie.post(swapped.partition("?")[0], data={"kept": kept, "addresses": ["porto"]})
    assert answer.status_code == 404
    assert alice.get(f"{home}/consent/choice?kept={'x' * 5000}").status_code == 404
    assert loft.webhooks == {}


def test_where_our_app_is_missing_the_page_says_what_to_set_and_offers_the_form(
    alice: FlaskClient, home: str, loft: Loft
) -> None:
    loft.is_set_up = False
    page = alice.get(f"{home}/new").text
    assert "PIGEON_APP_ID and PIGEON_APP_SECRET" in page
    assert 'name="secret"' in page
    assert alice.get(f"{home}/consent").status_code == 404
