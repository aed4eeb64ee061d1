"""A mailbox: signed in over IMAP, read without leaving a trace, within bounds of time and size."""

from __future__ import annotations

import imaplib
import logging
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from socket import socket
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError, ProtocolError

from app.channels.email.way import Denied, InTheClear, Way, told, words_of
from app.channels.standing import Unreachable
from app.lib import guard, tls
from app.lib.dial import dial, is_local

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
# Above the largest mail that is read whole, and what the server says around it.
LONGEST_ANSWER = 64 * 1024 * 1024
# RFC 5530 §3: not the password is wrong, but the hour; others say it in words.
_FOR_NOW = re.compile(
    r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN)\]|too many|temporar|try again|bandwidth|throttl|not connected",
    re.IGNORECASE,
)
# It writes every line to the log of whoever asks for details; mails and tokens do not belong there.
logging.getLogger("imapclient").setLevel(logging.WARNING)


class Unfetchable(Exception):
    """The server has the mail and will not give it."""


@dataclass(frozen=True)
class Folder:
    """A folder as it was opened: UIDs are good while `validity` is the same."""

    name: str
    validity: int
    next_uid: int


@dataclass(frozen=True)
class Waiting:
    """A mail that was seen and not read yet: `arrived` is the server's hour, `sent` what the mail says."""

    uid: int
    size: int
    arrived: datetime
    date: str


