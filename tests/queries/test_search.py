"""Searching stays within the account and reads little, however much there is."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import ProgrammingError

from app.config import Settings
from app.ledger.transaction import system, transaction
from app.lib.database import db, owner_url
from app.lib.excerpt import around
from app.models import Message
from app.queries import search
from tests.cast import Cast, a_contact, a_conversation, alice, bob
from tests.plans import analyze

MESSAGES = 60_000


@pytest.fixture
def long_history(app: Flask, cast: Cast, settings: Settings) -> None:
    """60,000 messages: `the` in every second one, `ancient` in the older half, `zephyr` in six; as many contacts called Dana."""
    with transaction(cast.account_id):
        conversation = a_conversation(cast, "First", contact=a_contact(cast.account_id, "Noor"))
    engine = create_engine(owner_url(settings))
    with engine.begin() as connection:
        connection.execute(
            text("""
            insert into messages (account_id, id, conversation_id, inbox_id, sequence, version, message_type, client_id, created_at, content)
            select :account, 100 + i, :conversation, :inbox, 100 + i, 1, 'incoming', i::text, now(),
                   case when i % 2 = 0 then 'the ' else '' end || case when i < :many / 2 then 'ancient ' else '' end
                   || case when i % 10000 = 7 then 'zephyr ' else '' end || 'word' || i % 500
            from generate_series(1, :many) i
            """),
            {"account": cast.account_id, "conversation": conversation.id, "inbox": cast.inbox_id, "many": MESSAGES},
        )
        connection.execute(
            text("""
            insert into contacts (account_id, id, name, email, last_activity_at)
            select :account, 100 + i, 'Dana ' || i, 'c' || i || '@x.example', now() - i * interval '1 second'
            from generate_series(1, :many) i
            """),
            {"account": cast.account_id, "many": MESSAGES},
        )
    engine.dispose()
    analyze()


def pages_read(call: Any) -> int:
    """How many pages of the database a call touches, as the tenant, all that its function does included."""
    compiled = select(call).compile(db.engine, compile_kwargs={"literal_binds": True})
    plan: dict[str, Any] = db.session.execute(text(f"explain (analyze, buffers, format json) {compiled}")).scalar_one()
    top = plan[0]["Plan"]  # type: ignore[index]
    return int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])


@pytest.mark.parametrize(
    ("words", "met"), [("the", 26), ("th", 26), ("zephyr", 6), ("ancient zephyr", 3), ("nothing", 0), ("zephyr the", 0)]
)
def test_messages_are_found_without_reading_the_history(long_history: None, cast: Cast, words: str, met: int) -> None:
    with transaction(cast.account_id):
        assert len(search.messages(words, alice(cast), wanted=26)) == met
        assert pages_read(func.search_messages(words, 26, None, None, True)) < 1500


def test_a_common_word_of_long_ago_is_found_and_does_not_hold_up_the_palette(long_history: None, cast: Cast) -> None:
    with transaction(cast.account_id):
        newest = search.messages("ancient", alice(cast), wanted=5)
        assert [message.id for message in newest] == [100 + MESSAGES // 2 - 1 - number for number in range(5)]
        assert len(search.glance("ancient", alice(cast)).messages) <= 5


def test_contacts_are_found_without_reading_them_all(long_history: None, cast: Cast) -> None:
    with transaction(cast.account_id):
        assert [contact.name for contact in search.contacts("dan", alice(cast), wanted=3)] == [
            "Dana 1",
            "Dana 2",
            "Dana 3",
        ]
        assert pages_read(func.search_contacts("dana", 25)) < 500
        assert pages_read(func.search_contacts("c4711@x", 25)) < 200
        assert pages_read(func.search_contacts("dana 47", 25)) < 3000


def test_each_account_finds_its_own(app: Flask, cast: Cast) -> None:
    with transaction(cast.account_id):
        a_conversation(cast, "Our secret wheel", contact=a_contact(cast.account_id, "Dana Wheel"))
        assert len(search.messages("wheel", alice(cast), wanted=9)) == 1
    with transaction(cast.other_account_id):
        for words in ("wheel", "@1", "@1 wheel", f"@{cast.account_id}", "'@1' & wheel"):
            assert db.session.scalars(select(func.search_messages(words, 9, None, None, True))).all() == []
            assert db.session.scalars(select(func.search_contacts(words, 9))).all() == []


def test_no_account_finds_nothing(app: Flask, cast: Cast) -> None:
    """The functions run with the owner's rights: the tenant's role alone may call them, and only inside an account."""
    with transaction(cast.account_id):
        a_conversation(cast, "A wheel")
        for account in ("", "0", str(cast.other_account_id)):
            db.session.execute(text("select set_config('app.account_id', :account, true)"), {"account": account})
            assert db.session.scalars(select(func.search_messages("wheel", 9, None, None, True))).all() == []
    with pytest.raises(ProgrammingError, match="permission denied"), system(why="tests"):
        db.session.scalars(select(func.search_messages("wheel", 9, None, None, True))).all()


def test_an_inbox_that_is_not_the_agents_is_not_searched(app: Flask, cast: Cast) -> None:
    with transaction(cast.account_id):
        conversation = a_conversation(cast, "A wheel")
        assert len(search.messages("wheel", bob(cast), wanted=9)) == 1
        db.session.execute(text("delete from inbox_members"))
        assert search.messages("wheel", bob(cast), wanted=9) == []
        assert search.numbered(str(conversation.display_id), bob(cast)) is None


def test_a_deleted_message_is_not_found(app: Flask, cast: Cast) -> None:
    with transaction(cast.account_id):
        a_conversation(cast, "A wheel")
        db.session.query(Message).one().deleted_at = func.now()
        db.session.flush()
        assert search.messages("wheel", alice(cast), wanted=9) == []


def test_texts_that_grow_when_they_are_folded_are_kept(app: Flask, cast: Cast) -> None:
    with transaction(cast.account_id):
        conversation = a_conversation(cast)
        for content in ("ﷺ" * 50_000, "㌖" * 50_000, "x" * 150_000, " ".join(f"w{number}" for number in range(20_000))):
            conversation.reply(content, by=bob(cast).actor)


@pytest.mark.parametrize(
    ("text_", "words", "shown"),
    [
        ("A red wheel", "whe", "A red <mark>whe</mark>el"),
        ("Ça va, João?", "joao ca", "<mark>Ça</mark> va, <mark>João</mark>?"),
        ("cartwheel", "wheel", "cartwheel"),
        ("<b>wheel</b>", "wheel b", "&lt;<mark>b</mark>&gt;<mark>wheel</mark>&lt;/<mark>b</mark>&gt;"),
        ("nothing", "", "nothing"),
        ("", "a", ""),
    ],
)
def test_an_excerpt_marks_what_was_searched_for(text_: str, words: str, shown: str) -> None:
    assert str(around(text_, words)) == shown


def test_an_excerpt_begins_near_the_first_word() -> None:
    shown = around("one two three " * 50 + "wheel " + "four " * 200, "wheel")
    assert "<mark>wheel</mark>" in shown
    assert shown.startswith("… ")
    assert len(shown) < 230
