"""An answer by mail goes to exactly the right people, under our own name and id, and machines do not answer machines."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.actions.mail_out import addressed, clean_name, may_answer_automatically
from app.actions.receive_letter import receive_letter
from app.channels.base import Mail
from app.lib import clock, mail_ids
from app.lib.database import db
from app.models import Conversation, Inbox, Message
from app.models.letter import Letter
from app.models.message import MessageType
from app.queries.mail_recipients import among, is_own, reply_all
from tests.cast import Cast, bob, transaction

DESK = "desk@fernway.example"


def _inbox(cast: Cast, **given: Any) -> Inbox:
    given = {"channel_settings": {"aliases": ["shop@fernway.example"]}, "address": DESK, "name": "Fernway", **given}
    inbox = Inbox(account_id=cast.account_id, channel="email", **given)
    db.session.add(inbox)
    db.session.flush()
    return inbox


def _arrives(inbox: Inbox, raw: str) -> Message:
    number = str(len(db.session.query(Letter).all()))
    letter = Letter(account_id=inbox.account_id, inbox_id=inbox.id, sender="x", key=number, raw=raw.encode())
    db.session.add(letter)
    db.session.flush()
    receive_letter(inbox.account_id, letter.id)
    return db.session.get_one(Message, (inbox.account_id, letter.message_id))


def _mail(head: str = "", body: str = "Hello", sender: str = "Dana <dana@home.example>") -> str:
    return f"From: {sender}\nDate: Tue, 3 Mar 2026 10:12:33 +0100\n{head}\n\n{body}\n"


ASKED = "To: desk@fernway.example, Lev <lev@home.example>\nCc: shop@fernway.example, Mia@Home.example, dana@home.example\nSubject: Re: RE: Ridge 2\nMessage-ID: <m1@home.example>\nReferences: <r1@home.example> <r2@home.example>"


def test_an_answer_goes_to_all_of_the_answered_mail_but_ourselves(cast: Cast) -> None:
    with transaction(cast.account_id):
        asked = _arrives(_inbox(cast), _mail(ASKED))
        mail = addressed(asked.conversation.reply("Yes", by=bob(cast).actor))
        assert mail.to == ["dana@home.example"]
        assert mail.cc == ["lev@home.example", "mia@home.example"]
        assert list(mail.bcc) == []


def test_an_answer_hangs_below_what_it_answers(cast: Cast) -> None:
    with transaction(cast.account_id):
        asked = _arrives(_inbox(cast), _mail(ASKED))
        said = asked.conversation.reply("Yes", by=bob(cast).actor)
        mail = addressed(said)
        assert mail.in_reply_to == "m1@home.example"
        assert list(mail.references) == ["r1@home.example", "r2@home.example", "m1@home.example"]
        assert mail.message_id.endswith("@fernway.example")
        ours = mail_ids.read(mail.message_id)
        assert ours == mail_ids.Ours(asked.conversation.uuid, said.id)
        assert mail == addressed(said), "a repeat is the same mail"


def test_the_subject_has_one_re(cast: Cast) -> None:
    with transaction(cast.account_id):
        asked = _arrives(_inbox(cast), _mail(ASKED))
        assert addressed(asked.conversation.reply("Yes", by=bob(cast).actor)).subject == "Re: Ridge 2"


def test_a_thread_of_our_own_begins_without_re_and_hangs_together(cast: Cast) -> None:
    with transaction(cast.account_id):
        asked = _arrives(_inbox(cast), _mail("To: desk@fernway.example"))
        begun = Conversation.start(
            asked.conversation.contact_inbox, additional_attributes={"mail_subject": "Your order"}
        )
        first = addressed(begun.reply("It is here.", by=bob(cast).actor))
        second = addressed(begun.reply("Still here.", by=bob(cast).actor))
        assert (first.subject, first.in_reply_to, list(first.to)) == ("Your order", "", ["dana@home.example"])
        assert second.subject == "Re: Your order"
        assert second.in_reply_to == first.message_id
        assert list(second.references) == [first.message_id]


def test_a_conversation_without_a_subject_names_itself(cast: Cast) -> None:
    with transaction(cast.account_id):
        asked = _arrives(_inbox(cast), _mail("To: desk@fernway.example"))
        mail = addressed(asked.conversation.reply("Yes", by=bob(cast).actor))
        assert mail.subject == f"[#{asked.conversation.display_id}] New messages on this conversation"


def test_whom_the_agent_chose_gets_it_and_nobody_else(cast: Cast) -> None:
    with transaction(cast.account_id):
        asked = _arrives(_inbox(cast), _mail(ASKED))
        chosen = {
            "to_emails": ["Kim@Else.example"],
            "cc_emails": "a@x.example, kim@else.example",
            "bcc_emails": ["b@x.example"],
        }
        mail = addressed(asked.conversation.reply("Yes", by=bob(cast).actor, content_attributes=chosen))
        assert (mail.to, mail.cc, mail.bcc) == (["kim@else.example"], ["a@x.example"], ["b@x.example"])


def test_the_mail_that_is_answered_decides_not_the_last(cast: Cast) -> None:
    with transaction(cast.account_id):
        inbox = _inbox(cast)
        first = _arrives(inbox, _mail(ASKED))
        _arrives(
            inbox, _mail("To: desk@fernway.example\nIn-Reply-To: <m1@home.example>\nMessage-ID: <m2@home.example>")
        )
        later = addressed(first.conversation.reply("Yes", by=bob(cast).actor))
        assert (later.to, later.cc) == (["dana@home.example"], [])
        answering = first.conversation.reply("Yes", by=bob(cast).actor, reply_to=first.client_id)
        assert addressed(answering).cc == ["lev@home.example", "mia@home.example"]
        assert addressed(answering).in_reply_to == "m1@home.example"


def test_many_references_keep_the_first_and_the_latest(cast: Cast) -> None:
    with transaction(cast.account_id):
        references = " ".join(f"<r{number}@x.example>" for number in range(60))
        asked = _arrives(
            _inbox(cast), _mail(f"To: desk@fernway.example\nMessage-ID: <m@x.example>\nReferences: {references}")
        )
        kept = addressed(asked.conversation.reply("Yes", by=bob(cast).actor)).references
        assert len(kept) == 20
        assert (kept[0], kept[-1]) == ("r0@x.example", "m@x.example")


@pytest.mark.parametrize(
    ("kind", "business", "wanted"),
    [
        ("friendly", "Fernway Cycles", "Bob from Fernway Cycles"),
        ("professional", "Fernway Cycles", "Fernway Cycles"),
        ("friendly", None, "Bob from Fernway"),
        ("professional", "\r\nBcc: all@evil.example <x>", "Bcc all evil.example x"),
        ("professional", '"@@"', "Fernway"),
    ],
)
def test_the_name_it_comes_from(cast: Cast, kind: str, business: str | None, wanted: str) -> None:
    with transaction(cast.account_id):
        asked = _arrives(_inbox(cast, sender_name_type=kind, business_name=business), _mail(ASKED))
        assert addressed(asked.conversation.reply("Yes", by=bob(cast).actor)).from_name == wanted


def test_a_name_of_nothing_but_signs_gives_way_to_the_address(cast: Cast) -> None:
    with transaction(cast.account_id):
        asked = _arrives(_inbox(cast, name="<>", address="bike-repairs@fernway.example"), _mail(ASKED))
        said = asked.conversation.reply("Yes", by=bob(cast).actor)
        assert addressed(said).from_name == "Bob from Bike Repairs"


@given(st.text(max_size=200))
def test_no_name_breaks_a_header(name: str) -> None:
    cleaned = clean_name(name)
    assert not set(cleaned) & set('\\<>@"!#$%&*+=?^`{|}~:;\r\n\t\0')
    assert cleaned == cleaned.strip()


def test_the_html_has_the_words_the_layout_and_the_signature(cast: Cast) -> None:
    with transaction(cast.account_id):
        layout = "<html><body><h1>Fernway</h1>{{content}}<footer>{{signature}}</footer></body></html>"
        inbox = _inbox(cast, channel_settings={"signature": "**Fernway**\nLindweg 3", "layout": layout})
        asked = _arrives(inbox, _mail(ASKED))
        mail = addressed(asked.conversation.reply("It is **back** <script>alert(1)</script>", by=bob(cast).actor))
        assert "<h1>Fernway</h1><p>It is <strong>back</strong>" in mail.html
        assert "<footer><p><strong>Fernway</strong><br>" in mail.html
        assert "<script" not in mail.html
        assert mail.signature == "Fernway\nLindweg 3"
        inbox.channel_settings = {"signature": "Fernway"}
        plain = addressed(asked.conversation.reply("Hello", by=bob(cast).actor))
        assert "<p>Hello</p>" in plain.html
        assert plain.html.count("Fernway") == 1


def test_a_program_answers_the_writer_alone_and_says_what_it_is(cast: Cast) -> None:
    with transaction(cast.account_id):
        inbox = _inbox(cast, greeting_enabled=True, greeting_message="We got it.")
        asked = _arrives(inbox, _mail(ASKED))
        greeting = _templates(asked.conversation)[0]
        mail = addressed(greeting)
        assert mail.is_automatic
        assert (list(mail.to), list(mail.cc)) == (["dana@home.example"], [])


def _templates(conversation: Conversation) -> list[Message]:
    return [each for each in conversation.messages_before(None, 200) if each.message_type == MessageType.TEMPLATE]


def test_two_auto_responders_exchange_one_mail_a_day(cast: Cast) -> None:
    """The other side answers every mail at once, with no sign that it is a program, and without references."""
    with transaction(cast.account_id):
        inbox = _inbox(cast, greeting_enabled=True, greeting_message="We got it.")
        greetings = 0
        for number in range(10):
            came = _arrives(
                inbox, _mail(f"To: desk@fernway.example\nSubject: Received {number}\nMessage-ID: <a{number}@x.example>")
            )
            greetings += len(_templates(came.conversation))
        assert greetings == 1


def test_the_next_day_one_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction(cast.account_id):
        inbox = _inbox(cast, greeting_enabled=True, greeting_message="We got it.")
        first = _arrives(inbox, _mail("To: desk@fernway.example\nSubject: One matter"))
        _templates(first.conversation)[0].created_at = clock.now().replace(year=clock.now().year - 1)
        second = _arrives(inbox, _mail("To: desk@fernway.example\nSubject: Another matter\nMessage-ID: <b@x.example>"))
        assert len(_templates(second.conversation)) == 1


@pytest.mark.parametrize(
    "head",
    [
        "Auto-Submitted: auto-replied",
        "X-Autoreply: yes",
        "Precedence: bulk",
        "List-Id: <x.example>",
        "Return-Path: <>",
        "X-Auto-Response-Suppress: All",
        "Subject: Out of office: away",
    ],
)
def test_programs_and_lists_are_not_greeted(cast: Cast, head: str) -> None:
    with transaction(cast.account_id):
        inbox = _inbox(cast, greeting_enabled=True, greeting_message="We got it.")
        came = _arrives(inbox, _mail(f"To: desk@fernway.example\n{head}"))
        assert _templates(came.conversation) == []


def test_nobody_and_ourselves_are_never_answered_by_a_program(cast: Cast) -> None:
    with transaction(cast.account_id):
        inbox = _inbox(cast, greeting_enabled=True, greeting_message="We got it.")
        for sender in ("desk@fernway.example", "mailer-daemon@x.example", "no-reply@x.example", "root"):
            came = _arrives(inbox, _mail("To: desk@fernway.example", sender=sender))
            assert _templates(came.conversation) == []
            assert not may_answer_automatically(
                inbox, Mail(sender=sender, is_automatic=True), came.conversation.contact_inbox
            )


POOL = ["dana@home.example", "lev@home.example", "mia@home.example", "eve@evil.example", DESK, "shop@fernway.example"]
POOL += [
    "desk+0d5f7a44-1111-4222-8333-444455556666@fernway.example",
    "desk+tag@fernway.example",
    "other@fernway.example",
]
ADDRESSES = st.lists(st.sampled_from(POOL), max_size=6)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(author=ADDRESSES, answers=ADDRESSES, to=ADDRESSES, cc=ADDRESSES)
def test_a_reply_to_all_is_exactly_the_mail_s_people_minus_ourselves(
    author: list[str], answers: list[str], to: list[str], cc: list[str]
) -> None:
    inbox = Inbox(address=DESK, channel_settings={"aliases": ["shop@fernway.example"]})
    found = among({"from": author, "reply_to": answers, "to": to, "cc": cc}, inbox)
    ours = {each for each in POOL if is_own(each, inbox)}
    assert ours == set(POOL[4:8])
    asked = (set(answers) - ours) or (set(author) - ours)
    everybody = [*found.to, *found.cc, *found.bcc]
    assert set(everybody) == (asked | set(to) | set(cc)) - ours
    assert len(everybody) == len(set(everybody)), "each once"
    assert not asked or set(found.to) == asked
    assert bool(found.to) or not everybody, "somebody is in To"


def test_a_customer_s_answer_to_a_third_party_does_not_add_the_customer(cast: Cast) -> None:
    with transaction(cast.account_id):
        inbox = _inbox(cast)
        asked = _arrives(inbox, _mail("To: desk@fernway.example\nCc: lev@home.example\nMessage-ID: <m1@x.example>"))
        _arrives(
            inbox,
            _mail(
                "To: desk@fernway.example\nIn-Reply-To: <m1@x.example>\nMessage-ID: <m2@x.example>",
                sender="lev@home.example",
            ),
        )
        found = reply_all(asked.conversation)
        assert (list(found.to), list(found.cc)) == (["lev@home.example"], [])
