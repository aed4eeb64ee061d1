"""Finds the conversation that a mail belongs to: by what it refers to, and only for those who take part in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from app.channels.base import Mail
from app.lib import ahead, clock, mail_ids
from app.lib.database import db
from app.models.contact import ContactInbox
from app.models.conversation import Conversation
from app.models.inbox import Inbox
from app.models.mail_reference import MailReference
from app.models.message import Message
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


# Mails that went out under an id which the provider gave them come first.
WHERE_IDS_LEAD = text("""
    select header_id, conversation_id, is_its_own from (
      select m.source_id as header_id, m.conversation_id, true as is_its_own, 1 as rank, m.id as at from messages m
      where m.account_id = :account_id and m.inbox_id = :inbox_id and m.source_id = any(:ids)
        and m.message_type <> 'incoming'
      union all
      select p.source_id, m.conversation_id, true, 1, m.id
      from message_parts p join messages m on m.account_id = p.account_id and m.id = p.message_id
      where p.account_id = :account_id and p.inbox_id = :inbox_id and p.source_id = any(:ids)
      union all
      (select r.header_id, r.conversation_id,
         coalesce(m.content_attributes #>> '{email,message_id}' = r.header_id, false), 2, r.id
       from mail_references r join messages m on m.account_id = r.account_id and m.id = r.message_id
       where r.account_id = :account_id and r.inbox_id = :inbox_id and r.header_id = any(:ids)
       order by r.id desc limit 500)
    ) as led order by rank, at desc
""")
# What is looked up ahead: by inbox, where ids lead.
PLACES = "places of mails"
Places = dict[str, list[tuple[int, bool]]]


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
    known = _remembered(message, ids) if message.sequence > 1 else set()
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
    places = ahead.get(PLACES, message.inbox_id)
    if places is not ahead.UNKNOWN:
        for each in ids:
            if each in places and each not in known:
                places[each].insert(0, (message.conversation_id, each == mail.message_id))


def _remembered(message: Message, ids: Sequence[str]) -> set[str]:
    """Those that lead to its conversation already."""
    return set(
        db.session.scalars(
            select(MailReference.header_id).where(
                MailReference.account_id == message.account_id,
                MailReference.inbox_id == message.inbox_id,
                MailReference.conversation_id == message.conversation_id,
                MailReference.header_id.in_(ids),
            )
        )
    )


def bare_subject(subject: str) -> str:
    """A subject without `Re:`, `AW:` and the like, in lower case."""
    return " ".join(_PREFIX.sub("", subject, count=1).lower().split())


def _suggestion(conversation: Conversation, why: str) -> dict[str, Any]:
    return {"maybe_continues": conversation.display_id, "maybe_continues_why": why}


def _candidates(inbox: Inbox, mail: Mail) -> Iterator[_Candidate]:
    """Conversations of this inbox that the mail refers to, the surest first, each once."""
    ids = _ids_of(mail)
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
    yield from _known(inbox, ids)


def _named(inbox: Inbox, uuid: UUID) -> Conversation | None:
    return db.session.scalar(
        select(Conversation).where(
            Conversation.account_id == inbox.account_id, Conversation.inbox_id == inbox.id, Conversation.uuid == uuid
        )
    )


def _known(inbox: Inbox, ids: list[str]) -> Iterator[_Candidate]:
    found = _looked_up(inbox, ids)
    for header_id in ids:
        for conversation_id, is_its_own in found.get(header_id, []):
            conversation = db.session.get(Conversation, (inbox.account_id, conversation_id))
            if conversation is not None:
                yield _Candidate(conversation, is_sure=is_its_own)


def _looked_up(inbox: Inbox, ids: list[str]) -> Places:
    known = ahead.get(PLACES, inbox.id)
    if known is not ahead.UNKNOWN and known.keys() >= set(ids):
        found: Places = known
        return found
    return _by_id(inbox, ids) if ids else {}


def look_up_places(inbox: Inbox, mails: Sequence[Mail]) -> None:
    """Look up together where the mails of a batch may belong to; `remember` adds to it what is said in the batch itself."""
    ids = {each[:LONGEST_ID] for mail in mails for each in _ids_of(mail)}
    found = _by_id(inbox, ids)
    ahead.put(PLACES, inbox.id, {each: found.get(each, []) for each in ids})


def _ids_of(mail: Mail) -> list[str]:
    """Its own id, too: it is known where a mail that answers it was quicker."""
    answered = list(dict.fromkeys([*mail.in_reply_to, *reversed(mail.references)]))[:MOST_IDS]
    return [*answered, *([mail.message_id] if mail.message_id else [])]


def _by_id(inbox: Inbox, ids: Iterable[str]) -> Places:
    """For each id the conversations it leads to, the newest first, and whether it is the id of a mail in them."""
    wanted = {"account_id": inbox.account_id, "inbox_id": inbox.id, "ids": [each[:LONGEST_ID] for each in ids]}
    found: Places = {}
    for header_id, conversation_id, is_its_own in db.session.execute(WHERE_IDS_LEAD, wanted):
        found.setdefault(header_id, []).append((conversation_id, is_its_own))
    return found


def _with_same_subject(session: ContactInbox, mail: Mail) -> Conversation | None:
    """Their latest conversation of the last two weeks under the same subject: likely, but no more than that."""
    subject = bare_subject(mail.subject)
    if len(subject) < SHORTEST_SUBJECT or mail.is_list or mail.is_automatic:
        return None
    theirs = db.session.execute(
        select(
            Conversation.id,
            func.coalesce(
                func.nullif(Conversation.additional_attributes["mail_subject"].astext, ""), Conversation.subject, ""
            ),
        )
        .where(
            Conversation.account_id == session.account_id,
            Conversation.inbox_id == session.inbox_id,
            Conversation.contact_id == session.contact_id,
            Conversation.last_activity_at > clock.now() - timedelta(days=SAME_SUBJECT_DAYS),
        )
        .order_by(Conversation.last_activity_at.desc())
        .limit(50)
    )
    found = next((id_ for id_, said in theirs if bare_subject(str(said)) == subject), None)
    return db.session.get(Conversation, (session.account_id, found)) if found else None
