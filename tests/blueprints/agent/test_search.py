"""The search box: a page with all that fits, and rows while someone types."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.channels.base import Inbound
from app.ledger.transaction import transaction
from app.models import Conversation
from tests.at_the_door import ALICE, BOB, CHARLIE, browser_of
from tests.cast import Cast, a_contact, a_conversation, a_session, an_inbox, bob

PALETTE = {"Parley-Palette": "1"}


@pytest.fixture
def history(cast: Cast) -> None:
    with transaction(cast.account_id):
        dana = a_contact(cast.account_id, "Dana Ruiz", email="dana@shop.example", phone_number="+4930123456")
        talk = a_conversation(cast, "Is the **Ridge 2** in size M back? Ça va", contact=dana)
        talk.reply("The wheel arrives on Friday", by=bob(cast).actor, private=True)
        hidden = Conversation.start(a_session(dana, an_inbox(cast.account_id, "Back office").id))
        hidden.receive(Inbound("The secret wheel", client_id="hidden"), contact=dana)


def asked(client: FlaskClient, cast: Cast, words: str, **headers: str) -> str:
    answer = client.get(f"/accounts/{cast.account_id}/search", query_string={"q": words}, headers=headers)
    assert answer.status_code == 200, words
    return answer.text


def test_a_number_finds_its_conversation(history: None, app: Flask, cast: Cast) -> None:
    bobs = browser_of(app, BOB)
    for words in ("1", "#1", " #1 "):
        assert f"/accounts/{cast.account_id}/conversations/1" in asked(bobs, cast, words)
    assert "conversations/2" not in asked(bobs, cast, "#2")
    assert "conversations/2" in asked(browser_of(app, ALICE), cast, "#2")
    assert "Nothing was found" in asked(bobs, cast, "#" + "9" * 19)


def test_people_are_found_by_name_and_reach(history: None, app: Flask, cast: Cast) -> None:
    bobs = browser_of(app, BOB)
    for words in ("dana", "DÁN rui", "dana@shop", "+49 30 123", "ruiz"):
        assert f"/accounts/{cast.account_id}/contacts/1" in asked(bobs, cast, words), words


def test_messages_are_found_by_their_words_and_marked(history: None, app: Flask, cast: Cast) -> None:
    bobs = browser_of(app, BOB)
    assert "<mark>Ridge</mark> 2 in size" in asked(bobs, cast, "size ridge").replace("<mark>size</mark>", "size")
    assert "<mark>Ça</mark>" in asked(bobs, cast, "ca v")
    note = asked(bobs, cast, "whee")
    assert "Note" in note
    assert "secret" not in note
    assert "secret" in asked(browser_of(app, ALICE), cast, "whee").replace("<mark>", "").replace("</mark>", "")


def test_rows_come_while_one_types(history: None, app: Flask, cast: Cast) -> None:
    bobs = browser_of(app, BOB)
    rows = asked(bobs, cast, "dana", **PALETTE)
    assert rows.count('role="option"') == 2
    assert "<html" not in rows
    assert "secret" not in asked(bobs, cast, "wheel", **PALETTE)
    assert asked(bobs, cast, "nothing at all", **PALETTE).count("palette-item") == 1


def test_older_messages_follow_page_by_page(app: Flask, cast: Cast) -> None:
    with transaction(cast.account_id):
        talk = a_conversation(cast, "First wheel")
        for number in range(39):
            talk.reply(f"Wheel {number}", by=bob(cast).actor)
    bobs = browser_of(app, BOB)
    first = asked(bobs, cast, "wheel")
    assert first.count('class="talk"') == 25
    more = first.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    rest = bobs.get(more, headers={"HX-Request": "true"}).text
    assert rest.count('class="talk"') == 15
    assert "hx-get" not in rest


@pytest.mark.parametrize(
    "words",
    ["", " ", "\0", "'", '"', "\\", "':*", "a:* & !b | (", "<script>alert(1)</script>", "%", "_", "@1", "👋🏽", "ﷺ" * 400,
     "x" * 5000, "-", "a-b-c", "https://x.example/a?b=c", "+", "00", "#", "1.5", "account"],
)  # fmt: skip
def test_nothing_that_is_typed_breaks_it(history: None, app: Flask, cast: Cast, words: str) -> None:
    bobs = browser_of(app, BOB)
    for headers in ({}, PALETTE):
        shown = asked(bobs, cast, words, **headers)
        assert "<script>alert" not in shown
        assert "Dana" not in shown or words.strip() in ("1.5", "00", "+")


def test_questions_for_another_page_are_checked(history: None, app: Flask, cast: Cast) -> None:
    bobs = browser_of(app, BOB)
    for before in ("x", "-1", str(2**63)):
        answer = bobs.get(f"/accounts/{cast.account_id}/search?q=a&before={before}", headers={"HX-Request": "true"})
        assert answer.status_code == 422


def test_strangers_find_nothing(history: None, app: Flask, cast: Cast) -> None:
    charlies = browser_of(app, CHARLIE)
    assert charlies.get(f"/accounts/{cast.account_id}/search?q=dana").status_code == 404
    own = charlies.get(f"/accounts/{cast.other_account_id}/search?q=dana")
    assert "Nothing was found" in own.text
    assert app.test_client().get(f"/accounts/{cast.account_id}/search?q=dana").status_code == 303
