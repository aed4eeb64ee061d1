"""Mails are composed so that nothing can be slipped into them, and sent to a real SMTP server or kept."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from app.errors import Invalid, NotFound
from app.lib import tls
from app.lib.mail import Enclosure, MailFailed, compose, kept_mails, read_kept, send
from tests.conftest import free_port
from tests.lib.certificates import make_certificate

if TYPE_CHECKING:
    from tests.lib.conftest import Bare


@dataclass
class Post:
    """A real SMTP server on a port of its own; `refuse` answers instead of taking the mail."""

    refuse: str = ""
    hang: float = 0
    received: list[Envelope] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if "nobody" in address:
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, server: Any, session: Any, envelope: Envelope
    ) -> str:
        time.sleep(self.hang)
        if self.refuse:
            return self.refuse
        self.received.append(envelope)
        return "250 taken"

    def message(self) -> EmailMessage:
        assert len(self.received) == 1
        content = self.received[0].content
        assert isinstance(content, bytes)
        return message_from_bytes(content, policy=policy.default)


Serve = Callable[..., str]


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def serve(post: Post) -> Iterator[Serve]:
    """Starts the server with aiosmtpd's own options; tells `host:port`."""
    controllers: list[Controller] = []

    def start(**options: Any) -> str:
        controller = Controller(post, hostname="127.0.0.1", port=free_port(), **options)
        controller.start()
        controllers.append(controller)
        return f"localhost:{controller.port}"

    yield start
    for controller in controllers:
        controller.stop(no_assert=True)


@pytest.fixture
def certificate(tmp_path: Path) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate for localhost that nobody trusts yet."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(make_certificate(tmp_path, "localhost"))
    return context


@pytest.fixture
def trusted(tmp_path: Path, certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "localhost.pem"))
    tls.trust.cache_clear()
    yield
    tls.trust.cache_clear()


def test_a_mail_carries_what_it_was_given(bare: Bare) -> None:
    message = compose(
        "Dänä <dana@example.com>",
        "Grüße 👋",
        "plain",
        "<p>rich</p>",
        from_="Support <help@example.org>",
        reply_to="reply+1@example.org",
        attachments=[Enclosure("größe.txt", "text/plain", b"hi")],
    )
    read = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert str(read["To"]) == "Dänä <dana@example.com>"
    assert str(read["From"]) == "Support <help@example.org>"
    assert str(read["Reply-To"]) == "reply+1@example.org"
    assert str(read["Subject"]) == "Grüße 👋"
    plain, rich = read.get_body(("plain",)), read.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert plain.get_content().rstrip() == "plain"
    assert rich.get_content().rstrip() == "<p>rich</p>"
    assert [(part.get_filename(), part.get_content().rstrip()) for part in read.iter_attachments()] == [
        ("größe.txt", "hi")
    ]


def test_a_mail_names_itself_its_hour_and_that_a_machine_wrote_it(bare: Bare) -> None:
    first, second = compose("dana@example.com", "a", "b"), compose("dana@example.com", "a", "b")
    assert first["Message-ID"] != second["Message-ID"]
    assert str(first["Message-ID"]).endswith("@localhost>")
    assert abs(parsedate_to_datetime(str(first["Date"])) - datetime.now(UTC)) < timedelta(seconds=5)
    assert first["Auto-Submitted"] == "auto-generated"


def test_given_headers_take_the_place_of_our_own(bare: Bare) -> None:
    message = compose("dana@example.com", "a", "b", headers={"Auto-Submitted": "no", "In-Reply-To": "<1@x.org>"})
    assert message.get_all("Auto-Submitted") == ["no"]
    assert message["In-Reply-To"] == "<1@x.org>"


def test_a_mail_to_several_names_them_all(bare: Bare) -> None:
    message = compose(["dana@example.com", "Bob <bob@example.com>"], "a", "b")
    assert str(message["To"]) == "dana@example.com, Bob <bob@example.com>"


