"""How a mail server is reached and who signs in there."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from socket import gaierror
from typing import Literal

from app.lib import guard

Security = Literal["tls", "starttls", "none"]


@dataclass(frozen=True)
class Way:
    """`token` is an access token for XOAUTH2; else `password` is used, if there is a `login` at all.

    `allow_private` is for servers that the installation's own settings name.
    """

    host: str
    port: int
    security: Security = "tls"
    login: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    allow_private: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def bearer(self) -> str:
        """What XOAUTH2 sends first (Google's and Microsoft's own mechanism)."""
        return f"user={self.login}\x01auth=Bearer {self.token}\x01\x01"


class Denied(Exception):
    """The server does not let us in: `words` are its own."""

    def __init__(self, words: str) -> None:
        self.words = words
        super().__init__(words)


class InTheClear(Exception):
    """What would be sent could be read on its way."""


def told(broken: Exception, way: Way) -> str:
    """In words, why a server could not be spoken with."""
    if isinstance(broken, guard.Refused):
        return str(broken)
    if isinstance(broken, gaierror):
        return f"There is no server called {way.host}."
    if isinstance(broken, ssl.SSLCertVerificationError):
        return f"The certificate of {way.host} is not trusted: {broken.verify_message}"
    if isinstance(broken, ssl.SSLError):
        return f"{way} does not speak TLS: {broken.reason or broken}"
    if isinstance(broken, TimeoutError):
        return f"{way} did not answer in time."
    if isinstance(broken, ConnectionRefusedError):
        return f"Nobody answers at {way}."
    return f"The connection to {way} failed: {broken}"


def words_of(answer: object) -> str:
    """What a server said, on one line and of a length that can be shown."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return " ".join(text.split())[:300]
