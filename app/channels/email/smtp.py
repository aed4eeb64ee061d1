"""Hands a mail over to an SMTP server, and tells exactly what became of it."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from app.channels.email.way import Denied, InTheClear, Way, told, words_of
from app.channels.outgoing import DeliveryFailed
from app.channels.standing import Unreachable
from app.lib import guard, tls
from app.lib.dial import dial, is_local

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
# RFC 5321 §4.5.3.2.6: a server may think for ten minutes after the last dot; ours is asked to wait for two.
ACCEPT_SECONDS = 120.0
# As many as every server must take in one go (RFC 5321 §4.5.3.1.8).
RECIPIENTS_AT_ONCE = 100
# Signing in is for an administrator to mend: the mails wait for it.
_SIGN_IN = (454, 530, 534, 535, 538)


@dataclass
class Handed:
    """Who was taken, and who was refused with which words."""

    taken: list[str] = field(default_factory=list)
    refused: dict[str, tuple[int, str]] = field(default_factory=dict)


class _Line(smtplib.SMTP):
    """Dials checked addresses only."""

    def __init__(self, way: Way, name: str) -> None:
        self._way = way
        super().__init__(local_hostname=name or None, timeout=CONNECT_SECONDS)
        self._host = way.host  # what STARTTLS checks the certificate against
        code, words = self.connect(way.host, way.port)
        if code != 220:
            self.close()
            raise smtplib.SMTPConnectError(code, words)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        opened = dial(host, port, timeout=CONNECT_SECONDS, allow_private=self._way.allow_private)
        opened.settimeout(ANSWER_SECONDS)
        if self._way.security == "tls":
            return tls.trust().wrap_socket(opened, server_hostname=host)
        if self._way.security == "none" and not self._way.allow_private and not is_local(opened):
            opened.close()
            raise InTheClear("Without TLS the password could be read on its way.")
        return opened


@contextmanager
def opened(way: Way, *, name: str = "") -> Iterator[smtplib.SMTP]:
    """A signed-in connection; `name` is what we call ourselves. Raises Unreachable, Denied."""
    server: _Line | None = None
    try:
        try:
            server = _Line(way, name)
            if way.security == "starttls":
                server.starttls(context=tls.trust())
            server.ehlo_or_helo_if_needed()
            _sign_in(server, way)
        except smtplib.SMTPNotSupportedError as lacking:
            raise Unreachable(f"{way} does not offer what is asked for: {lacking}") from lacking
        except smtplib.SMTPResponseException as refused:
            raise Unreachable(_said(refused)) from refused
        except (smtplib.SMTPException, OSError, UnicodeError, guard.Refused, InTheClear) as broken:
            raise Unreachable(_why(broken, way)) from broken
        yield server
    finally:
        if server is not None:
            _leave(server)


def _sign_in(server: smtplib.SMTP, way: Way) -> None:
    if not way.login:
        return
    try:
        if way.token:
            server.auth("XOAUTH2", lambda challenge=None: way.bearer if challenge is None else "")
        else:
            server.login(way.login, way.password)
    except smtplib.SMTPAuthenticationError as refused:
        if 400 <= refused.smtp_code < 500:
            raise Unreachable(_said(refused)) from refused
        raise Denied(_said(refused)) from refused
    except UnicodeError:
        raise Denied("The name or password has letters that SMTP cannot carry.") from None


def hand_over(way: Way, sender: str, recipients: Sequence[str], mail: bytes, *, name: str = "") -> Handed:
    """Give `mail` to the server for all `recipients`, in as many goes as it takes.

    Raises DeliveryFailed when nobody was taken; whoever is refused beside others that were taken is named.
    """
    handed = Handed()
    try:
        with opened(way, name=name) as server:
            _refuse_too_large(server, mail)
            for start in range(0, len(recipients), RECIPIENTS_AT_ONCE):
                _hand_some(server, sender, recipients[start : start + RECIPIENTS_AT_ONCE], mail, handed)
    except (Unreachable, Denied) as away:
        raise DeliveryFailed(str(away), permanent=False) from away
    except DeliveryFailed as failed:
        if not handed.taken:
            raise
        # The others have it: sending all of it again would reach them twice.
        for left in recipients:
            if left not in handed.taken:
                handed.refused.setdefault(left, (0, failed.reason))
    if not handed.taken:
        raise _refused(handed.refused)
    return handed


def _hand_some(server: smtplib.SMTP, sender: str, recipients: Sequence[str], mail: bytes, handed: Handed) -> None:
    taken = []
    with _told(server):
        options = ["SMTPUTF8"] if not all(map(str.isascii, [sender, *recipients])) else []
        if server.has_extn("size"):
            options.append(f"size={len(mail)}")
        if server.has_extn("8bitmime") and not mail.isascii():
            options.append("body=8bitmime")
        _check(server.mail(sender, options), 250)
        for each in recipients:
            code, words = server.rcpt(each)
            if code in (250, 251):
                taken.append(each)
            elif code == 421:
                raise smtplib.SMTPResponseException(code, words)
            else:
                handed.refused[each] = (code, f"{code} {words_of(words)}")
        if not taken:
            server.rset()
            return
        _check(server.docmd("DATA"), 354)
    _finish(server, mail)
    handed.taken += taken


def _finish(server: smtplib.SMTP, mail: bytes) -> None:
    with _told(server):
        # Until the last dot has left, nothing is taken.
        server.send(_dotted(mail))
        server.send(b".\r\n")
    try:
        assert server.sock is not None
        server.sock.settimeout(ACCEPT_SECONDS)
        answer = server.getreply()
        server.sock.settimeout(ANSWER_SECONDS)
    except (smtplib.SMTPException, OSError) as silence:
        reason = "The mail server took the mail and never said whether it will deliver it."
        raise DeliveryFailed(reason, permanent=False, is_unsure=True) from silence
    with _told(server):
        _check(answer, 250)


def _dotted(mail: bytes) -> bytes:
    """RFC 5321 §4.5.2: a line that begins with a dot gets another."""
    text = mail.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    text = text.replace(b"\r\n.", b"\r\n..")
    text = b"." + text if text.startswith(b".") else text
    return text if text.endswith(b"\r\n") else text + b"\r\n"


def _refuse_too_large(server: smtplib.SMTP, mail: bytes) -> None:
    most = server.esmtp_features.get("size", "")
    if most.isdecimal() and 0 < int(most) < len(mail):
        reason = f"The mail has {len(mail) / 1e6:.1f} MB; the mail server takes {int(most) / 1e6:.1f} MB at most."
        raise DeliveryFailed(reason, permanent=True)


def _check(answer: tuple[int, bytes], wanted: int) -> None:
    if answer[0] != wanted:
        raise smtplib.SMTPResponseException(*answer)


@contextmanager
def _told(server: smtplib.SMTP) -> Iterator[None]:
    """What goes wrong before the mail is whole may be tried again, unless the server says never (RFC 5321 §4.2.1)."""
    try:
        yield
    except smtplib.SMTPResponseException as refused:
        permanent = 500 <= refused.smtp_code < 600 and refused.smtp_code not in _SIGN_IN
        raise DeliveryFailed(_said(refused), permanent=permanent) from refused
    except smtplib.SMTPNotSupportedError as lacking:
        raise DeliveryFailed(str(lacking), permanent=True) from lacking
    except (smtplib.SMTPException, OSError, UnicodeError) as broken:
        words = "The mail server did not answer in time." if _was_silent(broken) else f"The connection broke: {broken}"
        raise DeliveryFailed(words, permanent=False) from broken


def _refused(refused: dict[str, tuple[int, str]]) -> DeliveryFailed:
    """Nobody was taken: for good only if that is so for each of them."""
    permanent = all(500 <= code < 600 for code, _ in refused.values())
    reasons = dict.fromkeys(words for _, words in refused.values())
    first = next(iter(refused), "")
    words = next(iter(reasons), "Nobody is to get it.")
    more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
    return DeliveryFailed(f"{first}{more}: {words}" if first else words, permanent=permanent)


def _said(refused: smtplib.SMTPResponseException) -> str:
    return f"{refused.smtp_code} {words_of(refused.smtp_error)}".strip()


def _why(broken: Exception, way: Way) -> str:
    if isinstance(broken, InTheClear):
        return str(broken)
    if isinstance(broken, smtplib.SMTPServerDisconnected) and _was_silent(broken):
        return f"{way} did not answer in time."
    return told(broken, way)


def _was_silent(broken: BaseException) -> bool:
    # smtplib tells a silence in the middle of the conversation as a broken connection.
    return isinstance(broken, TimeoutError) or isinstance(broken.__context__, TimeoutError)


def _leave(server: Any) -> None:
    with suppress(smtplib.SMTPException, OSError, ssl.SSLError, AttributeError):
        server.sock.settimeout(2.0)
        server.quit()
    with suppress(OSError):
        server.close()
