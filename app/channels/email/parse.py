"""What a mail says: something a customer wrote, what became of a mail of ours, or our own words from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.channels.email import automatic, bounces, headers, html_quotes, letter_key
from app.channels.email.attributes import described
from app.channels.email.bodies import Body, body_of
from app.channels.email.enclosures import enclosures
from app.channels.email.headers import Address
from app.channels.email.html_text import text_of
from app.channels.email.notes import notes
from app.channels.email.parts import BROKEN, Node, Part, leaves, taken_apart
from app.channels.email.quotes import without_quotes
from app.channels.incoming import Echo, Fact, Inbound, Mail, Person, Unsupported
from app.lib import clock, mail_ids

LONGEST_CONTENT = 150_000
MOST_RECIPIENTS = 10_000
UNKNOWN = "unknown"

_DELIVERED = ("Delivered-To", "X-Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Forwarded-To")
_FORWARD = re.compile(r"(?:fwd?|wg|tr|rv|enc|doorst|vs|vl|i|pd|转发|轉寄|转寄)\s*[:：]", re.IGNORECASE)
_NO_TEXT = "(This mail has no text.)"


@dataclass(frozen=True)
class _Opened:
    """A mail that was taken apart, and whose inbox it came to."""

    raw: bytes
    root: Node
    parts: Sequence[Part]
    own: frozenset[str]
    envelope_to: Sequence[str]
    is_whole: bool

    def is_own(self, email: str) -> bool:
        local, _, domain = email.rpartition("@")
        return email in self.own or f"{local.partition('+')[0]}@{domain}" in self.own


def parse(raw: bytes, *, own: Iterable[str] = (), envelope_to: Iterable[str] = (), is_whole: bool = True) -> list[Fact]:
    """What the mail `raw` says. `own` are the addresses of the inbox it came to, `envelope_to` those that the transport
    named beside the mail; without `is_whole` only its beginning was fetched. Never raises: what cannot be read is told
    as that.
    """
    try:
        root = taken_apart(raw)
        ours = frozenset(each.strip().lower() for each in own)
        to = [each.strip().lower() for each in envelope_to]
        return _said(_Opened(raw, root, list(leaves(root)), ours, to, is_whole))
    except BROKEN:
        return [
            Unsupported("a mail that cannot be read", Person(UNKNOWN, "Unknown sender"), letter_key.letter_key(raw))
        ]


def _said(mail: _Opened) -> list[Fact]:
    if told := bounces.receipts(mail.root, mail.parts):
        return list(told)
    written_by = _written_by(mail.root)
    if written_by and mail.is_own(written_by.email):
        if any(mail_ids.read(each) for each in headers.ids(mail.root, "Message-ID")):
            return []  # our own mail, come back through a copy to ourselves
        if (customer := _addressed_customer(mail)) and not _is_forged(mail.root):
            return [_echo(mail, customer)]
    return [_inbound(mail, written_by)]


def _inbound(mail: _Opened, written_by: Address | None) -> Inbound:
    root = mail.root
    sender = _sender(mail, written_by)
    body = body_of(root, mail.parts)
    files = enclosures(mail.parts, body, root)
    hung = _mail(mail, written_by, sender)
    words = _words(mail, body, hung.subject)
    key = letter_key.key_of(mail.root, mail.raw)
    said_at = headers.date(root, clock.now())
    is_auto = automatic.is_auto_reply(root)
    attributes = described(
        root, mail.parts, body, said_at, auto_reply=is_auto, reply=words.reply, html_reply=words.html_reply
    )
    attributes["email"] |= {"is_automatic": hung.is_automatic, "is_list": hung.is_list}
    return Inbound(
        words.content,
        source_id=f"{hung.message_id}#{key[:16]}" if hung.message_id else key,
        content_type="incoming_email",
        content_attributes=attributes,
        processed_content=words.processed if words.processed != words.content else None,
        attachments=files,
        provider_at=said_at,
        sender=sender,
        mail=hung,
        begun_with={
            "source": "email",
            "mail_subject": hung.subject,
            "in_reply_to": next(iter(hung.in_reply_to), None),
            "auto_reply": is_auto,
            "initiated_at": {"timestamp": said_at.isoformat() if said_at else None},
        },
    )


def _mail(mail: _Opened, written_by: Address | None, sender: Person) -> Mail:
    root = mail.root
    recipients = [each.email for each in headers.people(root, "To", "Cc")][:MOST_RECIPIENTS]
    delivered = [each.email for each in headers.people(root, *_DELIVERED)]
    named = [each for each in recipients if mail.is_own(each) or mail_ids.conversation_in(each)]
    author = written_by.email if written_by else ""
    return Mail(
        message_id=next(iter(headers.ids(root, "Message-ID")), ""),
        in_reply_to=headers.ids(root, "In-Reply-To"),
        references=headers.ids(root, "References"),
        subject=headers.text(root, "Subject")[:998],
        sender=author,
        recipients=recipients,
        delivered_to=list(dict.fromkeys([*mail.envelope_to, *delivered, *named]))[:100],
        is_automatic=automatic.is_automatic(root, author or sender.source_id),
        is_list=automatic.is_list(root),
    )


def _written_by(root: Node) -> Address | None:
    names = ("From", "Sender", "Resent-From", "X-Envelope-From", "Return-Path")
    return next((found for name in names if (found := headers.person(root, name))), None)


def _sender(mail: _Opened, written_by: Address | None) -> Person:
    """Whom to answer: Reply-To, else X-Original-Sender, else From; an address of our own only where there is no other."""
    asked = [
        each
        for name in ("Reply-To", "X-Original-Sender")
        for each in headers.people(mail.root, name, limit=headers.LONGEST)
    ]
    others = [each for each in asked if not mail.is_own(each.email) and headers.is_address(each.email)]
    chosen = others[0] if others else written_by
    if chosen is None:
        return Person(UNKNOWN, "Unknown sender", proof="typed")
    name = chosen.name or (written_by.name if written_by else "") or chosen.email.partition("@")[0]
    email = chosen.email if headers.is_address(chosen.email) else ""
    is_theirs = written_by is not None and _domain(chosen) == _domain(written_by) and not _is_forged(mail.root)
    # Anybody can write any address into Reply-To: only who writes from there shows that it is theirs.
    return Person(
        chosen.email[:254], name[: headers.LONGEST_NAME], email=email, proof="reply" if is_theirs else "typed"
    )


def _domain(address: Address) -> str:
    return address.email.rpartition("@")[2]


@dataclass(frozen=True)
class _Words:
    """`content` is shown, `processed` is that without what is quoted; `reply` has only what the sender wrote anew."""

    content: str
    processed: str
    reply: str
    html_reply: str | None


def _words(mail: _Opened, body: Body, subject: str) -> _Words:
    above = "\n".join(notes(mail.root, mail.parts, body, is_whole=mail.is_whole))
    text = body.text.strip()
    is_forward = bool(_FORWARD.match(subject))
    html_reply = html_quotes.without_quotes(body.html) if body.html and not is_forward else None
    reply = text if is_forward else without_quotes(text)
    if html_reply is not None and len(reply) == len(text):
        # The text has no marks of a quote, and the HTML has: its words say where the quote begins.
        reply = text_of(html_reply).strip() or reply
    content, processed = (
        "\n\n".join(part for part in (above, words) if part)[:LONGEST_CONTENT] or subject or _NO_TEXT
        for words in (text, reply)
    )
    return _Words(content, processed, reply, html_reply)


def _addressed_customer(mail: _Opened) -> Address | None:
    """To whom a mail from our own address went: the first who is not ourselves, if nobody else is to be answered."""
    answers = headers.people(mail.root, "Reply-To", limit=headers.LONGEST)
    if any(not mail.is_own(each.email) for each in answers):
        return None
    to = headers.people(mail.root, "To", "Cc")
    return next((each for each in to if not mail.is_own(each.email) and headers.is_address(each.email)), None)


def _is_forged(root: Node) -> bool:
    """Whether our mail server says that it did not come from our own domain (RFC 8601): only its topmost word counts."""
    said = headers.raw(root, "Authentication-Results").lower()
    return "dmarc=fail" in said or ("spf=fail" in said and "dkim=pass" not in said)


def _echo(mail: _Opened, customer: Address) -> Echo:
    body = body_of(mail.root, mail.parts)
    hung = _mail(mail, _written_by(mail.root), Person(customer.email))
    key = letter_key.key_of(mail.root, mail.raw)
    return Echo(
        recipient=Person(customer.email, customer.name or customer.email.partition("@")[0], email=customer.email),
        content=_words(mail, body, headers.text(mail.root, "Subject")).processed,
        source_id=f"{hung.message_id}#{key[:16]}" if hung.message_id else key,
        attachments=enclosures(mail.parts, body, mail.root),
        provider_at=headers.date(mail.root, clock.now()),
        mail=hung,
    )
