"""Looks up together what many letters will ask for: the letters, who wrote them, where they go on, what was said before."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import joinedload

from app.actions.keep import envelope_of
from app.actions.meet import SESSION
from app.actions.thread_mail import look_up_places
from app.channels.base import Fact, Inbound, Mail, Person, Unsupported
from app.lib import ahead
from app.lib.database import db
from app.models.contact import ContactInbox
from app.models.conversation import Conversation
from app.models.conversation.startable import LAST
from app.models.conversation.talkative import MESSAGE_IDS
from app.models.inbox import Inbox
from app.models.letter import Letter
from app.models.message import Message

log = logging.getLogger(__name__)

LETTER, FACTS, INBOX, SAID = "letter", "facts", "inbox", "said"
IDS = text("select nextval(pg_get_serial_sequence('messages', 'id')) from generate_series(1, :number)")


def look_up(args: Sequence[Sequence[Any]]) -> None:
    """Given the arguments of several runs of `receive_letter` in one account."""
    account_id = args[0][0]
    wanted = [letter_id for _, letter_id in args]
    held = select(Letter).where(Letter.account_id == account_id, Letter.id.in_(wanted)).order_by(Letter.id)
    letters = {letter.id: letter for letter in db.session.scalars(held.with_for_update())}
    for letter_id in wanted:
        ahead.put(LETTER, (account_id, letter_id), letters.get(letter_id))
    said = [
        (letter, fact)
        for letter in letters.values()
        if letter.state not in ("received", "ignored")
        for fact in facts_of(inbox_of(account_id, letter.inbox_id), letter)
        if isinstance(fact, Inbound | Unsupported)
    ]
    if len(said) < 2:
        return
    _sessions(account_id, said)
    _said_before(account_id, said)
    _places(account_id, said)
    ahead.put(MESSAGE_IDS, account_id, list(db.session.execute(IDS, {"number": len(said)}).scalars()))


def held_letter(account_id: int, letter_id: int) -> Letter | None:
    """The letter, held until the transaction ends."""
    found = ahead.get(LETTER, (account_id, letter_id))
    if found is ahead.UNKNOWN:
        found = db.session.scalar(
            select(Letter).where(Letter.account_id == account_id, Letter.id == letter_id).with_for_update()
        )
    letter: Letter | None = found
    return letter


def inbox_of(account_id: int, inbox_id: int) -> Inbox:
    """Held on to for the letters after this one: in a batch most are of the same inbox."""
    found = ahead.get(INBOX, (account_id, inbox_id))
    if found is ahead.UNKNOWN:
        found = db.session.get_one(Inbox, (account_id, inbox_id))
        ahead.put(INBOX, (account_id, inbox_id), found)
    inbox: Inbox = found
    return inbox


def facts_of(inbox: Inbox, letter: Letter) -> Sequence[Fact]:
    """What its channel makes of it. A channel that stumbles says so, and the letter is shown as unsupported."""
    facts = ahead.get(FACTS, letter.id)
    if facts is ahead.UNKNOWN:
        try:
            facts = inbox.opened().parse(envelope_of(letter))
        except Exception:
            log.exception("letter %s of inbox %s could not be parsed", letter.id, inbox.id)
            facts = [Unsupported("a message that could not be read", sender=Person(letter.sender, proof="typed"))]
        ahead.put(FACTS, letter.id, facts)
    read: Sequence[Fact] = facts
    return read


def known_message(letter: Letter, source_id: str) -> Message | None:
    """The message of this inbox that the provider calls so."""
    found = ahead.get(SAID, (letter.inbox_id, source_id))
    if found is ahead.UNKNOWN:
        found = db.session.scalar(
            select(Message).where(
                Message.account_id == letter.account_id,
                Message.inbox_id == letter.inbox_id,
                Message.source_id == source_id,
            )
        )
    message: Message | None = found
    return message


def _sessions(account_id: int, said: Sequence[tuple[Letter, Inbound | Unsupported]]) -> None:
    """Who wrote, and where they go on, all of it held until the transaction ends, in the order of their ids."""
    names = {(letter.inbox_id, (fact.sender or Person(letter.sender)).source_id) for letter, fact in said}
    theirs: dict[int, ContactInbox] = {}
    for inbox_id in sorted({inbox_id for inbox_id, _ in names}):
        wanted = {source_id for of, source_id in names if of == inbox_id}
        held = (
            select(ContactInbox)
            .where(
                ContactInbox.account_id == account_id,
                ContactInbox.inbox_id == inbox_id,
                ContactInbox.source_id.in_(wanted),
            )
            .options(joinedload(ContactInbox.contact))
            .order_by(ContactInbox.id)
            .with_for_update(of=ContactInbox)
            .execution_options(populate_existing=True)
        )
        for session in db.session.scalars(held):
            session.is_held()
            theirs[session.id] = session
            ahead.put(SESSION, (inbox_id, session.source_id), session)
    _last_conversations(account_id, theirs)


def _last_conversations(account_id: int, sessions: dict[int, ContactInbox]) -> None:
    latest = (
        select(func.max(Conversation.id))
        .where(
            Conversation.account_id == account_id,
            Conversation.contact_inbox_id.in_(sessions),
            Conversation.identifier.is_(None),
        )
        .group_by(Conversation.contact_inbox_id)
    )
    held = (
        select(Conversation)
        .where(Conversation.account_id == account_id, Conversation.id.in_(latest))
        .order_by(Conversation.id)
        .with_for_update(of=Conversation)
        .execution_options(populate_existing=True)
    )
    for conversation in db.session.scalars(held):
        conversation.is_held()
        ahead.put(LAST, (conversation.contact_inbox_id, ""), conversation)


def _places(account_id: int, said: Sequence[tuple[Letter, Inbound | Unsupported]]) -> None:
    mails: dict[int, list[Mail]] = {}
    for letter, fact in said:
        if isinstance(fact, Inbound) and fact.mail:
            mails.setdefault(letter.inbox_id, []).append(fact.mail)
    for inbox_id, of_inbox in mails.items():
        look_up_places(inbox_of(account_id, inbox_id), of_inbox)


def _said_before(account_id: int, said: Sequence[tuple[Letter, Inbound | Unsupported]]) -> None:
    for inbox_id in {letter.inbox_id for letter, _ in said}:
        ids = list(_source_ids(inbox_id, said))
        for source_id in ids:
            # Of two letters with one id, the second has to look for what the first became.
            ahead.put(SAID, (inbox_id, source_id), None if ids.count(source_id) == 1 else ahead.UNKNOWN)
        for message in db.session.scalars(
            select(Message).where(
                Message.account_id == account_id, Message.inbox_id == inbox_id, Message.source_id.in_(set(ids))
            )
        ):
            ahead.put(SAID, (inbox_id, message.source_id), message)


def _source_ids(inbox_id: int, said: Sequence[tuple[Letter, Inbound | Unsupported]]) -> Iterator[str]:
    for letter, fact in said:
        if letter.inbox_id == inbox_id and fact.source_id:
            yield fact.source_id
