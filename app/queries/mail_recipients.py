"""To whom an answer by mail goes: everybody of the mail that is answered, but ourselves; nobody else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.lib import mail_ids
from app.lib.database import db
from app.models.conversation import Conversation
from app.models.inbox import Inbox
from app.models.message import Message, MessageType
from app.queries.mail_participants import addresses_in


@dataclass(frozen=True)
class Recipients:
    """Addresses in lower case, each once in all three together."""

    to: Sequence[str] = ()
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()

    @property
    def count(self) -> int:
        return len(self.to) + len(self.cc) + len(self.bcc)


def reply_all(conversation: Conversation, answered: Message | None = None) -> Recipients:
    """Exactly (Reply-To, else From, + To + Cc) of the mail that is answered, minus ourselves; by default the customer's last.

    Where the customer has written no mail: whom our last one went to, else the customer.
    """
    answered = answered or last_mail(conversation)
    if answered is None:
        return _as_before(conversation)
    email = answered.content_attributes.get("email") or {}
    return among(email, conversation.inbox, fallback=_customer(conversation))


def among(email: dict[str, Any], inbox: Inbox, fallback: str = "") -> Recipients:
    """As `reply_all`, of what is kept of a mail. `fallback` is answered where only ourselves would be left."""
    original = addresses_in((email.get("headers") or {}).get("x-original-sender"))
    authors = next(
        (
            others
            for some in (addresses_in(email.get("reply_to")), addresses_in(email.get("from")), original)
            if (others := [each for each in dict.fromkeys(some) if not is_own(each, inbox)])
        ),
        [],
    )
    recipients = dict.fromkeys([*addresses_in(email.get("to")), *addresses_in(email.get("cc"))])
    cc = [each for each in recipients if each not in authors and not is_own(each, inbox)]
    if authors or cc:
        return Recipients(authors, cc) if authors else Recipients(cc)
    return Recipients([fallback] if fallback else [])


def is_own(address: str, inbox: Inbox) -> bool:
    """Whether mail to `address` comes to this inbox: its own address, its aliases, with or without a plus."""
    local, _, domain = address.lower().rpartition("@")
    bare = f"{local.partition('+')[0]}@{domain}"
    return {address.lower(), bare} & own_addresses(inbox) != set() or (
        local.startswith("reply+") and mail_ids.conversation_in(address) is not None
    )


def own_addresses(inbox: Inbox) -> set[str]:
    aliases = inbox.channel_settings.get("aliases")
    return {inbox.address.lower(), *addresses_in(aliases)}


def last_mail(conversation: Conversation, before: int | None = None) -> Message | None:
    """The customer's last mail, of those before the message with the sequence `before`."""
    query = select(Message).where(
        Message.account_id == conversation.account_id,
        Message.conversation_id == conversation.id,
        Message.message_type == MessageType.INCOMING,
        Message.content_attributes["email"].astext.is_not(None),
    )
    if before is not None:
        query = query.where(Message.sequence < before)
    return db.session.scalar(query.order_by(Message.sequence.desc()).limit(1))


def chosen(attributes: dict[str, Any]) -> Recipients | None:
    """Whom the agent chose, as it stands in a message's `content_attributes`; nothing when they chose nobody."""
    to, cc, bcc = (
        list(dict.fromkeys(addresses_in(attributes.get(name)))) for name in ("to_emails", "cc_emails", "bcc_emails")
    )
    if not to and not cc and not bcc:
        return None
    return Recipients(to, _without(cc, to), _without(bcc, [*to, *cc]))


def _as_before(conversation: Conversation) -> Recipients:
    """Whom our last mail went to, in a conversation that we began."""
    kept = db.session.scalars(
        select(Message.content_attributes)
        .where(
            Message.account_id == conversation.account_id,
            Message.conversation_id == conversation.id,
            Message.message_type == MessageType.OUTGOING,
            ~Message.private,
        )
        .order_by(Message.sequence.desc())
        .limit(20)
    )
    before = next((found for attributes in kept if (found := chosen(attributes)) and found.to), None)
    if before is not None:
        return Recipients(before.to, before.cc)
    customer = _customer(conversation)
    return Recipients([customer] if customer else [])


def _customer(conversation: Conversation) -> str:
    source_id = conversation.contact_inbox.source_id
    return (source_id if "@" in source_id else conversation.contact.email or "").lower()


def _without(some: Iterable[str], others: Sequence[str]) -> list[str]:
    return [each for each in some if each not in others]
