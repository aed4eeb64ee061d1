"""Finds the conversation that a mail belongs to: by what it refers to, and only for those who take part in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.channels.base import Mail
from app.lib import clock, mail_ids
from app.lib.database import db
from app.models.contact import ContactInbox
from app.models.conversation import Conversation
from app.models.inbox import Inbox
from app.models.mail_reference import MailReference
from app.models.message import Message, MessageType
from app.models.message_part import MessagePart
from app.queries.mail_participants import participants, takes_part
from app.queries.mail_recipients import is_own

MOST_IDS = 50
MOST_REMEMBERED = 12
LONGEST_ID = 998
SAME_SUBJECT_DAYS = 14
SHORTEST_SUBJECT = 4

_PREFIX = re.compile(
    r"(?:\s*(?:re|r|fwd?|aw|wg|sv|vs|vl|antw|doorst|tr|rv|res|enc|odp|pd|ynt|ilt|回复|答复|转发|回覆|轉寄|返信)\s*(?:\[\d+\])?\s*[:：])+\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Candidate:
    """A conversation that a mail refers to; `is_sure` when the reference is to a mail of that conversation itself."""

    conversation: Conversation
    is_sure: bool


def place(inbox: Inbox, session: ContactInbox, mail: Mail) -> tuple[Conversation | None, dict[str, Any]]:
    """The conversation in which `session` goes on with this mail, or nothing for a new one, and what a new one is to keep.

    In this order: our own sealed Message-IDs in its references, an address of ours that names a conversation, the ids of
    mails known to this inbox, the latest first. Who does not take part in what is found never joins it: they begin a new
    conversation, which keeps `maybe_continues` (a display id) and `maybe_continues_why`. So does one that has only its
    subject and its sender in common with another.
    """
    strangers_to: Conversation | None = None
    for candidate in _candidates(inbox, mail):
        if takes_part(session, candidate.conversation) and _speaks_there(session, mail, candidate.conversation):
            return candidate.conversation, {}
        if candidate.is_sure and strangers_to is None:
            strangers_to = candidate.conversation
    if strangers_to is not None:
        why = f"{session.source_id} answers to conversation #{strangers_to.display_id}, but took no part in it."
        return None, _suggestion(strangers_to, why)
    if similar := _with_same_subject(session, mail):
        why = f"{session.source_id} wrote conversation #{similar.display_id} under the same subject."
        return None, _suggestion(similar, why)
    return None, {}


def _speaks_there(session: ContactInbox, mail: Mail, conversation: Conversation) -> bool:
    """Whether who wrote the mail may speak as whom it is to be answered to: anybody can write any address into Reply-To."""
    author, answered = mail.sender.lower(), session.source_id.lower()
    return (
        author in ("", answered)
        or author.rpartition("@")[2] == answered.rpartition("@")[2]
        or is_own(author, conversation.inbox)
        or author in participants(conversation)
    )


def remember(message: Message, mail: Mail) -> None:
    """Note which Message-IDs lead to this message: its own, and those it answers, so that late and lost mails are found."""
    own = [mail.message_id] if mail.message_id else []
    named = [*own, *mail.in_reply_to, *reversed(list(mail.references)[-MOST_REMEMBERED:])][:MOST_REMEMBERED]
    ids = list(dict.fromkeys(each[:LONGEST_ID] for each in named if each))
    db.session.flush()
    known = set(
        []
        if message.sequence == 1
        else db.session.scalars(
            select(MailReference.header_id).where(
                MailReference.account_id == message.account_id,
                MailReference.inbox_id == message.inbox_id,
                MailReference.conversation_id == message.conversation_id,
                MailReference.header_id.in_(ids),
            )
        )
    )
    db.session.add_all(
        MailReference(
            account_id=message.account_id,
            inbox_id=message.inbox_id,
            conversation_id=message.conversation_id,
            message_id=message.id,
            header_id=each,
        )
        for each in ids
        if each not in known
    )


def bare_subject(subject: str) -> str:
    """A subject without `Re:`, `AW:` and the like, in lower case."""
    return " ".join(_PREFIX.sub("", subject, count=1).lower().split())


def _suggestion(conversation: Conversation, why: str) -> dict[str, Any]:
    return {"maybe_continues": conversation.display_id, "maybe_continues_why": why}


def _candidates(inbox: Inbox, mail: Mail) -> Iterator[_Candidate]:
    """Conversations of this inbox that the mail refers to, the surest first, each once."""
    ids = list(dict.fromkeys([*mail.in_reply_to, *reversed(mail.references)]))[:MOST_IDS]
    seen: set[int] = set()
    for candidate in _all_candidates(inbox, mail, ids):
        if candidate.conversation.id not in seen:
            seen.add(candidate.conversation.id)
            yield candidate


def _all_candidates(inbox: Inbox, mail: Mail, ids: list[str]) -> Iterator[_Candidate]:
    sealed = [ours.conversation_uuid for each in ids if (ours := mail_ids.read(each))]
    plus = [uuid for each in (*mail.delivered_to, *mail.recipients[:200]) if (uuid := mail_ids.conversation_in(each))]
    for uuid in (*sealed, *plus[:MOST_IDS]):
        if conversation := _named(inbox, uuid):
            yield _Candidate(conversation, is_sure=True)
    # Its own id is known where a mail that answers it was quicker.
    yield from _known(inbox, [*ids, *([mail.message_id] if mail.message_id else [])])


def _named(inbox: Inbox, uuid: UUID) -> Conversation | None:
    return db.session.scalar(
        select(Conversation).where(
            Conversation.account_id == inbox.account_id, Conversation.inbox_id == inbox.id, Conversation.uuid == uuid
        )
    )


def _known(inbox: Inbox, ids: list[str]) -> Iterator[_Candidate]:
    found = _by_id(inbox, ids) if ids else {}
    for header_id in ids:
        for conversation_id, is_its_own in found.get(header_id, []):
            conversation = db.session.get(Conversation, (inbox.account_id, conversation_id))
            if conversation is not None:
                yield _Candidate(conversation, is_sure=is_its_own)


def _by_id(inbox: Inbox, ids: Iterable[str]) -> dict[str, list[tuple[int, bool]]]:
    """For each id the conversations it leads to, the newest first, and whether it is the id of a mail in them."""
    wanted = [each[:LONGEST_ID] for each in ids]
    rows = db.session.execute(
        select(
            MailReference.header_id,
            MailReference.conversation_id,
            Message.content_attributes["email"]["message_id"].astext == MailReference.header_id,
        )
        .join(Message, (Message.account_id == MailReference.account_id) & (Message.id == MailReference.message_id))
        .where(
            MailReference.account_id == inbox.account_id,
            MailReference.inbox_id == inbox.id,
            MailReference.header_id.in_(wanted),
        )
        .order_by(MailReference.id.desc())
        .limit(500)
    )
    found: dict[str, list[tuple[int, bool]]] = {}
    for header_id, conversation_id, is_its_own in rows:
        found.setdefault(header_id, []).append((conversation_id, bool(is_its_own)))
    for header_id, conversation_id in _sent(inbox, wanted):
        found.setdefault(header_id, []).insert(0, (conversation_id, True))
    return found


def _sent(inbox: Inbox, ids: list[str]) -> Iterator[tuple[str, int]]:
    """Mails that went out under an id which the provider gave them."""
    whole = select(Message.source_id, Message.conversation_id).where(
        Message.account_id == inbox.account_id,
        Message.inbox_id == inbox.id,
        Message.message_type != MessageType.INCOMING,
        Message.source_id.in_(ids),
    )
    parts = (
        select(MessagePart.source_id, Message.conversation_id)
        .join(Message, (Message.account_id == MessagePart.account_id) & (Message.id == MessagePart.message_id))
        .where(
            MessagePart.account_id == inbox.account_id, MessagePart.inbox_id == inbox.id, MessagePart.source_id.in_(ids)
        )
    )
    for query in (whole, parts):
        for source_id, conversation_id in db.session.execute(query):
            if source_id:
                yield source_id, conversation_id


def _with_same_subject(session: ContactInbox, mail: Mail) -> Conversation | None:
    """Their latest conversation of the last two weeks under the same subject: likely, but no more than that."""
    subject = bare_subject(mail.subject)
    if len(subject) < SHORTEST_SUBJECT or mail.is_list or mail.is_automatic:
        return None
    theirs = db.session.scalars(
        select(Conversation)
        .where(
            Conversation.account_id == session.account_id,
            Conversation.inbox_id == session.inbox_id,
            Conversation.contact_id == session.contact_id,
            Conversation.last_activity_at > clock.now() - timedelta(days=SAME_SUBJECT_DAYS),
        )
        .order_by(Conversation.last_activity_at.desc())
        .limit(50)
    )
    subjects = ((each, str(each.additional_attributes.get("mail_subject") or each.subject or "")) for each in theirs)
    return next((each for each, said in subjects if bare_subject(said) == subject), None)
