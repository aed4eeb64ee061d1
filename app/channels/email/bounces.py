"""Reads what mail servers tell of our mails: that they did not arrive, were delayed, arrived or were read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email import message_from_string
from email.message import Message

from app.channels.email import automatic, headers
from app.channels.email.charsets import decoded
from app.channels.email.parts import BROKEN, Node, Part
from app.channels.incoming import Receipt, Status
from app.lib import mail_ids

LONGEST = 300_000
_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_REPLY_CODE = re.compile(r"\b([45]\d\d)[ -](?:[45]\.\d{1,3}\.\d{1,3}\b)?")
_FAILED = re.compile(
    r"undeliver|delivery (?:status notification|failure|has failed)|returned (?:mail|to sender)|failure notice|mail delivery failed"
    r"|could not be delivered|unzustellbar|nicht zugestellt|non remis|no entregad|mancata consegna|niet bestelbaar|недоставлен",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"delayed|warning: (?:message|could not send)|verzögert|still being retried|will retry", re.IGNORECASE
)
_STATUS: dict[str, Status] = {
    "failed": "failed",
    "delayed": "sent",
    "delivered": "delivered",
    "relayed": "sent",
    "expanded": "sent",
}

# What an enhanced status code means to who wrote the mail (RFC 3463).
_WORDS = {
    "1.1": "There is no such address.",
    "1.2": "There is no such domain.",
    "1.3": "The address is not written as it should be.",
    "1.6": "The mailbox has moved.",
    "1.10": "This domain takes no mail.",
    "2.0": "The mailbox cannot take mail.",
    "2.1": "The mailbox is disabled.",
    "2.2": "The mailbox is full.",
    "2.3": "The mail is too large for the mailbox.",
    "3.4": "The mail is too large for their server.",
    "4.1": "Their server did not answer.",
    "4.4": "Their server could not be found.",
    "4.6": "The mail went round in circles.",
    "4.7": "It could not be delivered in time.",
    "6.0": "Their server could not read the mail.",
    "7.0": "Their server refused the mail.",
    "7.1": "Their server does not take mail from us.",
    "7.26": "Their server could not verify that the mail is ours (SPF, DKIM or DMARC).",
    "7.606": "Their server has blocked our server.",
}
_FAMILIES = {
    "1": "The address cannot be reached.",
    "2": "The mailbox cannot take mail.",
    "3": "Their server cannot take mail now.",
    "4": "Their server could not be reached.",
    "5": "Their server did not understand ours.",
    "6": "Their server could not read the mail.",
    "7": "Their server refused the mail.",
}


def receipts(root: Node, parts: Sequence[Part]) -> list[Receipt]:
    """What a mail server's mail tells of mails of ours; nothing when it is none, or tells of others' mails."""
    report = _report_kind(root)
    if report == "disposition-notification":
        return _read(parts)
    is_notice = report == "delivery-status" or any(part.kind == "message/delivery-status" for part in parts)
    if not is_notice and not _looks_like_one(root):
        return []
    ours = _ours(parts)
    if not ours:
        return []
    told = _delivery_status(parts)
    status, error = _standing(told, root, parts) if told else _guessed(root, parts)
    return [Receipt(status, source_id=ours, error=error if status == "failed" else "")]


def _report_kind(root: Node) -> str:
    if root.kind != "multipart/report":
        return ""
    try:
        return headers.parameter(root.get_param("report-type")).lower()
    except BROKEN:
        return ""


def _looks_like_one(root: Node) -> bool:
    sender = headers.person(root, "From")
    return bool(
        headers.raw(root, "X-Failed-Recipients")
        or (sender and automatic.is_bouncer(sender.email))
        or (automatic.has_no_return(root) and _FAILED.search(headers.text(root, "Subject")))
    )


def _ours(parts: Sequence[Part]) -> str:
    """The Message-ID of the mail of ours that is told of: the last in its returned headers, or in the notice's text."""
    for part in sorted(parts, key=lambda part: part.kind not in ("message/rfc822", "text/rfc822-headers")):
        text = decoded(part.content[:LONGEST], part.charset)
        if part.kind in ("message/rfc822", "text/rfc822-headers"):
            returned = message_from_string(text)
            named = [*headers.ids(returned, "Message-ID"), *headers.ids(returned, "X-Parley-Message-ID")]
            if found := next((each for each in named if mail_ids.read(each)), ""):
                return found
        elif found := _named(text):
            return found
    return ""


