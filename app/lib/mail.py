"""Composes and sends Parley's own mails; without an SMTP server it keeps them as files."""

from __future__ import annotations

import logging
import os
import re
import smtplib
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, make_msgid, parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

import idna

from app.config import settings
from app.errors import Invalid, NotFound
from app.lib import crypto, tls
from app.lib.clock import now

log = logging.getLogger(__name__)

_KEPT_NAME = re.compile(r"[0-9TZ]{22}-[0-9a-f]{8}\.eml")
_HEADER_NAME = re.compile(r"[!-9;-~]+")  # RFC 5322 §2.2


class MailFailed(Exception):
    """The mail was not taken, for a `reason` in the server's words; `permanent` when another try would not help."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        self.reason = reason
        self.permanent = permanent
        super().__init__(reason)


@dataclass(frozen=True)
class Enclosure:
    """A file that travels with a mail."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class KeptMail:
    """A mail in the data directory, as the list of kept mails shows it."""

    name: str
    kept_at: datetime
    to: str
    subject: str


def compose(
    to: str | Iterable[str],
    subject: str,
    text: str,
    html: str | None = None,
    *,
    from_: str | None = None,
    reply_to: str | None = None,
    headers: Mapping[str, str] | None = None,
    attachments: Iterable[Enclosure] = (),
) -> EmailMessage:
    """A mail that is ready to be sent, with a Message-ID and a Date of its own, marked as sent by a machine (RFC 3834).

    Addresses are `dana@example.com` or `Dana <dana@example.com>`; several to whom it goes as a list, never in one text.
    `headers` replace what is set here. Raises Invalid for a line break in a header and for an address that is none.
    """
    # 7 bit: not every server on the way takes 8.
    message = EmailMessage(policy=policy.SMTP.clone(cte_type="7bit"))
    sender = _one_address("from", from_ or settings().mail_from)
    everyone = [to] if isinstance(to, str) else list(to)
    message["From"] = sender
    message["To"] = tuple(_one_address("to", each) for each in everyone)
    if reply_to:
        message["Reply-To"] = _one_address("reply_to", reply_to)
    message["Subject"] = _one_line("subject", subject)
    message["Date"] = format_datetime(now())
    message["Message-ID"] = make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"
    for name, value in (headers or {}).items():
        _set_header(message, name, value)
    message.set_content(_encodable(text).replace("\x00", ""))
    if html is not None:
        message.add_alternative(_encodable(html).replace("\x00", ""), subtype="html")
    for enclosure in attachments:
        maintype, _, subtype = enclosure.content_type.partition("/")
        message.add_attachment(
            enclosure.content,
            maintype=maintype,
            subtype=subtype or "octet-stream",
            filename=_one_line("filename", enclosure.filename),
        )
    return message


def send(message: EmailMessage, *, timeout: float = 20.0) -> None:
    """Hand `message` to the SMTP server of the settings, or keep it in the data directory where there is none.

    `timeout` is for each answer of the server, in seconds. Raises MailFailed.
    """
    if not settings().smtp_url:
        _keep(message)
        return
    with _failures_told(), _connected(settings().smtp_url, timeout) as server:
        for address, (code, reason) in server.send_message(message).items():
            # The others have it already: it cannot be sent again without reaching them twice.
            log.warning("The mail server refused %s: %s", address, _failure(code, reason))


def probe(*, timeout: float = 10.0) -> None:
    """Connect and sign in as `send` does, and send nothing. Raises MailFailed."""
    with _failures_told(), _connected(settings().smtp_url, timeout) as server:
        server.noop()


