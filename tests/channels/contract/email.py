"""E-mail: its door is the relays', its provider a mail server; its letters are those of the corpus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.channels.base import Envelope, File, Line, MailOut, Outbound
from app.lib.database import db
from app.models import Inbox
from tests.channels.contract.adapter import Adapter, Call, StandIn
from tests.conftest import free_port
from tests.fakes.post import Post, served

CORPUS = Path(__file__).parents[2] / "payloads" / "email"
RELAY = {"relay_user": "relay", "relay_password": "contract"}
MAIL = """From: Dana <dana@home.example>\r\nTo: hello@fernway.test\r\nSubject: The bell\r\n\
Date: Mon, 02 Nov 2026 10:00:00 +0000\r\nMessage-ID: <contract.1@home.example>\r\n\r\n{words}\r\n"""
SNS = (
    b"""{"Type": "Notification", "Message": "{}", "SigningCertURL": "https://sns.example/x.pem", "Signature": "AAAA"}"""
)


class MailServer(StandIn):
    # RFC 5321 has no way to say for how long.
    says_when = False

    def __init__(self, post: Post) -> None:
        self.post = post
        self.line = a_line(post.port)

    @property
    def taken(self) -> int:
        return len(self.post.received)

    def ask_patience(self, seconds: int) -> None:
        self.post.answer = "451 4.7.1 Too many mails, come again later"

    def refuse(self) -> None:
        self.post.answer = "554 5.7.1 Not here"


class EmailAdapter(Adapter):
    kind = "email"
    has_own_form = True

    def open_inbox(self, account_id: int) -> Inbox:
        inbox = Inbox(account_id=account_id, name="Contract", channel=self.kind, address="hello@fernway.test")
        inbox.credentials = RELAY
        db.session.add(inbox)
        db.session.flush()
        return inbox

    def says(self, client: Any, inbox: Inbox, words: str) -> Call:
        return self._call(inbox.token, words, ("relay", "contract"))

    def unproven(self, client: Any, inbox: Inbox) -> Sequence[Call]:
        return [
            self._call(inbox.token, "forged", None),
            self._call(inbox.token, "forged", ("relay", "wrong")),
            self._call("nobody", "forged", ("relay", "contract")),
            Call(f"/webhooks/email/{inbox.token}/ses", {"data": SNS, "content_type": "text/plain"}),
            Call(f"/webhooks/email/{inbox.token}/mailgun", {"data": {"recipient": "x@y.example", "body-mime": "A: b"}}),
        ]

    def _call(self, token: str, words: str, proof: tuple[str, str] | None) -> Call:
        request: dict[str, Any] = {"data": MAIL.format(words=words).encode(), "content_type": "message/rfc822"}
        return Call(f"/webhooks/email/{token}", request | ({"auth": proof} if proof else {}))

    def recorded(self) -> Sequence[Envelope]:
        mails = [path.read_bytes() for path in sorted(CORPUS.glob("*.eml")) if path.stat().st_size < 20_000]
        return [
            Envelope("", "dana@home.example", str(n), {"via": "raw", "envelope_to": ["hello@fernway.test"]}, mail)
            for n, mail in enumerate(mails)
        ]

    @contextmanager
    def stand_in(self) -> Iterator[StandIn]:
        with served(Post(), data_size_limit=2**27) as post:
            yield MailServer(post)

    def nobody(self) -> Line:
        return a_line(free_port())

    def outbound(self, text: str, files: Sequence[File] = ()) -> Outbound:
        mail = MailOut("contract.out.1@fernway.test", "Your bell", "Ada from Fernway", ["Dana <dana@home.example>"])
        return replace(super().outbound(text, files), mail=mail)


def a_line(port: int) -> Line:
    way = {"smtp_host": "localhost", "smtp_port": port, "smtp_security": "none"}
    return Line("hello@fernway.test", "token", "Hello", way)


ADAPTER = EmailAdapter()