def test_a_domain_of_other_letters_travels_in_ascii(bare: Bare) -> None:
    assert b"dana@xn--bcher-kva.example" in compose("dana@bücher.example", "a", "b").as_bytes()


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x00", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize(
    "slip",
    [
        lambda text: compose(f"dana@example.com{text}", "a", "b"),
        lambda text: compose(f"Dana{text} <dana@example.com>", "a", "b"),
        lambda text: compose("dana@example.com", f"a{text}", "b"),
        lambda text: compose("dana@example.com", "a", "b", from_=f"Support{text} <help@example.org>"),
        lambda text: compose("dana@example.com", "a", "b", reply_to=f"help@example.org{text}"),
        lambda text: compose("dana@example.com", "a", "b", headers={"X-Note": f"a{text}"}),
        lambda text: compose("dana@example.com", "a", "b", headers={f"X-Note{text}": "a"}),
        lambda text: compose("dana@example.com", "a", "b", attachments=[Enclosure(f"a{text}", "text/plain", b"")]),
    ],
)
def test_no_line_can_be_slipped_into_a_header(bare: Bare, slip: Callable[[str], EmailMessage], end: str) -> None:
    with pytest.raises(Invalid):
        slip(f"{end}Bcc: everyone@example.com")


@pytest.mark.parametrize(
    "to",
    [
        "",
        "dana",
        "a@b.c, d@e.f",
        "a@b.c; d@e.f",
        "A <a@b.c> <d@e.f>",
        "<>",
        "@",
        "team:;",
        "a@" + "b" * 300 + ".c",
        "a@[1.2.3.4]",
    ],
)
def test_what_is_not_one_address_gets_no_mail(bare: Bare, to: str) -> None:
    with pytest.raises(Invalid):
        compose(to, "a", "b")


def test_odd_characters_in_a_text_do_not_stop_it(bare: Bare) -> None:
    read = message_from_bytes(
        compose("d@example.com", "\ud800", "a\x00\ud800b" + "x" * 5000).as_bytes(), policy=policy.default
    )
    assert read.get_content().startswith("a?b")


def test_a_mail_reaches_the_server(bare: Bare, post: Post, serve: Serve) -> None:
    bare(smtp_url=f"smtp://{serve()}")
    send(compose("dana@example.com", "Grüße", "schöne " * 500))
    assert post.received[0].rcpt_tos == ["dana@example.com"]
    assert post.message()["Subject"] == "Grüße"
    assert not kept_mails()


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [("451 4.7.1 Greylisted, come again", False), ("452 4.2.2 Mailbox full", False), ("554 5.7.1 Spam", True)],
)
def test_a_refusal_is_told_in_the_servers_words(
    bare: Bare, post: Post, serve: Serve, answer: str, permanent: bool
) -> None:
    post.refuse = answer
    bare(smtp_url=f"smtp://{serve()}")
    with pytest.raises(MailFailed) as failed:
        send(compose("dana@example.com", "a", "b"))
    assert (failed.value.reason, failed.value.permanent) == (answer, permanent)


def test_an_address_the_server_does_not_know_is_a_permanent_failure(bare: Bare, post: Post, serve: Serve) -> None:
    bare(smtp_url=f"smtp://{serve()}")
    with pytest.raises(MailFailed, match="No such user here") as failed:
        send(compose("nobody@example.com", "a", "b"))
    assert failed.value.permanent


def test_one_unknown_address_of_several_does_not_keep_the_mail_from_the_others(
    bare: Bare, post: Post, serve: Serve
) -> None:
    bare(smtp_url=f"smtp://{serve()}")
    send(compose(["nobody@example.com", "dana@example.com"], "a", "b"))
    assert post.received[0].rcpt_tos == ["dana@example.com"]


def test_a_silent_server_is_left_in_time(bare: Bare, post: Post, serve: Serve) -> None:
    post.hang = 2
    bare(smtp_url=f"smtp://{serve()}")
    begun = time.monotonic()
    with pytest.raises(MailFailed, match="did not answer in time") as failed:
        send(compose("dana@example.com", "a", "b"), timeout=0.3)
    assert time.monotonic() - begun < 1.5
    assert not failed.value.permanent