@contextmanager
def _failures_told() -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPRecipientsRefused as refused:
        code, reason = next(iter(refused.recipients.values()))
        raise _failure(code, reason) from refused
    except smtplib.SMTPResponseException as refused:
        raise _failure(refused.smtp_code, refused.smtp_error) from refused
    except smtplib.SMTPNotSupportedError as refused:
        raise MailFailed(str(refused), permanent=True) from refused
    except ssl.SSLCertVerificationError as untrusted:
        raise MailFailed(f"The mail server's certificate is not trusted: {untrusted}", permanent=False) from untrusted
    except UnicodeError as odd:
        raise MailFailed(f"The mail server's name or password has odd letters: {odd}", permanent=False) from odd
    except (smtplib.SMTPException, OSError) as broken:
        # smtplib tells a silence in the middle of the conversation as a broken connection.
        if isinstance(broken, TimeoutError) or isinstance(broken.__context__, TimeoutError):
            raise MailFailed("The mail server did not answer in time.", permanent=False) from broken
        raise MailFailed(f"The mail server cannot be reached: {broken}", permanent=False) from broken


def kept_mails() -> list[KeptMail]:
    """The mails kept in the data directory, newest first."""
    names = sorted((path.name for path in _folder().glob("*.eml")), reverse=True)
    return [_described(name, read_kept(name)) for name in names if _KEPT_NAME.fullmatch(name)]


def read_kept(name: str) -> EmailMessage:
    """The kept mail of that name. Raises NotFound."""
    if not _KEPT_NAME.fullmatch(name):
        raise NotFound
    try:
        raw = (_folder() / name).read_bytes()
    except FileNotFoundError:
        raise NotFound from None
    return message_from_bytes(raw, policy=policy.default)


def _one_line(field: str, text: str) -> str:
    # Everything that str.splitlines or a lenient server takes for the end of a line.
    if len(text.splitlines()) > 1 or re.search("[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]", text):
        raise Invalid({field: "This must be one line."})
    return _encodable(text)


def _one_address(field: str, text: str) -> Address:
    name, address = parseaddr(_one_line(field, text))
    local, _, domain = address.rpartition("@")
    if local and domain and len(getaddresses([text])) == 1:
        try:
            return Address(display_name=name, username=local, domain=idna.encode(domain, uts46=True).decode())
        except (UnicodeError, ValueError, IndexError, HeaderParseError):
            pass  # answered below, with all the other ways to be no address
    raise Invalid({field: "This is not an e-mail address."})


def _set_header(message: EmailMessage, name: str, value: str) -> None:
    if not _HEADER_NAME.fullmatch(name):
        raise Invalid({"headers": "This is not the name of a header."})
    del message[name]
    message[name] = _one_line(name, value)


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _connected(url: str, timeout: float) -> smtplib.SMTP:
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=timeout, context=tls.trust())
    else:
        port = parts.port or (587 if parts.scheme == "smtp+starttls" else 25)
        server = smtplib.SMTP(host, port, timeout=timeout)
    try:
        if parts.scheme == "smtp+starttls":
            server.starttls(context=tls.trust())
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except smtplib.SMTPNotSupportedError as lacking:
        server.close()
        # The settings ask for what the server does not offer: never go on without it, but an administrator can mend it.
        raise MailFailed(str(lacking), permanent=False) from lacking
    except BaseException:
        server.close()
        raise
    return server


def _failure(code: int, reason: bytes | str) -> MailFailed:
    words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    # 4yz may be tried again, 5yz may not (RFC 5321 §4.2.1); a refused sign-in is for the administrator to mend.
    return MailFailed(f"{code} {words}".strip(), permanent=500 <= code < 600 and code not in (530, 534, 535, 538))


def _folder() -> Path:
    return Path(settings().data_dir) / "mails"


def _keep(message: EmailMessage) -> None:
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{now():%Y%m%dT%H%M%S%fZ}-{crypto.digest(crypto.token())[:8]}.eml"
    partial = folder / f".{name}"
    with partial.open("wb") as file:
        file.write(message.as_bytes(policy=message.policy.clone(linesep="\n")))
        file.flush()
        os.fsync(file.fileno())
    partial.rename(folder / name)


def _described(name: str, message: EmailMessage) -> KeptMail:
    kept_at = datetime.strptime(name.partition("-")[0], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=now().tzinfo)
    return KeptMail(name, kept_at, str(message["To"] or ""), str(message["Subject"] or ""))
