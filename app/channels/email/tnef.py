"""Unpacks winmail.dat, in which Outlook sends what should have been parts of the mail (MS-OXTNEF)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.channels.email.charsets import decoded
from app.lib.filename import clean_filename

MOST_FILES = 100
MOST_ATTRIBUTES = 20_000
MOST_PROPERTIES = 2_000

_SIGNATURE = b"\x78\x9f\x3e\x22"
_ATTACHMENT_BEGINS, _ATTACHMENT_TITLE, _ATTACHMENT_DATA, _ATTACHMENT_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_BODY, _CODEPAGE, _MESSAGE_PROPERTIES = 0x800C, 0x9007, 0x9003
_PROP_BODY, _PROP_HTML, _PROP_CODEPAGE = 0x1000, 0x1013, 0x3FDE
_PROP_DATA, _PROP_SHORT_NAME, _PROP_LONG_NAME = 0x3701, 0x3704, 0x3707
# Bytes that a value of each fixed type takes, padded to four (MS-OXCDATA §2.11.1).
_FIXED = {0x0002: 4, 0x000B: 4, 0x0003: 4, 0x0004: 4, 0x000A: 4, 0x0001: 4}
_FIXED |= dict.fromkeys((0x0005, 0x0006, 0x0007, 0x0014, 0x0040), 8) | {0x0048: 16}
_STRING, _UNICODE, _OBJECT, _BINARY = 0x001E, 0x001F, 0x000D, 0x0102
_EMBEDDED = b"\x07\x03\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"


@dataclass(frozen=True)
class PackedFile:
    filename: str
    content: bytes


@dataclass
class Packed:
    """What was in it: its files and its text, which may be empty."""

    files: list[PackedFile] = field(default_factory=list)
    text: str = ""
    html: str = ""


@dataclass
class _Attachment:
    title: str = ""
    name: str = ""
    content: bytes = b""

    def packed(self, number: int) -> PackedFile:
        return PackedFile(clean_filename(self.name or self.title or f"attachment-{number}"), self.content)


def unpacked(content: bytes) -> Packed | None:
    """What `content` holds, as far as it can be read; nothing when it is no TNEF. Never raises."""
    if not content.startswith(_SIGNATURE):
        return None
    packed, charset, attachments = Packed(), "cp1252", list[_Attachment]()
    for name, data in _attributes(content):
        if name == _CODEPAGE and len(data) >= 4:
            charset = f"cp{int.from_bytes(data[:4], 'little')}"
        elif name == _BODY:
            packed.text = packed.text or _text(data, charset)
        elif name == _MESSAGE_PROPERTIES:
            _read_message(packed, data, charset)
        elif name == _ATTACHMENT_BEGINS:
            attachments.append(_Attachment())
        elif attachments:
            _read_attachment(attachments[-1], name, data, charset)
    packed.files = [each.packed(at + 1) for at, each in enumerate(attachments[:MOST_FILES]) if each.content]
    return packed


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = 6
    for _ in range(MOST_ATTRIBUTES):
        if at + 11 > len(content):
            return
        _, name, _, length = struct.unpack_from("<BHHI", content, at)
        yield name, content[at + 9 : at + 9 + length]
        at += 9 + length + 2


def _read_message(packed: Packed, data: bytes, charset: str) -> None:
    properties = dict(_properties(data, charset))
    body, html, codepage = (properties.get(each) for each in (_PROP_BODY, _PROP_HTML, _PROP_CODEPAGE))
    if isinstance(codepage, bytes) and len(codepage) >= 4:
        number = int.from_bytes(codepage[:4], "little")
        charset = "utf-8" if number == 65001 else f"cp{number}"
    if isinstance(body, str) and body.strip():
        packed.text = body.strip("\0")
    if html:
        packed.html = html if isinstance(html, str) else _text(html, charset)


def _read_attachment(attachment: _Attachment, name: int, data: bytes, charset: str) -> None:
    if name == _ATTACHMENT_TITLE:
        attachment.title = _text(data, charset)
    elif name == _ATTACHMENT_DATA:
        attachment.content = data
    elif name == _ATTACHMENT_PROPERTIES:
        properties = dict(_properties(data, charset))
        name_given = properties.get(_PROP_LONG_NAME) or properties.get(_PROP_SHORT_NAME)
        attachment.name = name_given.strip("\0") if isinstance(name_given, str) else attachment.name
        inside = properties.get(_PROP_DATA)
        if isinstance(inside, bytes) and not attachment.content:
            attachment.content = inside.removeprefix(_EMBEDDED)


def _properties(data: bytes, charset: str) -> Iterator[tuple[int, bytes | str]]:
    """Ids and values of a list of MAPI properties, until its end or the first that cannot be read."""
    try:
        (count,) = struct.unpack_from("<I", data, 0)
        at = 4
        for _ in range(min(count, MOST_PROPERTIES)):
            kind, name = struct.unpack_from("<HH", data, at)
            at = _after_name(data, at + 4) if name >= 0x8000 else at + 4
            value, at = _value(data, at, kind, charset)
            yield name, value
    except struct.error:
        return


def _after_name(data: bytes, at: int) -> int:
    """Past the long name of a property: a GUID, then a number or a text."""
    kind, length = struct.unpack_from("<II", data, at + 16)
    return at + 24 + (_padded(length) if kind else 0)


def _value(data: bytes, at: int, kind: int, charset: str) -> tuple[bytes | str, int]:
    many, kind = bool(kind & 0x1000), kind & ~0x1000
    if kind in _FIXED:
        count = struct.unpack_from("<I", data, at)[0] if many else 1
        at += 4 if many else 0
        return data[at : at + _FIXED[kind]], at + _FIXED[kind] * min(count, len(data))
    if kind not in (_STRING, _UNICODE, _OBJECT, _BINARY):
        raise struct.error(f"There is no type {kind:#06x}.")
    (count,) = struct.unpack_from("<I", data, at)
    at, first = at + 4, b""
    for number in range(min(count, MOST_PROPERTIES)):
        (length,) = struct.unpack_from("<I", data, at)
        first = data[at + 4 : at + 4 + length] if number == 0 else first
        at += 4 + _padded(length)
    if kind == _UNICODE:
        return first.decode("utf-16-le", "replace").strip("\0"), at
    return (_text(first, charset) if kind == _STRING else first), at


def _padded(length: int) -> int:
    return length + -length % 4


def _text(data: bytes, charset: str) -> str:
    return decoded(data.rstrip(b"\0"), charset)
