"""Whom the composer of a mail has written in it before anybody changes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.lib.database import db
from app.models.conversation import Conversation
from app.models.message import Message
from app.realtime.mail_shown import mail_of


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
    """For an answer to that mail, or to the latest; where there is none, the customer themselves."""
    mail = answered if answered and answered.content_type == "incoming_email" else _latest(conversation)
    if mail is None:
        own = [conversation.contact.email] if conversation.contact.email else []
        return Suggested(to=own, known=own)
    shown, ours = mail_of(mail), _own(conversation)
    reply_to = mail.content_attributes.get("email", {}).get("reply_to") or []
    writers = [each.lower() for each in reply_to if isinstance(each, str)] or [shown.sender.address.lower()]
    to = _others([*writers, *(each.address.lower() for each in shown.to)], ours, ())
    cc = _others([each.address.lower() for each in shown.cc], ours, to)
    everybody = [*writers, shown.sender.address.lower(), *(each.address.lower() for each in (*shown.to, *shown.cc))]
    return Suggested(to=to, cc=cc, known=sorted({*everybody}), sender=writers[0], answers=True)


def _latest(conversation: Conversation) -> Message | None:
    return db.session.scalar(
        select(Message)
        .where(
            Message.account_id == conversation.account_id,
            Message.conversation_id == conversation.id,
            Message.content_type == "incoming_email",
        )
        .order_by(Message.sequence.desc())
        .limit(1)
    )


def _own(conversation: Conversation) -> set[str]:
    aliases = conversation.inbox.channel_settings.get("aliases") or ()
    return {conversation.inbox.address.lower(), *(str(each).lower() for each in aliases)}


def _others(addresses: Sequence[str], ours: set[str], known: Sequence[str]) -> list[str]:
    """Each once, without our own, by whatever tag they were written to."""
    return [each for each in dict.fromkeys(addresses) if each and _untagged(each) not in ours and each not in known]


def _untagged(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
