"""A copy of the conversation by mail: what the visitor could read, to their own address, not too often."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from sqlalchemy import select

from app.actions import send_mail
from app.ledger.transaction import system, transaction
from app.lib.database import db
from app.models import Contact, Conversation, Work
from app.models.message_items import checked_items
from tests.cast import Cast, bob
from tests.visitors import Visitor


def mailed() -> list[EmailMessage]:
    """What the workers would send."""
    with system(why="tests"):
        rows = db.session.scalars(select(Work).where(Work.job == "send_mail").order_by(Work.id)).all()
        mailings = [send_mail.prepare(*row.args) for row in rows]
    return [mailing.message for mailing in mailings if mailing]


@pytest.fixture
def talked(dana: Visitor, cast: Cast) -> Visitor:
    dana.say("Is the <Ridge 2> back?")
    with transaction(cast.account_id):
        conversation = db.session.scalars(select(Conversation)).one()
        conversation.reply("They always ask this", by=bob(cast).actor, private=True)
        conversation.reply("It is **back**", by=bob(cast).actor)
        items = checked_items("article", {"items": [{"title": "Sizes", "link": "https://shop.example/sizes"}]})
        conversation.reply("", by=bob(cast).actor, content_type="article", content_attributes=items)
        conversation.resolve(by=bob(cast).actor)
    return dana


def test_it_holds_what_was_said_and_no_note(talked: Visitor) -> None:
    assert talked.ask("post", "transcript", json={"email": "Dana@Example.com"}).status_code == 202
    [mail] = mailed()
    assert mail["To"] == "dana@example.com"
    assert mail["Subject"] == "Your conversation with Shop chat"
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part
        body = part.get_content()
        for words in ("Ridge 2", "back", "Bob", "You", "Sizes", "https://shop.example/sizes"):
            assert words in body
        assert "always ask" not in body
        assert "resolved" not in body
    assert "&lt;Ridge 2&gt;" in body


def test_the_address_is_kept_and_a_known_one_is_never_replaced(talked: Visitor, cast: Cast) -> None:
    assert talked.ask("post", "transcript", json={}).status_code == 422
    talked.ask("post", "transcript", json={"email": "dana@example.com"})
    talked.ask("post", "transcript", json={"email": "eve@elsewhere.example"})
    assert [mail["To"] for mail in mailed()] == ["dana@example.com"] * 2
    with transaction(cast.account_id):
        assert db.session.scalars(select(Contact.email)).one() == "dana@example.com"


def test_there_is_a_limit(talked: Visitor) -> None:
    answers = [talked.ask("post", "transcript", json={"email": "dana@example.com"}).status_code for _ in range(7)]
    assert answers[:5] == [202] * 5
    assert answers[-1] == 429


def test_without_a_conversation_there_is_nothing_to_send(dana: Visitor) -> None:
    assert dana.ask("post", "transcript", json={"email": "dana@example.com"}).status_code == 404


def test_it_is_in_the_visitors_language(talked: Visitor, cast: Cast) -> None:
    from tests.visitors import set_inbox

    set_inbox(cast, channel_settings={"locales": ["en", "ar"]})
    talked.ask("post", "transcript", json={"email": "dana@example.com"}, query={"locale": "ar"})
    [mail] = mailed()
    html = mail.get_body(("html",))
    assert html
    assert 'dir="rtl"' in html.get_content()