@pytest.mark.parametrize("host", ["localhost:1", "no-such-host.invalid"])
def test_a_server_that_is_not_there_may_be_tried_again(bare: Bare, host: str) -> None:
    bare(smtp_url=f"smtp://{host}")
    with pytest.raises(MailFailed, match="cannot be reached") as failed:
        send(compose("dana@example.com", "a", "b"))
    assert not failed.value.permanent


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_a_certificate_that_is_not_trusted_gets_neither_mail_nor_password(
    bare: Bare, post: Post, serve: Serve, certificate: ssl.SSLContext, scheme: str
) -> None:
    bare(smtp_url=f"{scheme}://parley:secret@{serve(**_with_tls(scheme, certificate))}")
    with pytest.raises(MailFailed, match="certificate is not trusted") as failed:
        send(compose("dana@example.com", "a", "b"))
    assert not failed.value.permanent
    assert not post.received


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_a_trusted_server_gets_the_mail_over_tls(
    bare: Bare, post: Post, serve: Serve, certificate: ssl.SSLContext, scheme: str
) -> None:
    bare(smtp_url=f"{scheme}://{serve(**_with_tls(scheme, certificate))}")
    send(compose("dana@example.com", "a", "b"))
    assert post.message()["Subject"] == "a"


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name_is_refused(
    bare: Bare, post: Post, serve: Serve, certificate: ssl.SSLContext
) -> None:
    bare(smtp_url=f"smtps://{serve(ssl_context=certificate)}".replace("localhost", "127.0.0.1"))
    with pytest.raises(MailFailed, match="certificate is not trusted"):
        send(compose("dana@example.com", "a", "b"))


def test_without_starttls_on_offer_nothing_is_sent_in_the_clear(bare: Bare, post: Post, serve: Serve) -> None:
    bare(smtp_url=f"smtp+starttls://{serve()}")
    with pytest.raises(MailFailed) as failed:
        send(compose("dana@example.com", "a", "b"))
    assert not failed.value.permanent
    assert not post.received


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("password", "is_taken"), [("se%3Acr%40et", True), ("wrong", False)])
def test_the_server_asks_who_sends(
    bare: Bare, post: Post, serve: Serve, certificate: ssl.SSLContext, password: str, is_taken: bool
) -> None:
    def who(server: Any, session: Any, envelope: Any, mechanism: str, given: object) -> AuthResult:
        assert isinstance(given, LoginPassword)
        return AuthResult(success=given == LoginPassword(b"parley@example.org", b"se:cr@et"), handled=False)

    where = serve(tls_context=certificate, require_starttls=True, auth_required=True, authenticator=who)
    bare(smtp_url=f"smtp+starttls://parley%40example.org:{password}@{where}")
    if is_taken:
        send(compose("dana@example.com", "a", "b"))
        assert len(post.received) == 1
    else:
        with pytest.raises(MailFailed, match="535") as failed:
            send(compose("dana@example.com", "a", "b"))
        # An administrator can put the password right, and then the mail can go.
        assert not failed.value.permanent


def test_a_password_that_smtp_cannot_carry_is_a_failure_like_others(bare: Bare, serve: Serve) -> None:
    bare(smtp_url=f"smtp://parley:p%C3%A4ss@{serve(auth_required=True, auth_require_tls=False)}")
    with pytest.raises(MailFailed, match="odd letters"):
        send(compose("dana@example.com", "a", "b"))


def test_without_a_server_mails_are_kept_newest_first(bare: Bare) -> None:
    for number in range(3):
        send(compose("Dana <dana@example.com>", f"mail {number}", "text"))
    kept = kept_mails()
    assert [each.subject for each in kept] == ["mail 2", "mail 1", "mail 0"]
    assert kept[0].to == "Dana <dana@example.com>"
    assert abs(kept[0].kept_at - datetime.now(UTC)) < timedelta(seconds=5)
    assert read_kept(kept[0].name).get_content() == "text\n"
    assert all(path.name.endswith(".eml") for path in (bare.data_dir / "mails").iterdir())


@pytest.mark.parametrize("name", ["", "../secrets.eml", "x.eml", "20260101T000000000000Z-00000000.eml", "a\x00.eml"])
def test_only_kept_mails_can_be_read(bare: Bare, name: str) -> None:
    (bare.data_dir / "secrets.eml").write_text("Subject: secret\n\n")
    with pytest.raises(NotFound):
        read_kept(name)


def _with_tls(scheme: str, certificate: ssl.SSLContext) -> dict[str, ssl.SSLContext]:
    return {"ssl_context": certificate} if scheme == "smtps" else {"tls_context": certificate}
