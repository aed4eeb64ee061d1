"""Mails that a relay hands on over HTTP: raw, or in the forms of Mailgun, SendGrid, Postmark and Amazon SES."""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData, Preamble

from app.channels.email import mime, sns
from app.channels.email.settings import EmailCredentials
from app.channels.incoming import Answer, Knock
from app.errors import NotAllowed
from app.lib import crypto

# A mail of 50 MB, and what a form puts around it.
LARGEST_KNOCK = 55_000_000
# Mailgun tries for 8 hours to hand a mail over; one that comes again is known by its key.
MAILGUN_SECONDS = 9 * 3600
MOST_PARTS = 1_000
_HEADER = re.compile(rb"\A(?:From [^\n]*\r?\n)?[!-9;-~]{1,200}[ \t]*:")
_NAME = re.compile(r"[!-9;-~]{1,200}")
# These say how the parts were packed, which they are not any more.
_PACKING = ("content-", "mime-version")


@dataclass(frozen=True)
class Delivery:
    """A mail as a relay brought it; without `raw`, `words` say what came instead, under `key`."""

    via: str
    raw: bytes | None
    envelope_to: Sequence[str] = ()
    key: str = ""
    words: str = ""


@dataclass(frozen=True)
class _Upload:
    filename: str
    content_type: str
    content: bytes
    content_id: str = ""


def greet(knock: Knock) -> Answer | None:
    """Amazon SNS asks whether we want its notices, and sends some that are no mails."""
    return sns.greeted(knock) if _form(knock) == "ses" else None


def sort(knock: Knock) -> Sequence[Delivery]:
    """The mail of a knock; nothing when it is nonsense. Never raises."""
    read = _READERS.get(_form(knock))
    if read is None or knock.method != "POST":
        return ()
    try:
        found = read(knock)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return ()
    return [found] if found else ()


def verify(knock: Knock, credentials: EmailCredentials) -> None:
    """Raises NotAllowed. The token in the address is a secret between us and the relay; some prove more."""
    form = _form(knock)
    if form.startswith("mailgun"):
        _verify_mailgun(knock, credentials.mailgun_key)
    elif form == "ses":
        sns.verify(knock)
    elif credentials.relay_password and not _is_signed_in(knock, credentials):
        raise NotAllowed("The relay's name or password is missing or wrong.")


def _form(knock: Knock) -> str:
    return knock.path.partition("/")[2].strip("/").lower()


def _is_signed_in(knock: Knock, credentials: EmailCredentials) -> bool:
    scheme, _, given = knock.headers.get("authorization", "").partition(" ")
    wanted = base64.b64encode(f"{credentials.relay_user}:{credentials.relay_password}".encode()).decode()
    return scheme.lower() == "basic" and crypto.equal(given.strip(), wanted)


def _verify_mailgun(knock: Knock, key: str) -> None:
    if not key:
        raise NotAllowed("Mailgun's signing key is not set for this inbox.")
    fields = {name: value.decode("utf-8", "replace") for name, value in _fields(knock)[0].items()}
    stamp, token, signature = (fields.get(name, "") for name in ("timestamp", "token", "signature"))
    if not crypto.equal(crypto.hmac_hex(key, stamp + token), signature.lower()):
        raise NotAllowed("Mailgun's signature is wrong.")
    if not stamp.isdecimal() or len(stamp) > 12 or abs(time.time() - int(stamp)) > MAILGUN_SECONDS:
        raise NotAllowed("Mailgun's signature is too old.")


def _raw(knock: Knock) -> Delivery | None:
    to = [each for each in (knock.headers.get("x-envelope-to"), knock.query.get("to")) if each]
    return _delivery("raw", knock.body, to)


def _mailgun(knock: Knock) -> Delivery | None:
    fields, uploads = _fields(knock)
    to = _words(fields, "recipient").split(",")
    if "body-mime" in fields:
        return _delivery("mailgun", fields["body-mime"], to)
    headers = [(str(name), str(value)) for name, value in json.loads(fields.get("message-headers", b"[]"))]
    inside = {part: str(cid).strip("<>") for cid, part in json.loads(fields.get("content-id-map", b"{}")).items()}
    uploads = [(name, _with_id(upload, inside.get(name, ""))) for name, upload in uploads]
    text, html = _words(fields, "body-plain"), _words(fields, "body-html")
    return _delivery("mailgun", _built(headers, text, html, [upload for _, upload in uploads]), to)


def _sendgrid(knock: Knock) -> Delivery | None:
    fields, uploads = _fields(knock)
    envelope = json.loads(fields.get("envelope", b"{}"))
    to = [str(each) for each in envelope.get("to", [])]
    if "email" in fields:
        return _delivery("sendgrid", fields["email"], to)
    inside = {part: str(cid).strip("<>") for cid, part in json.loads(fields.get("content-ids", b"{}")).items()}
    files = [_with_id(upload, inside.get(name, "")) for name, upload in uploads]
    lines = re.sub(r"\r?\n[ \t]+", " ", _words(fields, "headers")).splitlines()
    headers = [(name.strip(), value.strip()) for name, colon, value in (line.partition(":") for line in lines) if colon]
    charsets = json.loads(fields.get("charsets", b"{}"))
    text, html = (fields.get(name, b"").decode(_charset(charsets.get(name)), "replace") for name in ("text", "html"))
    return _delivery("sendgrid", _built(headers, text, html, files), to)


