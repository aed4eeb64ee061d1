"""Takes a raw mail apart into its parts, which are counted, so that each can be fetched again."""

from __future__ import annotations

import re
from binascii import Error as BadBase64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.policy import Compat32
from typing import Any, cast

from app.channels.email import headers, tnef
from app.channels.email.charsets import decoded
from app.lib.filename import clean_filename

LARGEST = 64 * 1024 * 1024
MOST_MULTIPARTS = 100
HEAD = 512 * 1024
# What the standard library is known to raise on broken mails.
BROKEN = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, MessageError, BadBase64)

_MULTIPART = re.compile(rb"^content-type:\s*multipart/", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(rb"^--(\S.{0,200}?)\s*\n(?=content-[a-z-]+\s*:)", re.IGNORECASE | re.MULTILINE)
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}")
_SUFFIXES = {
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/rfc822-headers": ".txt",
    "text/vcard": ".vcf",
    "application/pdf": ".pdf",
    "application/pgp-signature": ".asc",
    "application/pgp-encrypted": ".asc",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m",
    "application/x-pkcs7-mime": ".p7m",
    "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
}


class _Policy(Compat32):
    """Header values as text, also those with bare 8-bit letters, of which the library makes question marks."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value if value.isascii() else decoded(value.encode("utf-8", "surrogateescape"))


_POLICY = _Policy()


class Node(Message):
    """A part of a mail. Mails within mails are left whole: they are files."""

    is_cut = False

    def get_content_maintype(self) -> str:
        kind = super().get_content_maintype()
        return "application" if kind == "message" else kind

    def get_content_type(self) -> str:
        kind = super().get_content_type()
        return "application/x-message" if kind == "message/delivery-status" else kind

    @property
    def kind(self) -> str:
        """Its content type, as it is said; `application/octet-stream` where that is nonsense."""
        said = super().get_content_type()
        return said if _TYPE.fullmatch(said) else "application/octet-stream"

    @property
    def children(self) -> list[Node]:
        return [each for each in self.get_payload() if isinstance(each, Node)] if self.is_multipart() else []


@dataclass(frozen=True)
class Part:
    """A leaf of a mail; `number` counts them, in their order, from 1."""

    number: int
    node: Node

    @property
    def kind(self) -> str:
        return self.node.kind

    @property
    def disposition(self) -> str:
        return headers.raw(self.node, "Content-Disposition", 100).partition(";")[0].strip().lower()

    @property
    def given_name(self) -> str:
        """The file name that the sender gave; empty where there is none."""
        for name, header in (("filename", "Content-Disposition"), ("name", "Content-Type")):
            try:
                if given := headers.parameter(self.node.get_param(name, None, header)):
                    return given
            except BROKEN:
                continue
        return headers.text(self.node, "Content-Description") if self.kind == "message/rfc822" else ""

    @property
    def filename(self) -> str:
        """A name to show and to save it under, never empty."""
        suffix = _SUFFIXES.get(self.kind, "")
        if not (given := self.given_name):
            return f"attachment-{self.number}{suffix}"
        name = clean_filename(given)
        return name + suffix if self.kind == "message/rfc822" and not name.lower().endswith(suffix) else name

    @property
    def content_id(self) -> str:
        return headers.raw(self.node, "Content-ID", 1000).strip().strip("<>").strip()

    @property
    def charset(self) -> str | None:
        try:
            return headers.parameter(self.node.get_param("charset")) or None
        except BROKEN:
            return None

    @property
    def is_base64(self) -> bool:
        return headers.raw(self.node, "Content-Transfer-Encoding", 100).lower() == "base64"

    @property
    def content(self) -> bytes:
        return content_of(self.node)


def taken_apart(raw: bytes) -> Node:
    """The mail as a tree. One that is too large or too deep is its headers alone, with the rest as text."""
    if len(raw) > LARGEST or sum(1 for _ in _MULTIPART.finditer(raw)) > MOST_MULTIPARTS:
        return _flat(raw)
    try:
        root = _read(raw)
        return _mended(root) if root.kind.startswith("multipart/") and not root.children else root
    except BROKEN:
        return _flat(raw)


def _read(raw: bytes) -> Node:
    return cast("Node", message_from_bytes(raw, Node, policy=_POLICY))


def _mended(root: Node) -> Node:
    """A mail whose boundary is missing or wrong: the first line that looks like one is taken for it."""
    body = content_of(root)
    found = _BOUNDARY.search(body)
    if found is None:
        return root
    head = b'Content-Type: multipart/mixed; boundary="' + found[1].replace(b'"', b"") + b'"\n\n'
    mended = _read(head + body)
    root.set_payload(mended.get_payload())
    return root


def leaves(root: Node) -> Iterator[Part]:
    """All parts that hold something, in their order."""
    number = 0
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.children:
            waiting += reversed(node.children)
        else:
            number += 1
            yield Part(number, node)


def content_of(node: Node) -> bytes:
    """A part's bytes, unpacked from their transfer encoding."""
    try:
        unpacked = node.get_payload(decode=True)
    except BROKEN:
        unpacked = None
    return unpacked if isinstance(unpacked, bytes) else b""


def part_of(raw: bytes, ref: Mapping[str, Any]) -> tuple[bytes, str]:
    """The bytes that an attachment's `ref` names, and the type they claim. Raises LookupError when there is no such part.

    `{"part": n}` is a part of the mail, `{"part": n, "file": k}` a file packed in it, `{"part": 0}` the mail itself.
    """
    number, file = ref.get("part"), ref.get("file")
    if number == 0:
        return raw, "message/rfc822"
    found = next((part for part in leaves(taken_apart(raw)) if part.number == number), None)
    if found is None:
        raise LookupError(f"The mail has no part {number}.")
    if file is None:
        return found.content, found.kind
    packed = tnef.unpacked(found.content)
    if packed is None or not isinstance(file, int) or not 0 <= file < len(packed.files):
        raise LookupError(f"There is no file {file} in part {number}.")
    return packed.files[file].content, "application/octet-stream"


def _flat(raw: bytes) -> Node:
    head, _, _ = raw[:HEAD].partition(b"\r\n\r\n" if b"\r\n\r\n" in raw[:HEAD] else b"\n\n")
    node = Node(policy=_POLICY)
    for line in re.split(rb"\r?\n(?![ \t])", head)[:1000]:
        name, colon, value = line.decode("ascii", "surrogateescape").partition(":")
        if colon and name.lower() not in ("content-type", "content-transfer-encoding"):
            node[name] = value.strip()
    node.is_cut = True
    node.set_payload("")
    return node
