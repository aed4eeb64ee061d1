"""Reads a mail's headers as they come: encoded words, addresses, ids and dates, whatever state they are in."""

from __future__ import annotations

import re
from binascii import Error as BadBase64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from itertools import islice
from weakref import WeakKeyDictionary

from app.channels.email.charsets import decoded, tidied
from app.errors import Invalid
from app.lib import address as addresses

LONGEST = 4_000
LONGEST_LIST = 2_000_000
MOST_IDS = 100
LONGEST_NAME = 200

_SPACE = re.compile(r"\s+")
_ID = re.compile(r"<([^<>]{1,998})>")
_BARE_ID = re.compile(r"[^\s<>,;\"]{1,900}@[^\s<>,;\"]{1,90}")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,200}@[^\s@<>()\[\],;:\"\\]{1,253}")
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_sorted_out: WeakKeyDictionary[Message, dict[str, list[str]]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Address:
    """Somebody in a header; `email` is in lower case."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.name else self.email


def raw(message: Message, name: str, limit: int = LONGEST) -> str:
    """A header's first value, unfolded but not decoded; 8-bit letters are read as what they look like."""
    return next(iter(raws(message, name, limit)), "")


def raws(message: Message, name: str, limit: int = LONGEST) -> Iterable[str]:
    values = [value[:limit] for value in _by_name(message).get(name.lower(), ())]
    return [_unfolded(value, None if value.isascii() else _charset(message)) for value in values]


def _by_name(message: Message) -> dict[str, list[str]]:
    """A mail's headers by their names in lower case, sorted out once: they are asked for some sixty times."""
    known = _sorted_out.get(message)
    if known is None:
        known = {}
        for name, value in message.raw_items():
            known.setdefault(name.lower(), []).append(str(value))
        _sorted_out[message] = known
    return known


def text(message: Message, name: str) -> str:
    """A header's words, on one line, without what cannot be seen."""
    return words(raw(message, name))


def words(value: str) -> str:
    """`value` with its encoded words read (RFC 2047), on one line."""
    read = _read_words(value) if "=?" in value else value
    return _SPACE.sub(" ", _UNSEEN.sub("", tidied(read))).strip()


def people(message: Message, *names: str, limit: int = LONGEST_LIST) -> list[Address]:
    """Everybody in these headers, each address once, in their order."""
    found: dict[str, Address] = {}
    for name in names:
        for value in raws(message, name, limit):
            for each in _people(value):
                found.setdefault(each.email, each)
    return list(found.values())


def person(message: Message, name: str) -> Address | None:
    """The first in a header, whose address need not be a good one."""
    listed = people(message, name, limit=LONGEST)
    if listed:
        return listed[0]
    shown = _UNSEEN.sub("", text(message, name)).strip("<> \"'")
    return Address("", shown[:LONGEST_NAME].lower()) if shown and ":;" not in shown.replace(" ", "") else None


def ids(message: Message, name: str) -> list[str]:
    """Message-IDs in a header, without their brackets; the latest are kept where there are many."""
    found: list[str] = []
    for value in raws(message, name, 200_000):
        # Long ids are encoded by some mailers, though they must not be (RFC 2047 §5).
        value = words(value) if "=?" in value else value
        some = _ID.findall(value) or _BARE_ID.findall(value)
        found += [_SPACE.sub("", tidied(each)) for each in some]
    return list(dict.fromkeys(each for each in found if each))[-MOST_IDS:]


def date(message: Message, now: datetime) -> datetime | None:
    """When a mail says that it was written, in UTC; nothing where that cannot be: long ago, or in the future."""
    try:
        said = parsedate_to_datetime(raw(message, "Date", 200))
        said = (said if said.tzinfo else said.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
    # A clock that is a little ahead is common; one that is a day ahead tells nothing.
    return said if said >= _EARLIEST and (said - now).total_seconds() < 24 * 3600 else None


def parameter(value: str | tuple[str | None, str | None, str] | None) -> str:
    """A MIME parameter's words, by whichever of the two ways they were written (RFC 2231, RFC 2047)."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        charset, _, rest = value
        return words(decoded(rest.encode("latin-1", "replace"), charset or "utf-8"))
    return words(_unfolded(value))


def is_address(value: str) -> bool:
    """Whether mail can be sent there."""
    try:
        addresses.email(value)
    except Invalid:
        return False
    return True


def _people(value: str) -> list[Address]:
    try:
        pairs = getaddresses([value])
    except (ValueError, IndexError, TypeError, AttributeError, RecursionError):
        pairs = []
    listed = [
        Address(words(name)[:LONGEST_NAME].strip("\"' "), email.lower())
        for name, email in ((name, words(email)) for name, email in pairs)
        if _ADDRESS.fullmatch(email)
    ]
    if listed or "@" not in (read := words(value)):
        return listed
    # The whole of it stands in one encoded word, or its brackets are lost: what looks like an address is taken for one.
    return [Address("" if "," in read else _before(read, found), found.lower()) for found in _ADDRESS.findall(read)]


def _before(read: str, email: str) -> str:
    return read.partition(email)[0].strip(" <\"'")[:LONGEST_NAME]


def _unfolded(value: str, charset: str | None = None) -> str:
    if not value.isascii():
        value = decoded(value.encode("utf-8", "surrogateescape"), charset)
    return re.sub(r"[\r\n]+[ \t]*", " ", value).strip()


def _charset(message: Message) -> str | None:
    """What the text below is written in: headers with bare 8-bit letters mostly are too."""
    for part in islice(message.walk(), 5):
        charset = part.get_param("charset")
        if isinstance(charset, str) and charset.lower() not in ("us-ascii", "utf-8", "utf8"):
            return charset
    return None


def _read_words(value: str) -> str:
    try:
        # Neighbours in one charset are joined before they are read: some mailers cut a letter in two.
        pieces = decode_header(value)
    except (HeaderParseError, BadBase64, ValueError, AssertionError):
        return value
    return "".join(piece if isinstance(piece, str) else decoded(piece, charset) for piece, charset in pieces)