def _postmark(knock: Knock) -> Delivery | None:
    told = knock.json()
    to = [told["OriginalRecipient"]] if told.get("OriginalRecipient") else []
    if raw := told.get("RawEmail"):
        return _delivery("postmark", str(raw).encode("utf-8", "surrogateescape"), to)
    named = [(str(each["Name"]), str(each["Value"])) for each in told.get("Headers") or []]
    known = {name.lower() for name, _ in named}
    single = (
        ("From", "From"),
        ("To", "To"),
        ("Cc", "Cc"),
        ("Reply-To", "ReplyTo"),
        ("Subject", "Subject"),
        ("Date", "Date"),
    )
    named += [(name, str(told[key])) for name, key in single if told.get(key) and name.lower() not in known]
    if "message-id" not in known and told.get("MessageID"):
        named.append(("Message-ID", f"<{told['MessageID']}@postmark>"))
    files = [
        _Upload(
            str(each.get("Name") or ""),
            str(each.get("ContentType") or ""),
            base64.b64decode(str(each.get("Content") or "")),
            str(each.get("ContentID") or "").strip("<>"),
        )
        for each in told.get("Attachments") or []
    ]
    return _delivery(
        "postmark", _built(named, str(told.get("TextBody") or ""), str(told.get("HtmlBody") or ""), files), to
    )


def _ses(knock: Knock) -> Delivery | None:
    notice = sns.notice_in(knock)
    if notice is None:
        return None
    receipt: Mapping[str, Any] = notice.get("receipt") or {}
    to = [str(each) for each in receipt.get("recipients") or []]
    content = notice.get("content")
    if not isinstance(content, str) or not content:
        key = f"ses:{(notice.get('mail') or {}).get('messageId', '')}"
        words = "a mail whose content Amazon SES put elsewhere (S3): let the rule's SNS action carry it"
        return Delivery("ses", None, to, key, words)
    is_packed = str((receipt.get("action") or {}).get("encoding", "")).upper() == "BASE64"
    return _delivery("ses", _unpacked(content) if is_packed else content.encode("utf-8", "surrogateescape"), to)


def _unpacked(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=False)
    except binascii.Error:
        return content.encode("utf-8", "replace")


_READERS: dict[str, Callable[[Knock], Delivery | None]] = {
    "": _raw,
    "mailgun": _mailgun,
    # Mailgun sends the mail as it is to addresses that end so.
    "mailgun/mime": _mailgun,
    "sendgrid": _sendgrid,
    "postmark": _postmark,
    "ses": _ses,
}


def _delivery(via: str, raw: bytes, to: Iterable[str]) -> Delivery | None:
    """What begins with no header is no mail; the line that mail folders put above it goes."""
    raw = raw.lstrip(b"\r\n")
    if not _HEADER.match(raw):
        return None
    if raw.startswith(b"From "):
        raw = raw.partition(b"\n")[2]
    return Delivery(via, raw, [address.strip()[:320] for address in to if "@" in address][:100])


def _built(headers: Iterable[tuple[str, str]], text: str, html: str, files: Iterable[_Upload]) -> bytes:
    """A mail again from what a relay made of one, under the headers it had."""
    body = EmailMessage(policy=SMTP)
    body.set_content(text.encode("utf-8", "replace").decode() or "\n", cte="base64")
    if html:
        body.add_alternative(html.encode("utf-8", "replace").decode(), subtype="html", cte="base64")
    for file in files:
        maintype, subtype = mime.type_of(file.content_type)
        body.add_attachment(
            file.content,
            maintype,
            subtype,
            filename=mime.one_line(file.filename) or "file",
            cid=f"<{mime.one_line(file.content_id)}>" if file.content_id else None,
        )
    kept = [
        f"{name}: {mime.one_line(value)}\r\n".encode("utf-8", "replace")
        for name, value in headers
        if _NAME.fullmatch(name) and not name.lower().startswith(_PACKING)
    ]
    return b"".join(kept) + body.as_bytes()


def _fields(knock: Knock) -> tuple[dict[str, bytes], list[tuple[str, _Upload]]]:
    """A form's fields, as bytes, since a raw mail in one is in no charset; and its files. Raises ValueError."""
    kind, options = parse_options_header(knock.headers.get("content-type", ""))
    if kind != "multipart/form-data":
        return {name: value.encode("utf-8", "surrogateescape") for name, value in knock.form().items()}, []
    decoder = MultipartDecoder(options.get("boundary", "").encode("latin-1"), max_parts=MOST_PARTS)
    decoder.receive_data(knock.body)
    decoder.receive_data(None)
    fields: dict[str, bytes] = {}
    uploads: list[tuple[str, _Upload]] = []
    part: Field | File | None = None
    pieces: list[bytes] = []
    while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
        if isinstance(event, Field | File):
            part, pieces = event, []
        elif isinstance(event, Data) and part is not None:
            pieces.append(event.data)
            if event.more_data:
                continue
            if isinstance(part, File):
                uploads.append((part.name or "", _upload(part.filename, part.headers, b"".join(pieces))))
            else:
                fields[part.name or ""] = b"".join(pieces)
        elif isinstance(event, Preamble):
            continue
    return fields, uploads


def _upload(filename: str, headers: Headers, content: bytes) -> _Upload:
    return _Upload(filename, headers.get("content-type", ""), content)


def _with_id(upload: _Upload, content_id: str) -> _Upload:
    return _Upload(upload.filename, upload.content_type, upload.content, content_id)


def _words(fields: Mapping[str, bytes], name: str) -> str:
    return fields.get(name, b"").decode("utf-8", "replace")


def _charset(name: object) -> str:
    try:
        "".encode(str(name))
    except LookupError:
        return "utf-8"
    return str(name)
