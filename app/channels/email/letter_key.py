"""Tells mails apart: the same mail by two ways has one key, another body under the same Message-ID has another."""

from __future__ import annotations

import re
from hashlib import sha256

from app.channels.email import headers
from app.channels.email.charsets import decoded
from app.channels.email.parts import BROKEN, leaves, taken_apart

_SPACE = re.compile(r"\s+")


def letter_key(raw: bytes) -> str:
    """64 hex digits from what all ways share: Message-ID, Date, From and the parts' contents, however they were encoded
    for travelling; not from the headers that servers add on the way.
    """
    try:
        return _key(raw)
    except BROKEN:
        return sha256(raw).hexdigest()


def _key(raw: bytes) -> str:
    root = taken_apart(raw)
    if root.is_cut:
        return sha256(raw.partition(b"\r\n\r\n")[2] or raw).hexdigest()
    sender = headers.person(root, "From")
    digest = sha256()
    for said in (headers.raw(root, "Message-ID"), headers.raw(root, "Date"), sender.email if sender else ""):
        digest.update(said.encode("utf-8", "replace") + b"\n")
    for part in leaves(root):
        content = part.content
        if part.kind.startswith("text/"):
            # Servers fold lines and change the charset's label, but not the words.
            content = _SPACE.sub(" ", decoded(content, part.charset)).strip().encode()
        digest.update(sha256(part.kind.encode() + b"\n" + content.strip()).digest())
    return digest.hexdigest()
