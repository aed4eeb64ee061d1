"""Addresses a message as a mail: its ids, subject and names, to whom it goes, and its HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from markupsafe import Markup, escape
from sqlalchemy import select

from app.channels.base import Mail, MailOut
from app.lib import clock, mail_ids
from app.lib.channel_text import marked_up
from app.lib.database import db
from app.lib.text import markdown_to_html
from app.models.contact import ContactInbox
from app.models.conversation import Conversation
from app.models.inbox import Inbox
from app.models.message import Message, MessageType
from app.queries.mail_participants import addresses_in
from app.queries.mail_recipients import Recipients, chosen, is_own, last_mail, reply_all

MOST_REFERENCES = 20
LONGEST_NAME = 100
LONGEST_SUBJECT = 500
AUTOMATIC_EVERY = timedelta(days=1)
CONTENT, SIGNATURE = "{{content}}", "{{signature}}"

_UNWANTED = re.compile(r"[\\<>@\"!#$%&*+=?^`{|}~:;\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_ENDS = " .,-_'()[]/–—"
_RE = re.compile(r"(?:\s*(?:re|aw|sv|antw|回复|答复)\s*(?:\[\d+\])?\s*[:：])+\s*", re.IGNORECASE)


def addressed(message: Message) -> MailOut:
    """How `message` travels as a mail. It is the same whenever it is asked, so that a repeat is the same mail."""
    conversation, inbox = message.conversation, message.conversation.inbox
    is_automatic = message.message_type == MessageType.TEMPLATE
    answered = _answered(message)
    recipients = _recipients(message, answered, is_automatic=is_automatic)
    parent, references = _parent(message, answered)
    domain = inbox.address.rpartition("@")[2] or "localhost"
    return MailOut(
        message_id=mail_ids.made(conversation.uuid, message.id, domain),
        subject=_subject(message),
        from_name=from_name(message),
        to=recipients.to,
        cc=recipients.cc,
        bcc=recipients.bcc,
        in_reply_to=parent,
        references=references,
        html=_html(message, inbox),
        signature=marked_up(_signature(inbox), "plain"),
        is_automatic=is_automatic,
    )


def from_name(message: Message) -> str:
    """`Ada from Fernway`, or `Fernway` where the inbox speaks as one; fit for a header."""
    inbox = message.conversation.inbox
    business = clean_name(inbox.business_name or "") or clean_name(inbox.name)
    if not business:
        business = inbox.address.partition("@")[0].replace(".", " ").replace("-", " ").title()
    sender = message.sender_user
    if inbox.sender_name_type == "professional" or sender is None:
        return business
    agent = clean_name(sender.user.available_name)
    return f"{agent} from {business}" if agent else business


def clean_name(name: str) -> str:
    """A name without what has a meaning in headers of mails, or cannot be seen."""
    return " ".join(_UNWANTED.sub(" ", name).split()).strip(_ENDS)[:LONGEST_NAME]


def may_answer_automatically(inbox: Inbox, mail: Mail | None, sender: ContactInbox) -> bool:
    """Whether a program may answer this mail (RFC 3834): a person wrote it to us, and got no such answer for a day."""
    if mail is not None and (mail.is_automatic or mail.is_list or is_own(mail.sender or sender.source_id, inbox)):
        return False
    if is_own(sender.source_id, inbox) or "@" not in sender.source_id:
        return False
    lately = select(Message.id).where(
        Message.account_id == inbox.account_id,
        Message.inbox_id == inbox.id,
        Message.message_type == MessageType.TEMPLATE,
        Message.created_at > clock.now() - AUTOMATIC_EVERY,
        Message.conversation_id.in_(
            select(Conversation.id).where(
                Conversation.account_id == inbox.account_id, Conversation.contact_inbox_id == sender.id
            )
        ),
    )
    return db.session.scalar(lately.limit(1)) is None


def may_be_prompted(message: Message) -> bool:
    """As `may_answer_automatically`, of a mail that stands in its conversation already."""
    email = message.content_attributes.get("email") or {}
    mail = Mail(
        sender=next(iter(addresses_in(email.get("from"))), ""),
        is_automatic=bool(email.get("is_automatic") or email.get("auto_reply")),
        is_list=bool(email.get("is_list")),
    )
    conversation = message.conversation
    sender = conversation.contact_inbox
    if message.sender_contact_id != conversation.contact_id:
        return False  # who was only named in a mail has not asked us for anything
    return may_answer_automatically(conversation.inbox, mail, sender)


def _answered(message: Message) -> Message | None:
    """The customer's mail that `message` answers."""
    chosen_one = message.reply_to
    if chosen_one is not None and chosen_one.is_incoming and chosen_one.content_attributes.get("email"):
        return chosen_one
    return last_mail(message.conversation, before=message.sequence)


