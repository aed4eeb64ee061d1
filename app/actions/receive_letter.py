"""Makes of a letter what it says: messages, receipts, edits; what cannot be understood is shown as such."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from app.actions.keep import work_through
from app.actions.learn import Unknown, learn
from app.actions.letters_ahead import facts_of, held_letter, inbox_of, known_message
from app.actions.meet import meet_person
from app.actions.receive import receive
from app.actions.thread_mail import place, remember
from app.channels.base import Echo, Fact, Inbound, Media, Person, Unsupported
from app.errors import TooMany
from app.lib import clock
from app.lib.database import db
from app.lib.queue import NotYet, Queue, later
from app.lib.storable import storable
from app.lib.storage import Stored
from app.models.attachment import Attachment
from app.models.contact import ContactInbox
from app.models.conversation import Conversation
from app.models.inbox import Inbox
from app.models.letter import Letter
from app.models.message import MAX_CONTENT, Message
from app.models.message_part import MessagePart

log = logging.getLogger(__name__)

# Names of facts within their letters, so that a letter worked through twice says everything once.
FACTS = UUID("5f0b6f62-7d7c-4e8e-9d52-1f1f0b6c7a11")
MOST_ATTACHMENTS = 100
# A receipt may come before what it tells of; after this long it tells of nothing of ours.
WAIT_SECONDS = 3600
# What a provider tells us of our own message may be quicker than its answer to us.
ECHO_WAIT_SECONDS = 60


def receive_letter(account_id: int, letter_id: int) -> None:
    """Inside work: all that a letter says, or nothing of it. Raises NotYet past 200 messages a minute."""
    letter = held_letter(account_id, letter_id)
    if letter is None or letter.state in ("received", "ignored"):
        return
    inbox = inbox_of(account_id, letter.inbox_id)
    facts = facts_of(inbox, letter)
    state = "received" if facts else "ignored"
    error = ""
    for number, fact in enumerate(facts):
        try:
            _take(inbox, letter, fact, number)
        except Unknown as unknown:
            state, error = _wait(letter), str(unknown)
        except TooMany as many:
            raise NotYet(many.message, seconds=many.retry_after) from many
    letter.state, letter.error = state, error or None
    letter.settled_at = None if state == "waiting" else clock.now()


def _take(inbox: Inbox, letter: Letter, fact: Fact, number: int) -> None:
    if isinstance(fact, Inbound):
        message: Message | None = _say(inbox, letter, fact, number)
    elif isinstance(fact, Unsupported):
        message = _say(inbox, letter, _unsupported(letter, fact), number)
    elif isinstance(fact, Echo):
        message = _echo(inbox, letter, fact, number)
    else:
        message = learn(inbox, fact)
    if message is not None:
        letter.message_id = message.id


def _say(inbox: Inbox, letter: Letter, inbound: Inbound, number: int) -> Message:
    session = meet_person(inbox, inbound.sender or Person(letter.sender))
    inbound, is_new = _fit(letter, inbound, number)
    into: Conversation | None = None
    suggested: Mapping[str, Any] = {}
    if inbound.mail:
        into, suggested = place(inbox, session, inbound.mail)
    message = receive(
        session,
        inbound,
        begun_with={**inbound.begun_with, **suggested},
        into=into,
        anew=inbound.mail is not None and into is None,
        is_new=is_new,
    )
    if inbound.mail:
        remember(message, inbound.mail)
    _fetch_media(message, letter, inbound.attachments)
    return message


def _echo(inbox: Inbox, letter: Letter, echo: Echo, number: int) -> Message | None:
    """What a colleague said by another program stands in the thread as ours."""
    if _is_known(inbox, echo.source_id):
        return None
    session = meet_person(inbox, echo.recipient)
    if not echo.mail and _is_being_sent(session) and _age(letter) < ECHO_WAIT_SECONDS:
        raise NotYet("One of ours to them is on its way: this may be its echo.", seconds=2)
    into = place(inbox, session, echo.mail)[0] if echo.mail else None
    conversation = Conversation.continue_or_start(
        session, into=into, anew=echo.mail is not None and into is None, thread=echo.thread
    )
    message = conversation.note_said_elsewhere(
        storable(echo.content)[:MAX_CONTENT],
        client_id=_name(letter, number),
        source_id=echo.source_id or None,
        attachments=list(echo.attachments)[:MOST_ATTACHMENTS],
        provider_at=echo.provider_at or letter.provider_at,
    )
    if echo.mail:
        remember(message, echo.mail)
    _fetch_media(message, letter, echo.attachments)
    return message


def _is_being_sent(session: ContactInbox) -> bool:
    return bool(
        db.session.scalar(
            select(Message.id)
            .join(
                Conversation,
                (Conversation.account_id == Message.account_id) & (Conversation.id == Message.conversation_id),
            )
            .where(
                Conversation.account_id == session.account_id,
                Conversation.contact_inbox_id == session.id,
                Message.status == "sending",
            )
            .limit(1)
        )
    )


def _age(letter: Letter) -> float:
    return (clock.now() - letter.received_at).total_seconds()


def _fit(letter: Letter, inbound: Inbound, number: int) -> tuple[Inbound, bool]:
    """As it can be kept: within our limits, under a name that is the same whenever the letter is worked through.

    And whether it is new for sure: a letter that was worked through once is not worked through again, so that only its
    provider's id can have been seen before.
    """
    attributes = dict(storable(dict(inbound.content_attributes)))
    if len(inbound.content) > MAX_CONTENT:
        attributes["is_cut"] = True
    media = list(inbound.attachments)
    if len(media) > MOST_ATTACHMENTS:
        attributes["left_out"] = [each.filename for each in media[MOST_ATTACHMENTS:] if isinstance(each, Media)][:1000]
    known = known_message(letter, inbound.source_id) if inbound.source_id else None
    taken = known is not None and not _is_theirs(known, letter)
    attributes |= {"letter_id": letter.id}
    fit = replace(
        inbound,
        content=storable(inbound.content)[:MAX_CONTENT],
        processed_content=None
        if inbound.processed_content is None
        else storable(inbound.processed_content)[:MAX_CONTENT],
        client_id=_name(letter, number)
        if taken or not inbound.source_id
        else str(uuid5(FACTS, f"{letter.inbox_id} {inbound.source_id}")),
        source_id=None if taken else inbound.source_id,
        content_attributes=attributes,
        attachments=media[:MOST_ATTACHMENTS],
        provider_at=inbound.provider_at or letter.provider_at,
        is_odd=inbound.is_odd or not inbound.content.strip(),
    )
    return fit, known is None and letter.message_id is None


def _name(letter: Letter, number: int) -> str:
    return str(uuid5(FACTS, f"{letter.inbox_id} {letter.key} {number}"))


def _is_theirs(known: Message, letter: Letter) -> bool:
    """Else it is a message of another sender, or of ours, that has this id already: senders of mail are careless with them."""
    return known.is_incoming and known.conversation.contact_inbox.source_id == letter.sender


def _is_known(inbox: Inbox, source_id: str) -> bool:
    message = select(Message.id).where(
        Message.account_id == inbox.account_id, Message.inbox_id == inbox.id, Message.source_id == source_id
    )
    part = select(MessagePart.message_id).where(
        MessagePart.account_id == inbox.account_id, MessagePart.inbox_id == inbox.id, MessagePart.source_id == source_id
    )
    return bool(source_id) and (db.session.scalar(message) or db.session.scalar(part)) is not None


def _unsupported(letter: Letter, fact: Unsupported) -> Inbound:
    return Inbound(
        "",
        source_id=fact.source_id,
        content_attributes={"is_unsupported": True, "unsupported": fact.what[:300]},
        provider_at=fact.provider_at,
        sender=fact.sender or Person(letter.sender, proof="typed"),
        is_odd=True,
    )


def _wait(letter: Letter) -> str:
    """Look again after as long as it has waited already; when it has waited for long, it tells of nothing of ours."""
    age = _age(letter)
    if age > WAIT_SECONDS:
        return "ignored"
    later(
        "receive_letter",
        letter.account_id,
        letter.id,
        queue=Queue.INBOUND,
        run_at=clock.now() + timedelta(seconds=max(1.0, age)),
        share=f"{letter.account_id}:{letter.inbox_id}",
    )
    return "waiting"


def _fetch_media(message: Message, letter: Letter, given: Sequence[Stored | Media]) -> None:
    if not any(isinstance(each, Media) and each.ref is not None for each in given):
        return
    pending = db.session.scalars(
        select(Attachment).where(
            Attachment.account_id == message.account_id,
            Attachment.message_id == message.id,
            Attachment.state == "pending",
            Attachment.letter_id.is_(None),
        )
    )
    for attachment in pending:
        attachment.letter_id = letter.id
        attachment.wish_fetch(letter.inbox_id)


def receive_again(letter: Letter) -> None:
    """Work through a letter that was ignored, or whose work was parked, once more."""
    letter.state = "kept"
    work_through(letter.account_id, letter.inbox_id, letter.id, letter.sender)
