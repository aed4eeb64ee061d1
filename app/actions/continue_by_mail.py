"""A conversation on a website goes on by mail when its visitor has left: what they have not seen is sent to them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.utils import parseaddr

from flask import current_app
from sqlalchemy import select

from app.actions.mail_out import from_name
from app.channels.web_widget import WebsiteSettings
from app.channels.widget_words import direction, words_in
from app.config import settings
from app.lib import clock, mail, mail_ids
from app.lib.database import db
from app.lib.queue import Refused
from app.models.conversation import Conversation
from app.models.inbox import ChannelKind
from app.models.message import Message
from app.queries.visitor_thread import SAID_BY_US, to_customers
from app.realtime import signals

log = logging.getLogger(__name__)

LOOKED_AGAIN_AFTER = timedelta(minutes=2)
MOST_LOOKS = 30
MOST, MOST_EARLIER = 50, 10
# What is older was missed for some other reason; nobody waits for it any more.
OLDEST = timedelta(days=1)


@dataclass(frozen=True)
class Continuation:
    """A mail that is ready to go, with the messages that it brings."""

    account_id: int
    message_ids: list[int]
    to: str
    message: EmailMessage


def prepare(account_id: int, conversation_id: int, looks: int = 0) -> Continuation | None:
    """The mail, if something was missed. Whoever is still connected is looked after again: they may yet read it, or leave."""
    conversation = db.session.get(Conversation, (account_id, conversation_id))
    if conversation is None or not _may_be_mailed(conversation):
        return None
    conversation.lock()
    missed = _missed(conversation)
    if not missed:
        return None
    if signals.is_online(conversation.contact):
        _look_again(conversation, looks + 1)
        return None
    to = str(conversation.contact.email)
    return Continuation(account_id, [message.id for message in missed], to, composed(conversation, missed, to=to))


def call(continuation: Continuation) -> None:
    try:
        mail.send(continuation.message)
    except mail.MailFailed as failed:
        if failed.permanent:
            raise Refused(failed.reason) from failed
        raise


def settle(continuation: Continuation, _: None) -> None:
    """Each message keeps that it was mailed, so that it never is again."""
    _note(continuation, {"mailed_to": continuation.to, "mailed_at": clock.now().isoformat()})


def refuse(continuation: Continuation, reason: str) -> None:
    log.warning("the mail server will not take a continuation: %s", reason)
    _note(continuation, {"mail_refused": reason[:300]})


def lost(account_id: int, conversation_id: int, _looks: int = 0) -> None:
    log.warning("it is not known whether conversation %s of account %s went on by mail", conversation_id, account_id)


def composed(conversation: Conversation, missed: Sequence[Message], *, to: str) -> EmailMessage:
    """What was missed, under what was said before; where answers by mail come in, it says so."""
    inbox, last = conversation.inbox, missed[-1]
    look = WebsiteSettings.model_validate(inbox.channel_settings)
    locale = look.speaks(conversation.contact.locale or conversation.additional_attributes.get("browser_language"))
    words = words_in(locale)
    sender, inbound = parseaddr(settings().mail_from)[1], settings().inbound_mail_domain
    business = inbox.business_name or inbox.name
    subject = " ".join(words["mail_subject"].replace("{name}", business).split())
    context = {
        "inbox": inbox,
        "subject": subject,
        "earlier": [] if _came_by_mail(conversation, before=missed[0]) else _earlier(conversation, missed[0]),
        "missed": missed,
        "words": words,
        "dir": direction(locale),
        "public_url": settings().public_url,
        "website": look.website_url if look.website_url.startswith(("http://", "https://")) else "",
        "can_answer": bool(inbound),
    }
    text, html = (
        current_app.jinja_env.get_template(f"mail/continued.{kind}").render(**context) for kind in ("txt", "html")
    )
    domain = inbound or sender.rpartition("@")[2] or "localhost"
    return mail.compose(
        to,
        subject[:200],
        text,
        html,
        from_=f"{from_name(last)} <{sender}>",
        reply_to=f"reply+{conversation.uuid}@{inbound}" if inbound else None,
        headers={
            "Message-ID": f"<{mail_ids.made(conversation.uuid, last.id, domain)}>",
            "References": f"<{mail_ids.made(conversation.uuid, 0, domain)}>",
            "In-Reply-To": f"<{mail_ids.made(conversation.uuid, 0, domain)}>",
            # A person wrote it (RFC 3834 §5).
            "Auto-Submitted": "no",
        },
    )


def _may_be_mailed(conversation: Conversation) -> bool:
    inbox, contact = conversation.inbox, conversation.contact
    if inbox.channel != ChannelKind.WEB_WIDGET or not contact.email or contact.blocked:
        return False
    return WebsiteSettings.model_validate(inbox.channel_settings).continuity_via_email


def _missed(conversation: Conversation) -> list[Message]:
    """What we said that was neither seen nor mailed, oldest first; only what nobody wrote beneath yet counts as missed."""
    since = clock.now() - OLDEST
    if conversation.contact_last_seen_at is not None:
        since = max(since, conversation.contact_last_seen_at)
    if conversation.last_incoming_at is not None:
        since = max(since, conversation.last_incoming_at)
    newest_first = db.session.scalars(
        select(Message)
        .where(
            Message.account_id == conversation.account_id,
            Message.conversation_id == conversation.id,
            *to_customers(),
            Message.message_type.in_(SAID_BY_US),
            Message.created_at > since,
            Message.status != "read",
            Message.deleted_at.is_(None),
            ~Message.additional_attributes.has_key("mailed_at"),
            ~Message.additional_attributes.has_key("mail_refused"),
        )
        .order_by(Message.sequence.desc())
        .limit(MOST)
        .options(*Message.shown())
    ).all()
    return list(reversed(newest_first))


def _earlier(conversation: Conversation, first: Message) -> list[Message]:
    newest_first = db.session.scalars(
        select(Message)
        .where(
            Message.account_id == conversation.account_id,
            Message.conversation_id == conversation.id,
            *to_customers(),
            Message.sequence < first.sequence,
            Message.deleted_at.is_(None),
        )
        .order_by(Message.sequence.desc())
        .limit(MOST_EARLIER)
        .options(*Message.shown())
    ).all()
    return list(reversed(newest_first))


def _came_by_mail(conversation: Conversation, *, before: Message) -> bool:
    """Whether the customer's last word was a mail: what was said before stands beneath it already."""
    kind = db.session.scalar(
        select(Message.content_type)
        .where(
            Message.account_id == conversation.account_id,
            Message.conversation_id == conversation.id,
            Message.message_type == "incoming",
            Message.sequence < before.sequence,
        )
        .order_by(Message.sequence.desc())
        .limit(1)
    )
    return kind == "incoming_email"


def _look_again(conversation: Conversation, looks: int) -> None:
    if looks < MOST_LOOKS:
        conversation.wish_continuation(after=LOOKED_AGAIN_AFTER, looks=looks)


def _note(continuation: Continuation, facts: dict[str, str]) -> None:
    for number in continuation.message_ids:
        message = db.session.get(Message, (continuation.account_id, number))
        if message is not None:
            message.additional_attributes = {**message.additional_attributes, **facts}