def _recipients(message: Message, answered: Message | None, *, is_automatic: bool) -> Recipients:
    conversation = message.conversation
    if is_automatic:
        # A program speaks with whoever wrote, and with nobody else.
        return Recipients(reply_all(conversation, answered).to[:1])
    picked = chosen(message.content_attributes)
    if picked is None:
        return reply_all(conversation, answered)
    to = picked.to or reply_all(conversation, answered).to
    others = [each for each in picked.cc if each not in to]
    return Recipients(to, others, [each for each in picked.bcc if each not in (*to, *others)])


def _parent(message: Message, answered: Message | None) -> tuple[str, Sequence[str]]:
    """The id of the mail that is answered, and all those above it (RFC 5322 §3.6.4); the first and the latest of many."""
    email: dict[str, Any] = (answered.content_attributes.get("email") or {}) if answered else {}
    if parent := str(email.get("message_id") or ""):
        above = [str(each) for each in email.get("references") or [] if each] or _list(email.get("in_reply_to"))
        return parent, _bounded([*above, parent])
    ours = _own_before(message)
    return (ours[-1], _bounded(ours)) if ours else ("", ())


def _own_before(message: Message) -> list[str]:
    """The ids of our own mails before this one, in a conversation that we began."""
    conversation = message.conversation
    domain = conversation.inbox.address.rpartition("@")[2] or "localhost"
    numbers = db.session.scalars(
        select(Message.id)
        .where(
            Message.account_id == message.account_id,
            Message.conversation_id == message.conversation_id,
            Message.sequence < message.sequence,
            Message.message_type.in_((MessageType.OUTGOING, MessageType.TEMPLATE)),
            ~Message.private,
        )
        .order_by(Message.sequence.desc())
        .limit(MOST_REFERENCES)
    )
    return [mail_ids.made(conversation.uuid, number, domain) for number in reversed(numbers.all())]


def _bounded(ids: Sequence[str]) -> Sequence[str]:
    each_once = list(dict.fromkeys(ids))
    return each_once if len(each_once) <= MOST_REFERENCES else [each_once[0], *each_once[1 - MOST_REFERENCES :]]


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) and value else []


def _subject(message: Message) -> str:
    """The subject of the thread, with one `Re: ` once something was said before."""
    conversation = message.conversation
    picked = message.content_attributes.get("subject")
    if isinstance(picked, str) and picked.strip():
        return _one_line(picked)
    stored = _one_line(str(conversation.additional_attributes.get("mail_subject") or conversation.subject or ""))
    if not stored:
        return f"[#{conversation.display_id}] New messages on this conversation"
    bare = _RE.sub("", stored, count=1) or stored
    return f"Re: {bare}" if _is_answer(message) else bare


def _is_answer(message: Message) -> bool:
    """Whether something public was said in the conversation before."""
    before = select(Message.id).where(
        Message.account_id == message.account_id,
        Message.conversation_id == message.conversation_id,
        Message.sequence < message.sequence,
        Message.message_type != MessageType.ACTIVITY,
        ~Message.private,
    )
    return db.session.scalar(before.limit(1)) is not None


def _one_line(text: str) -> str:
    return " ".join(re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]+", " ", text).split())[:LONGEST_SUBJECT]


def _signature(inbox: Inbox) -> str:
    return str(inbox.channel_settings.get("signature") or "").strip()


def _html(message: Message, inbox: Inbox) -> str:
    """The whole document: what was written, in the inbox's layout, with its signature."""
    content = markdown_to_html(message.content)
    signature = markdown_to_html(_signature(inbox)) if _signature(inbox) else Markup("")
    layout = str(inbox.channel_settings.get("layout") or "")
    if CONTENT in layout:
        return layout.replace(CONTENT, content).replace(SIGNATURE, signature)
    below = Markup('<div style="margin-top:24px;color:#5c6270">{}</div>').format(signature) if signature else ""
    return Markup(
        '<!doctype html>\n<html>\n<head><meta charset="utf-8"><title>{}</title></head>\n'
        '<body style="margin:0;font:15px/1.5 -apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif">\n'
        '<div style="max-width:680px">{}{}</div>\n</body>\n</html>\n'
    ).format(escape(_subject(message)), content, below)
