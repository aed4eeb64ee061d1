"""Tells mails apart: the same mail by two ways has one key, another body under the same Message-ID has another."""

from __future__ import annotations

import re
from hashlib import sha256

from app.channels.email import headers
from app.channels.email.charsets import decoded
from app.channels.email.parts import BROKEN, Node, leaves, taken_apart

_SPACE = re.compile(rb"\s+")


def letter_key(raw: bytes) -> str:
    """64 hex digits from what all ways share: Message-ID, Date, From and the parts' contents, however they were encoded
    for travelling; not from the headers that servers add on the way.
    """
    try:
        return key_of(taken_apart(raw), raw)
    except BROKEN:
        return sha256(raw).hexdigest()


def key_of(root: Node, raw: bytes) -> str:
    """As `letter_key`, of a mail that is taken apart already."""
    if root.is_cut:
        body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2].strip()
        return sha256(body or raw).hexdigest()
    sender = headers.person(root, "From")
    digest = sha256()
    named = headers.raw(root, "Message-ID")
    # Without an id, mails of one program may differ in their subject alone.
    others = () if named else (headers.text(root, "Subject"), *(each.email for each in headers.people(root, "To")))
    for said in (named, headers.raw(root, "Date"), sender.email if sender else "", *others):
        digest.update(said.encode("utf-8", "replace") + b"\n")
    for part in leaves(root):
        content = part.content
        if part.kind.startswith("text/"):
            content = decoded(content, part.charset).encode()
        if part.kind.startswith("text/") or not part.is_base64:
            # Servers fold lines, end them otherwise and change the charset's label, but not the words.
            content = _SPACE.sub(b" ", content)
        digest.update(sha256(part.kind.encode() + b"\n" + content.strip()).digest())
    return digest.hexdigest()
