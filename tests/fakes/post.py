"""A real SMTP server for the tests: aiosmtpd on a port of its own, which may refuse, hang or hang up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from tests.conftest import free_port

PASSWORD = 'se"cret word'


@dataclass
class Post:
    """`refuses` has answers by recipient; `answer` is said after the mail, `hang` seconds later."""

    refuses: dict[str, str] = field(default_factory=dict)
    answer: str = "250 taken"
    hang: float = 0.0
    hangs_up: bool = False
    at_once: int = 10_000
    received: list[Envelope] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    signed_in: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if words := self.refuses.get(address):
            return words
        if len(envelope.rcpt_tos) >= self.at_once:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        if self.hang:
            await asyncio.sleep(self.hang)
        if self.answer.startswith("2"):
            self.received.append(envelope)
        if self.hangs_up:
            server.transport.abort()
        return self.answer

    def check(self, server: Any, session: Any, envelope: Any, mechanism: str, given: object) -> AuthResult:
        if isinstance(given, LoginPassword) and given.password.decode() == PASSWORD:
            self.signed_in.append(f"{mechanism} {given.login.decode()}")
            return AuthResult(success=True)
        return AuthResult(success=False, handled=False)

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:  # noqa: N802
        """Google's and Microsoft's mechanism, with their error in JSON before the refusal."""
        import base64

        words = base64.b64decode(args[1]).decode()
        login, _, token = words.removeprefix("user=").rstrip("\x01").partition("\x01auth=Bearer ")
        if token in self.tokens:
            self.signed_in.append(f"XOAUTH2 {login}")
            return AuthResult(success=True)
        await server.push("334 " + base64.b64encode(b'{"status":"401"}').decode())
        await server._reader.readline()
        return AuthResult(success=False, handled=False)

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(bytes(each.content or b""), policy=policy.default) for each in self.received]


Serve = Callable[..., Post]


@contextmanager
def served(post: Post, **options: Any) -> Iterator[Post]:
    """`post` behind a server with aiosmtpd's own options."""
    port = free_port()
    controller = Controller(
        post, hostname="127.0.0.1", port=port, authenticator=post.check, auth_require_tls=False, **options
    )
    controller.start()
    post.port = port
    try:
        yield post
    finally:
        controller.stop(no_assert=True)
