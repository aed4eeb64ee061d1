"""Who has left a website gets by mail what they have not seen there: once, and only that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from app import create_app
from app.channels.base import Inbound
from app.ledger.drain import drain
from app.ledger.transaction import system, transaction
from app.lib import clock, mail_ids
from app.lib.database import db
from app.lib.queue import Queue
from app.models import Contact, Conversation, Message, Work
from app.realtime import signals
from tests.cast import Cast, a_contact, a_conversation, bob
from tests.conftest import Ground, free_port, make_settings
from tests.visitors import set_inbox
from workers.jobs import JOBS


class PostOffice:
    """Takes mails, or answers what it was told to."""

    def __init__(self) -> None:
        self.answer = "250 OK"
        self.taken: list[Envelope] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        if self.answer.startswith("250"):
            self.taken.append(envelope)
        return self.answer

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(bytes(each.content or b""), policy=policy.default) for each in self.taken]


@pytest.fixture
def office(ground: Ground, app: Flask, cast: Cast) -> Iterator[PostOffice]:
    office = PostOffice()
    controller = Controller(office, hostname="127.0.0.1", port=free_port())
    controller.start()
    mailing = create_app(
        make_settings(
            ground,
            smtp_url=f"smtp://127.0.0.1:{controller.port}",
            mail_from="Fernway <desk@fernway.example>",
            inbound_mail_domain="in.fernway.example",
        )
    )
    with mailing.app_context():
        yield office
        db.engine.dispose()
    controller.stop()


@pytest.fixture
def talk(office: PostOffice, cast: Cast) -> Conversation:
    with transaction(cast.account_id):
        return a_conversation(cast, contact=a_contact(cast.account_id, email="dana@shop.example"))


def reply(talk: Conversation, cast: Cast, text: str, *, private: bool = False) -> int:
    with transaction(cast.account_id):
        return again(talk).reply(text, by=bob(cast).actor, private=private).id


def again(talk: Conversation) -> Conversation:
    return db.session.get_one(Conversation, (talk.account_id, talk.id))


def work_through() -> list[Work]:
    """As if two minutes had passed; returns what is left to do."""
    with system(why="tests"):
        db.session.query(Work).update({Work.run_at: clock.now() - timedelta(seconds=1)})
    drain(Queue.OUTBOUND, JOBS)
    with system(why="tests"):
        return list(db.session.query(Work).order_by(Work.id))


def test_what_was_missed_is_mailed_together_two_minutes_later(
    office: PostOffice, talk: Conversation, cast: Cast
) -> None:
    reply(talk, cast, "It comes back on **Friday**.")
    with system(why="tests"):
        [row] = db.session.query(Work)
        assert timedelta(seconds=110) < row.run_at - clock.now() <= timedelta(seconds=120)
    drain(Queue.OUTBOUND, JOBS)
    assert office.taken == []
    reply(talk, cast, "They always ask this", private=True)
    last = reply(talk, cast, "Shall I keep one for you?")
    assert work_through() == []
    [mail] = office.mails
    assert mail["To"] == "dana@shop.example"
    assert mail["From"] == "Bob from Shop chat <desk@fernway.example>"
    assert mail["Reply-To"] == f"reply+{talk.uuid}@in.fernway.example"
    assert mail_ids.read(mail["Message-ID"]) == mail_ids.Ours(talk.uuid, last)
    assert mail["Message-ID"].endswith("@in.fernway.example>")
    assert mail["Auto-Submitted"] == "no"
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part
        words = part.get_content()
        assert words.index("Friday") < words.index("keep one for you") < words.index("Is the Ridge 2 in size M back?")
        assert "always ask" not in words
        assert "You can answer this mail." in words


def test_nothing_is_mailed_twice(office: PostOffice, talk: Conversation, cast: Cast) -> None:
    reply(talk, cast, "On Friday.")
    work_through()
    reply(talk, cast, "Or on Monday.")
    work_through()
    first, second = office.mails
    assert "On Friday." in first.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    text = second.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert text.index("Or on Monday.") < text.index("Said before") < text.index("On Friday.")
    assert first["References"] == second["References"]
    with transaction(cast.account_id):
        said = db.session.query(Message).filter(Message.message_type == "outgoing")
        assert [each.additional_attributes["mailed_to"] for each in said] == ["dana@shop.example"] * 2


def test_what_was_seen_or_answered_meanwhile_is_not_mailed(office: PostOffice, talk: Conversation, cast: Cast) -> None:
    reply(talk, cast, "On Friday.")
    with transaction(cast.account_id):
        conversation = again(talk)
        conversation.mark_seen_by_contact(by=conversation.contact.actor)
    assert work_through() == []
    reply(talk, cast, "Or on Monday.")
    with transaction(cast.account_id):
        conversation = again(talk)
        conversation.receive(Inbound("Monday is fine", client_id="c"), contact=conversation.contact)
    assert work_through() == []
    assert office.taken == []


def test_whoever_is_still_there_is_looked_after_again(office: PostOffice, talk: Conversation, cast: Cast) -> None:
    with transaction(cast.account_id):
        session = again(talk).contact_inbox
        signals.visitor_is_here(session)
    reply(talk, cast, "On Friday.")
    [row] = work_through()
    assert row.args[2] == 1
    assert office.taken == []
    with transaction(cast.account_id):
        signals.visitor_has_left(again(talk).contact_inbox)
    assert work_through() == []
    assert len(office.taken) == 1


@pytest.mark.parametrize("why", ["no address", "blocked", "switched off", "deleted"])
def test_where_it_cannot_or_may_not_be_nothing_is_mailed(
    office: PostOffice, talk: Conversation, cast: Cast, why: str
) -> None:
    message_id = reply(talk, cast, "On Friday.")
    if why == "switched off":
        set_inbox(cast, channel_settings={"continuity_via_email": False})
    with transaction(cast.account_id):
        contact = db.session.get_one(Contact, (cast.account_id, talk.contact_id))
        if why == "no address":
            contact.email = None
        contact.blocked = why == "blocked"
        if why == "deleted":
            db.session.get_one(Message, (cast.account_id, message_id)).deleted_at = clock.now()
    assert work_through() == []
    assert office.taken == []


def test_a_server_that_is_away_is_tried_again_and_a_refusal_is_kept(
    office: PostOffice, talk: Conversation, cast: Cast
) -> None:
    office.answer = "451 Later"
    message_id = reply(talk, cast, "On Friday.")
    [row] = work_through()
    assert "451" in str(row.last_error)
    office.answer = "550 Nobody here"
    assert work_through() == []
    with transaction(cast.account_id):
        message = db.session.get_one(Message, (cast.account_id, message_id))
        assert "550" in message.additional_attributes["mail_refused"]
        assert message.status == "sent"


def test_odd_names_do_not_break_the_mail(office: PostOffice, talk: Conversation, cast: Cast) -> None:
    set_inbox(
        cast, name='Bad\r\nBcc: all@x.example "Shop" <i@x.example>', channel_settings={"website_url": "javascript:1"}
    )
    reply(talk, cast, "<script>alert(1)</script> ](javascript:alert(1))")
    work_through()
    [mail] = office.mails
    assert mail["Bcc"] is None
    assert "<script>" not in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "javascript:1" not in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
