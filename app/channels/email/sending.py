"""Sends an inbox's mail: by its own server, else by the one of Parley's settings."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from app.channels.email import mime, smtp
from app.channels.email.settings import EmailCredentials, EmailSettings
from app.channels.email.way import Security, Way
from app.channels.outgoing import DeliveryFailed, MailOut, Outbound, Sent
from app.channels.standing import Line
from app.config import settings
from app.errors import Invalid
from app.lib import mail as parley_mail

_SECURITIES: dict[str, Security] = {"smtps": "tls", "smtp+starttls": "starttls", "smtp": "none"}
_PORTS = {"smtps": 465, "smtp+starttls": 587, "smtp": 25}


def send(line: Line, credentials: EmailCredentials, kept: EmailSettings, outbound: Outbound) -> Sent:
    """Hand the mail over; its id is the Message-ID it was given. Raises DeliveryFailed."""
    mail = outbound.mail
    if mail is None:
        raise DeliveryFailed("There is no mail to be sent.", permanent=True)
    recipients = _recipients(mail)
    own = credentials.smtp
    is_ours = own is not None or kept.send_as_own
    sender = line.address if is_ours else parseaddr(settings().mail_from)[1]
    # Answers to Parley's own address would reach nobody of this inbox.
    answers = mail.reply_to or ("" if is_ours else line.address)
    message = mime.written(mail, outbound.text, outbound.files, sender=sender, reply_to=answers)
    way = own or parley_way()
    if way is None:
        _keep(message)
        return Sent(mail.message_id)
    name = sender.rpartition("@")[2]
    handed = smtp.hand_over(way, mime.bare(sender), recipients, message.as_bytes(), name=name)
    return Sent(mail.message_id, refused={each: words for each, (_, words) in handed.refused.items()})


def parley_way() -> Way | None:
    """The server of the installation's settings, which may stand anywhere."""
    parts = urlsplit(settings().smtp_url)
    if not parts.hostname:
        return None
    return Way(
        parts.hostname,
        parts.port or _PORTS[parts.scheme],
        _SECURITIES[parts.scheme],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        allow_private=True,
    )


def _recipients(mail: MailOut) -> list[str]:
    found = list(dict.fromkeys(mime.bare(each) for each in (*mail.to, *mail.cc, *mail.bcc)))
    if not found:
        raise DeliveryFailed("Nobody is to get it.", permanent=True)
    return found


def _keep(message: EmailMessage) -> None:
    try:
        parley_mail.send(message)
    except (Invalid, OSError) as broken:
        raise DeliveryFailed(f"The mail could not be kept: {broken}", permanent=False) from broken