def _named(text: str) -> str:
    """In a notice that holds the returned headers as text, only its Message-ID counts, not what it refers to."""
    labelled = re.findall(
        r"^(?:> ?)*\s*(?:X-Parley-)?Message-ID:\s*<([^<>\s]{1,998})>", text, re.IGNORECASE | re.MULTILINE
    )
    if labelled:
        return next((each for each in labelled if mail_ids.read(each)), "")
    found = mail_ids.found_in(text)
    return found[0] if found else ""


def _delivery_status(parts: Sequence[Part]) -> list[Message]:
    """The blocks of an RFC 3464 report, one for each recipient."""
    blocks: list[Message] = []
    for part in parts:
        if part.kind == "message/delivery-status":
            text = decoded(part.content[:LONGEST], part.charset)
            blocks += [
                message_from_string(block.strip()) for block in re.split(r"\n[ \t]*\n", text)[:200] if block.strip()
            ]
    return [block for block in blocks if block.get("Action") or block.get("Final-Recipient")]


def _standing(told: Sequence[Message], root: Node, parts: Sequence[Part]) -> tuple[Status, str]:
    """The worst that is told of any recipient."""
    failed = [block for block in told if headers.raw(block, "Action").lower().split(" ")[0] in ("failed", "")]
    if not failed:
        action = headers.raw(told[0], "Action").lower().split(" ")[0]
        return _STATUS.get(action, "sent"), ""
    return "failed", " ".join(_explained(block) for block in failed[:5])[:1000]


def _explained(block: Message) -> str:
    recipient = _after_type(headers.text(block, "Final-Recipient") or headers.text(block, "Original-Recipient"))
    diagnosis = _after_type(headers.text(block, "Diagnostic-Code"))
    code = headers.raw(block, "Status").split(" ")[0]
    # Some servers put a vague status above a diagnosis that says more.
    exact = next((each for each in _ENHANCED.findall(diagnosis) if not each.endswith(".0.0")), code)
    return _sentence(recipient, exact, diagnosis)


def _after_type(value: str) -> str:
    return value.partition(";")[2].strip() if ";" in value else value.strip()


def _sentence(recipient: str, code: str, diagnosis: str) -> str:
    family, _, rest = code.partition(".")
    words = _WORDS.get(rest) or _FAMILIES.get(rest.partition(".")[0]) or "It could not be delivered."
    if family == "4":
        words = f"{words} It was tried for as long as mail servers do."
    said = diagnosis[:300] or code
    return f"{recipient + ': ' if recipient else ''}{words}{f' ({said})' if said else ''}"


def _guessed(root: Node, parts: Sequence[Part]) -> tuple[Status, str]:
    """From a notice in a server's own words: who, and the first code in it."""
    text = "\n".join(decoded(part.content[:LONGEST], part.charset) for part in parts if part.kind == "text/plain")
    if _DELAYED.search(headers.text(root, "Subject")):
        return "sent", ""
    recipient = headers.raw(root, "X-Failed-Recipients").partition(",")[0].strip()
    enhanced, reply = _ENHANCED.search(text), _REPLY_CODE.search(text)
    line = _line_around(text, (enhanced or reply).start()) if enhanced or reply else ""  # type: ignore[union-attr]
    return "failed", _sentence(recipient, enhanced[1] if enhanced else "", line)


def _line_around(text: str, at: int) -> str:
    begin = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    return " ".join(text[begin : end if end >= 0 else len(text)].split())[:300]


def _read(parts: Sequence[Part]) -> list[Receipt]:
    """A read receipt (RFC 8098)."""
    for part in parts:
        if part.kind == "message/disposition-notification":
            told = message_from_string(decoded(part.content[:LONGEST], part.charset).strip())
            ours = next((each for each in headers.ids(told, "Original-Message-ID") if mail_ids.read(each)), "")
            if ours and "displayed" in headers.raw(told, "Disposition").lower():
                return [Receipt("read", source_id=ours)]
    return []