class _Wire(imaplib.IMAP4):
    """Dials checked addresses only, and reads no more than it may, no longer than it may."""

    def __init__(self, way: Way, deadline: float) -> None:
        self._way = way
        self._deadline = deadline
        self._heard = 0
        super().__init__(way.host, way.port, timeout=CONNECT_SECONDS)

    def _create_socket(self, timeout: float | None = None) -> socket:
        opened = dial(self.host, self.port, timeout=timeout or CONNECT_SECONDS, allow_private=self._way.allow_private)
        if self._way.security == "tls":
            return tls.trust().wrap_socket(opened, server_hostname=self.host)
        if self._way.security == "none" and not is_local(opened):
            opened.close()
            raise InTheClear("Without TLS the password could be read on its way.")
        return opened

    def read(self, size: int) -> bytes:
        if size > LONGEST_ANSWER:
            raise self.abort(f"the server announces {size} bytes at once")
        self._count(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._count(len(line))
        return line

    def may_go_on(self, seconds: float) -> None:
        """Time and room for what comes next."""
        self._heard, self._deadline = 0, time.monotonic() + seconds

    def _count(self, size: int) -> None:
        self._heard += size
        if self._heard > 2 * LONGEST_ANSWER:
            raise self.abort("the server talks without end")
        if time.monotonic() > self._deadline:
            raise TimeoutError


class _Client(IMAPClient):  # type: ignore[misc]  # published without types
    def __init__(self, way: Way, seconds: float) -> None:
        self._way = way
        self._seconds = seconds
        super().__init__(way.host, way.port, ssl=way.security == "tls", timeout=SocketTimeout(10.0, ANSWER_SECONDS))
        self.normalise_times = False

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802  # the library's name
        return _Wire(self._way, time.monotonic() + self._seconds)


class Mailbox:
    """An open connection; made by `opened`. Whatever breaks is Unreachable."""

    def __init__(self, client: Any, way: Way) -> None:
        self._client = client
        self._way = way

    def folders(self) -> list[str]:
        """The folders that can be opened, the inbox first."""
        with _told(self._way):
            listed = self._client.list_folders()
        names = [str(name) for flags, _, name in listed if b"\\noselect" not in {flag.lower() for flag in flags}]
        return sorted(names, key=lambda name: (name.upper() != "INBOX", name.casefold()))

    def open(self, name: str, *, to_mark: bool = False) -> Folder:
        """Raises Unfetchable when there is no such folder."""
        with _told(self._way):
            try:
                found = self._client.select_folder(name, readonly=not to_mark)
            except IMAPClientAbortError:
                raise
            except IMAPClientError as refused:
                raise _refusal(words_of(refused)) from None
        return Folder(name, int(found.get(b"UIDVALIDITY", 0)), int(found.get(b"UIDNEXT", 0)))

    def above(self, uid: int) -> list[int]:
        """UIDs higher than `uid`. (A range that ends with `*` always has the last mail in it: RFC 3501 §6.4.8.)"""
        return [each for each in self._search(["UID", f"{uid + 1}:*"]) if each > uid]

    def since(self, day: datetime) -> list[int]:
        """UIDs of what arrived on that day or later."""
        return self._search(["SINCE", day.date()])

    def _search(self, criteria: Sequence[Any]) -> list[int]:
        with _told(self._way):
            return sorted(int(uid) for uid in self._client.search(criteria))

    def describe(self, uids: Sequence[int]) -> list[Waiting]:
        """Size and hour of each that is still there."""
        known: list[Waiting] = []
        for start in range(0, len(uids), 500):
            some = uids[start : start + 500]
            try:
                known += self._describe(some)
            except Unfetchable:
                # One that the server chokes on must not keep the others away.
                known += [found for uid in some for found in self._describe_alone(uid)]
        return known

    def _describe(self, uids: Sequence[int]) -> list[Waiting]:
        found = self._fetched(uids, "RFC822.SIZE", "INTERNALDATE", "BODY.PEEK[HEADER.FIELDS (DATE)]")
        return [_described(uid, given) for uid, given in found.items() if b"RFC822.SIZE" in given]

    def _describe_alone(self, uid: int) -> list[Waiting]:
        try:
            return self._describe([uid])
        except Unfetchable:
            return [Waiting(uid, 0, datetime.now(UTC), "")]

    def whole(self, uids: Sequence[int]) -> Mapping[int, bytes]:
        """The mails as they are, without those that are gone. Raises Unfetchable when the server will not."""
        return self._bodies(uids, "BODY.PEEK[]")

    def beginning(self, uid: int, size: int) -> bytes:
        return self._bodies([uid], f"BODY.PEEK[]<0.{size}>").get(uid, b"")

    def _bodies(self, uids: Sequence[int], what: str) -> dict[int, bytes]:
        found = self._fetched(uids, what)
        return {uid: raw for uid, given in found.items() if (raw := _body(given)) is not None}

    def _fetched(self, uids: Sequence[int], *what: str) -> dict[int, Mapping[bytes, Any]]:
        with _told(self._way):
            try:
                return dict(self._client.fetch(uids, what))
            except IMAPClientAbortError:
                raise
            except IMAPClientError as refused:
                raise Unfetchable(words_of(refused)) from None

    def mark_seen(self, uids: Sequence[int]) -> None:
        with _told(self._way):
            self._client.add_flags(uids, [b"\\Seen"], silent=True)

    def quota(self) -> tuple[int, int] | None:
        """Used and allowed kilobytes (RFC 9208), where the server tells."""
        with _told(self._way):
            try:
                _, quotas = self._client.get_quota_root("INBOX")
            except CapabilityError:
                return None
            except IMAPClientAbortError:
                raise
            except IMAPClientError:
                return None
        storage = [(int(each.usage), int(each.limit)) for each in quotas if str(each.resource).upper() == "STORAGE"]
        return max(storage, key=lambda pair: pair[0] / max(pair[1], 1), default=None)

    def can_idle(self) -> bool:
        with _told(self._way):
            return bool(self._client.has_capability("IDLE"))

    def idle(self, seconds: float, *, ready: Callable[[], None] = lambda: None) -> bool:
        """Wait until something changes in the open folder: whether it did. `ready` is told when the server listens."""
        wire: _Wire = self._client._imap
        wire.may_go_on(seconds + 2 * ANSWER_SECONDS)
        until = time.monotonic() + seconds
        with _told(self._way):
            self._client.idle()
            ready()
            heard: list[Any] = []
            while not _is_news(heard) and (left := until - time.monotonic()) > 0:
                asked = time.monotonic()
                heard = self._client.idle_check(timeout=left)
                if not heard and time.monotonic() - asked < left / 2:
                    break  # the other end is closed, which the next command tells
            _, last = self._client.idle_done()
        return _is_news([*heard, *last])

    def close(self) -> None:
        """From any thread; whoever waits on it hears of it."""
        with _quietly():
            self._client.shutdown()


def _refusal(words: str) -> Unfetchable | Unreachable:
    return Unreachable(words) if _FOR_NOW.search(words) else Unfetchable(words)


def _is_news(heard: Sequence[Any]) -> bool:
    return any(len(each) > 1 and each[1] in (b"EXISTS", b"RECENT") for each in heard)


def _described(uid: int, given: Mapping[bytes, Any]) -> Waiting:
    arrived = given.get(b"INTERNALDATE")
    moment = arrived if isinstance(arrived, datetime) else datetime.now(UTC)
    field = next((value for name, value in given.items() if name.startswith(b"BODY[HEADER.FIELDS")), b"") or b""
    return Waiting(
        uid, int(given[b"RFC822.SIZE"]), moment.astimezone(UTC), field.decode("ascii", "replace").partition(":")[2]
    )


def _body(given: Mapping[bytes, Any]) -> bytes | None:
    for name, value in given.items():
        if name.startswith(b"BODY[]"):
            return bytes(value) if value is not None else b""
    return None


@contextmanager
def opened(way: Way, *, seconds: float = 120.0) -> Iterator[Mailbox]:
    """A mailbox, for `seconds` at most. Raises Unreachable, and Denied when the server does not let us in."""
    client = None
    try:
        with _told(way):
            client = _Client(way, seconds)
            if way.security == "starttls":
                client.starttls(tls.trust())
            _sign_in(client, way)
        yield Mailbox(client, way)
    finally:
        if client is not None:
            _leave(client)


def _sign_in(client: Any, way: Way) -> None:
    try:
        if way.token:
            client.oauth2_login(way.login, way.token)
        elif client.has_capability("LOGINDISABLED") or not way.password.isascii() or not way.login.isascii():
            client.plain_login(way.login, way.password)
        else:
            client.login(_quotable(way.login), _quotable(way.password))
    except IMAPClientAbortError:
        raise
    except IMAPClientError as refused:
        # The library tells a line that broke meanwhile as a refusal; the password may be right.
        if isinstance(refused.__context__, IMAPClientAbortError):
            raise refused.__context__ from None
        _tell_refusal(words_of(refused))


def _quotable(text: str) -> str:
    if "\r" in text or "\n" in text or "\0" in text:
        raise Denied("A name or password cannot hold a line break.")
    return text


def _tell_refusal(words: str) -> None:
    bare = re.sub(r"^(?:b['\"])?(?:\w+ failed: )?", "", words).strip("'\"")
    if _FOR_NOW.search(bare):
        raise Unreachable(bare)
    raise Denied(bare)


def _leave(client: Any) -> None:
    with _quietly():
        client.socket().settimeout(2.0)
        client.logout()
    with _quietly():
        client.shutdown()


@contextmanager
def _quietly() -> Iterator[None]:
    """What goes wrong while leaving is of no interest any more."""
    with suppress(IMAPClientError, OSError, ValueError, AttributeError):
        yield


@contextmanager
def _told(way: Way) -> Iterator[None]:
    try:
        yield
    except (guard.Refused, ssl.SSLError, OSError, InTheClear) as broken:
        raise Unreachable(told(broken, way) if not isinstance(broken, InTheClear) else str(broken)) from broken
    except IMAPClientAbortError as broken:
        raise Unreachable(_cut_off(broken, way)) from broken
    except (IMAPClientError, ProtocolError) as odd:
        raise Unreachable(f"{way} said: {words_of(odd)}") from odd
    except (ValueError, TypeError, KeyError, IndexError, AssertionError, AttributeError) as odd:
        # The library parses what it hears with these; a server may say anything.
        raise Unreachable(f"{way} said something that is not IMAP: {words_of(odd)}") from odd


def _cut_off(broken: Exception, way: Way) -> str:
    reason = words_of(broken)
    return f"{way} ended the connection." if "EOF" in reason else f"The connection to {way} failed: {reason}"
