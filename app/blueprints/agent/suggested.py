"""Whom the composer of a mail has written in it before anybody changes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.models.conversation import Conversation
from app.models.message import Message
from app.queries.mail_participants import addresses_in
from app.queries.mail_recipients import last_mail, own_addresses, reply_all


@dataclass(frozen=True)
class Suggested:
    """`known` are all who were on the mail that is answered, us too; `sender` wrote it, if it `answers` one."""

    to: Sequence[str]
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    known: Sequence[str] = ()
    sender: str = ""
    answers: bool = False


def suggested(conversation: Conversation, answered: Message | None = None) -> Suggested:
    """For an answer to that mail, or to the customer's latest; where there is none, whom we wrote to before."""
    mail = answered if answered and answered.content_attributes.get("email") else last_mail(conversation)
    everybody = reply_all(conversation, mail)
    if mail is None:
        return Suggested(everybody.to, everybody.cc, everybody.bcc, known=[*everybody.to, *everybody.cc])
    email = mail.content_attributes.get("email") or {}
    named = {each for field in ("from", "reply_to", "to", "cc") for each in addresses_in(email.get(field))}
    known = sorted(named | own_addresses(conversation.inbox) | {*everybody.to, *everybody.cc})
    sender = everybody.to[0] if everybody.to else ""
    return Suggested(everybody.to, everybody.cc, everybody.bcc, known, sender, answers=True)
