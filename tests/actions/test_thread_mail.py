"""Mails stand in the conversation in which a person would put them, and never in a stranger's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from sqlalchemy import select

from app.actions.mail_out import addressed
from app.actions.receive_letter import receive_letter
from app.channels.email.letter_key import letter_key
from app.lib import mail_ids
from app.lib.database import db
from app.models import Contact, Conversation, Inbox, Message
from app.models.letter import Letter
from tests.cast import Cast, bob, transaction

DESK = "desk@fernway.example"
PEOPLE = {
    "dana": "Dana <dana@home.example>",
    "lev": "Lev <lev@home.example>",
    "eve": "Eve <eve@evil.example>",
    "news": "News <news@news.example>",
    "daemon": "MAILER-DAEMON <mailer-daemon@mx.example>",
}


@dataclass(frozen=True)
class Step:
    """A mail, or, of `us`, an answer in the thread of step `of`. Numbers in `irt` and `refs` name steps."""

    who: str
    of: int = -1
    irt: int | str | None = None
    refs: Sequence[int | str] = ()
    subject: str = "Ridge 2"
    to: str = DESK
    cc: str = ""
    id: str = ""
    text: str = "Hello"
    headers: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    resolve: bool = False


M = Step


def us(of: int, **given: Any) -> Step:
    return Step("us", of, **given)


CROWD = ", ".join(f"p{number}@crowd.example" for number in range(40))
LIST = {"List-Id": "<news.news.example>", "Precedence": "bulk"}

# Each thread has a letter; "?" after it: the new conversation keeps that it may go on with another.
SHAPES: dict[str, tuple[list[Step], str]] = {
    "two mails of one person": ([M("dana"), M("dana", subject="Another thing")], "A B"),
    "an answer to our answer": ([M("dana"), us(0), M("dana", irt=1, refs=[0, 1])], "A A A"),
    "an answer with references alone": ([M("dana"), us(0), M("dana", refs=[0, 1])], "A A A"),
    "an answer with In-Reply-To alone": ([M("dana"), us(0), M("dana", irt=1)], "A A A"),
    "an answer to their own mail": ([M("dana"), M("dana", irt=0)], "A A"),
    "a chain of three of theirs": ([M("dana"), M("dana", irt=0), M("dana", irt=1, refs=[0, 1])], "A A A"),
    "In-Reply-To to something lost, references known": (
        [M("dana"), us(0), M("dana", irt="lost@home.example", refs=[0, 1, "lost@home.example"])],
        "A A A",
    ),
    "the newest reference decides": (
        [M("dana"), M("dana", subject="Other"), M("dana", refs=[0, 1])],
        "A B B",
    ),
    "In-Reply-To before references": ([M("dana"), M("dana", subject="Other"), M("dana", irt=0, refs=[1])], "A B A"),
    "our token before their ids": (
        [M("dana"), us(0), M("dana", subject="Other"), M("dana", irt=3 - 1, refs=[1])],
        "A A B A",
    ),
    "Outlook drops the references and keeps Thread-Index": (
        [M("dana"), us(0), M("dana", subject="RE: Ridge 2", headers={"Thread-Index": "AdyABC=="})],
        "A A B?",
    ),
    "the same subject again": ([M("dana"), M("dana", subject="Re: Ridge 2")], "A B?"),
    "the same subject in another language's Re": ([M("dana"), M("dana", subject="AW: WG: Ridge 2")], "A B?"),
    "the same subject of somebody else": ([M("dana"), M("lev")], "A B"),
    "no subject at all": ([M("dana", subject=""), M("dana", subject="")], "A B"),
    "a short subject tells nothing": ([M("dana", subject="Hi"), M("dana", subject="Re: Hi")], "A B"),
    "another subject with the old references": ([M("dana"), us(0), M("dana", irt=1, subject="A new matter")], "A A A"),
    "a resolved thread is reopened": ([M("dana"), us(0, resolve=True), M("dana", irt=1)], "A A A"),
    "an answer to a plus-address": ([M("dana"), M("dana", to="{plus:0}", subject="Other")], "A A"),
    "an answer to a reply-address": ([M("dana"), M("dana", to="{reply:0}", subject="Other")], "A A"),
    "a plus-address of nothing": (
        [M("dana"), M("dana", to="desk+0d5f7a44-1111-4222-8333-444455556666@fernway.example", subject="Other")],
        "A B",
    ),
    "a plus-address used by a stranger": ([M("dana"), M("eve", to="{plus:0}")], "A B?"),
    "a colleague in copy answers all": ([M("dana", cc="lev@home.example"), us(0), M("lev", irt=1)], "A A A"),
    "a colleague in To answers": ([M("dana", to=f"{DESK}, lev@home.example"), M("lev", irt=0)], "A A"),
    "the agent brings somebody in": (
        [
            M("dana"),
            us(0, attributes={"to_emails": ["dana@home.example"], "cc_emails": ["lev@home.example"]}),
            M("lev", irt=1),
        ],
        "A A A",
    ),
    "somebody in blind copy answers": (
        [
            M("dana"),
            us(0, attributes={"to_emails": ["dana@home.example"], "bcc_emails": ["lev@home.example"]}),
            M("lev", irt=1),
        ],
        "A A A",
    ),
    "forwarded to a colleague who answers us": ([M("dana"), us(0), M("lev", irt=1, refs=[0, 1])], "A A B?"),
    "forwarded, and both go on": (
        [M("dana"), us(0), M("lev", irt=1), M("dana", irt=1), M("lev", irt=2)],
        "A A B? A B",
    ),
    "a stranger with our token": ([M("dana"), us(0), M("eve", irt=1)], "A A B?"),
    "a stranger with a forged token": ([M("dana"), us(0), M("eve", irt="{forged:1}")], "A A B"),
    "a customer with a token that was changed": (
        [M("dana"), us(0), M("dana", irt="{forged:1}", subject="Other")],
        "A A B",
    ),
    "a stranger with a known id": ([M("dana"), M("eve", irt=0)], "A B?"),
    "two customers answer one newsletter": (
        [M("dana", irt="bulk-7@news.example"), M("lev", irt="bulk-7@news.example")],
        "A B",
    ),
    "one customer answers a newsletter twice": (
        [M("dana", irt="bulk-7@news.example"), M("dana", irt="bulk-7@news.example")],
        "A A",
    ),
    "the newsletter came to us too": (
        [
            M("news", id="bulk-7@news.example", headers=LIST),
            M("dana", irt="bulk-7@news.example"),
            M("lev", irt="bulk-7@news.example"),
        ],
        "A B? C?",
    ),
    "a mailing to a visible crowd": (
        [M("news", to=f"{DESK}, {CROWD}, dana@home.example"), M("dana", irt=0)],
        "A B?",
    ),
    "the answer is quicker than what it answers": (
        [
            M("lev", irt="late@home.example", cc="dana@home.example"),
            M("dana", id="late@home.example", cc="lev@home.example"),
        ],
        "A A",
    ),
    "the answer of a stranger to them is quicker": (
        [M("eve", irt="late@home.example"), M("dana", id="late@home.example")],
        "A B",
    ),
    "a taken Message-ID with other words": (
        [M("dana", id="same@home.example"), M("dana", id="same@home.example", text="Other words")],
        "A A",
    ),
    "a stranger takes a Message-ID": (
        [M("dana", id="same@home.example"), M("eve", id="same@home.example", text="Mine")],
        "A B?",
    ),
    "the same mail twice": ([M("dana", id="same@home.example"), M("dana", id="same@home.example")], "A A"),
    "mails without any id": ([M("dana", id="-"), M("dana", id="-", text="Second", subject="Other")], "A B"),
    "an out-of-office of who we wrote to": (
        [
            M("dana"),
            us(0),
            M("dana", irt=1, subject="Automatic reply: Ridge 2", headers={"Auto-Submitted": "auto-replied"}),
        ],
        "A A A",
    ),
    "an out-of-office without references": (
        [M("dana"), us(0), M("dana", subject="Automatic reply: Ridge 2", headers={"Auto-Submitted": "auto-replied"})],
        "A A B",
    ),
    "an answer by another address of theirs": (
        [M("dana"), us(0), M("dana", irt=1, headers={"Reply-To": "dana@work.example"})],
        "A A B?",
    ),
    "a stranger who asks for answers to the customer": (
        [M("dana"), us(0), M("eve", irt=1, headers={"Reply-To": "dana@home.example"})],
        "A A B?",
    ),
    "answers to another address of the same house": (
        [M("dana", cc="team@home.example"), us(0), M("dana", irt=1, headers={"Reply-To": "team@home.example"})],
        "A A A",
    ),
    "references that are cut in the middle": ([M("dana"), us(0), us(0), M("dana", refs=["<", 2])], "A A A A"),
    "references to two threads of two people": ([M("dana"), M("lev"), M("dana", refs=[0, 1])], "A B A"),
    "a loop of references": (
        [M("dana", id="a@x.example", refs=["b@x.example"]), M("dana", id="b@x.example", refs=["a@x.example"])],
        "A A",
    ),
}


class Post:
    """One inbox, and the mails that come to it."""

    def __init__(self, cast: Cast, number: int = 0) -> None:
        self.cast = cast
        self.desk = DESK.replace("@", f"{number}@")
        inbox = Inbox(account_id=cast.account_id, name="Mail", channel="email", address=self.desk)
        db.session.add(inbox)
        db.session.flush()
        self.inbox = inbox
        self.ids: list[str] = []
        self.messages: list[Message] = []

    def goes_through(self, step: Step, number: int) -> None:
        if step.who == "us":
            conversation = self.messages[step.of].conversation
            said = conversation.reply("Our answer", by=bob(self.cast).actor, content_attributes=dict(step.attributes))
            db.session.flush()
            if step.resolve:
                conversation.resolve(by=bob(self.cast).actor)
            self.messages.append(said)
            self.ids.append(addressed(said).message_id)
            return
        own_id = "" if step.id == "-" else step.id or f"m{number}@home.example"
        raw = self._mail(step, own_id).as_bytes()
        letter = Letter(
            account_id=self.cast.account_id, inbox_id=self.inbox.id, sender=step.who, key=f"{number}", raw=raw
        )
        db.session.add(letter)
        db.session.flush()
        receive_letter(self.cast.account_id, letter.id)
        assert letter.message_id
        assert letter_key(raw)
        self.messages.append(db.session.get_one(Message, (self.cast.account_id, letter.message_id)))
        self.ids.append(own_id)

    def _mail(self, step: Step, own_id: str) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"], mail["Subject"] = PEOPLE[step.who], self._filled(step.to), step.subject
        if step.cc:
            mail["Cc"] = step.cc
        mail["Date"] = "Tue, 3 Mar 2026 10:12:33 +0100"
        if own_id:
            mail["Message-ID"] = f"<{own_id}>"
        if step.irt is not None:
            mail["In-Reply-To"] = f"<{self._id(step.irt)}>"
        if step.refs:
            mail["References"] = " ".join(f"<{self._id(each)}>" for each in step.refs)
        for name, value in step.headers.items():
            mail[name] = value
        mail.set_content(step.text)
        return mail

    def _id(self, named: int | str) -> str:
        return self.ids[named] if isinstance(named, int) else self._filled(named)

    def _filled(self, text: str) -> str:
        if text.startswith("{plus:"):
            return mail_ids.plus_address(self.desk, self.messages[int(text[6:-1])].conversation.uuid)
        if text.startswith("{reply:"):
            return f"reply+{self.messages[int(text[7:-1])].conversation.uuid}@in.fernway.example"
        if text.startswith("{forged:"):
            ours = self.ids[int(text[8:-1])]
            return ours.replace(ours.split(".")[1][:32], "0" * 32)
        return text.replace(DESK, self.desk)

    @property
    def threads(self) -> str:
        names: dict[int, str] = {}
        told: list[str] = []
        for message in self.messages:
            is_new = message.conversation_id not in names
            name = names.setdefault(message.conversation_id, "ABCDEFG"[len(names)])
            maybe = is_new and "maybe_continues" in message.conversation.additional_attributes
            told.append(name + ("?" if maybe else ""))
        return " ".join(told)


def test_there_are_enough_shapes() -> None:
    assert len(SHAPES) >= 40


@pytest.mark.parametrize("first", range(0, len(SHAPES), 10))
def test_a_thread_is_what_a_person_would_make_of_it(cast: Cast, first: int) -> None:
    wrong = {}
    for place in range(first, min(first + 10, len(SHAPES))):
        shape = list(SHAPES)[place]
        steps, wanted = SHAPES[shape]
        with transaction(cast.account_id):
            # Inboxes of one account, with the same people and the same ids in each.
            post = Post(cast, place)
            for number, step in enumerate(steps):
                post.goes_through(step, number)
            if post.threads != wanted:
                wrong[shape] = f"{post.threads}, not {wanted}"
            _nobody_reads_what_is_not_theirs(cast)
    assert not wrong


def _nobody_reads_what_is_not_theirs(cast: Cast) -> None:
    """Whoever speaks in a conversation is its customer, or was written to or named in it before."""
    for conversation in db.session.scalars(select(Conversation).where(Conversation.account_id == cast.account_id)):
        known = {conversation.contact.email}
        for message in conversation.messages_before(None, 50):
            email = message.content_attributes.get("email") or {}
            if message.is_incoming and message.sender_contact:
                assert message.sender_contact.email in known
            known |= {*email.get("to", ()), *email.get("cc", ()), *email.get("from", ())}
            chosen = message.content_attributes
            known |= {*chosen.get("to_emails", ()), *chosen.get("cc_emails", ()), *chosen.get("bcc_emails", ())}


def test_another_inbox_is_never_joined(cast: Cast) -> None:
    with transaction(cast.account_id):
        post = Post(cast)
        post.goes_through(M("dana"), 0)
        post.goes_through(us(0), 1)
        other = Inbox(account_id=cast.account_id, name="Other", channel="email", address="other@fernway.example")
        db.session.add(other)
        db.session.flush()
        post.inbox = other
        post.goes_through(M("dana", irt=1, refs=[0, 1], to="other@fernway.example"), 2)
        assert post.threads == "A A B"
        assert len(set(db.session.scalars(select(Contact.id).where(Contact.email == "dana@home.example")))) == 1


def test_a_suggestion_says_why(cast: Cast) -> None:
    with transaction(cast.account_id):
        post = Post(cast)
        for number, step in enumerate([M("dana"), us(0), M("eve", irt=1)]):
            post.goes_through(step, number)
        kept = post.messages[2].conversation.additional_attributes
        assert kept["maybe_continues"] == post.messages[0].conversation.display_id
        assert "eve@evil.example" in kept["maybe_continues_why"]
