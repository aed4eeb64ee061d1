"""A mail is handed to a real SMTP server, and it is told exactly what became of it."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from email import policy
from email.parser import BytesParser
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from app.channels.base import DeliveryFailed, File, Line, MailOut, NotConnected, Outbound, Sent
from app.channels.email import mime, smtp
from app.channels.email.channel import Email
from tests.fakes.bad_line import BadLine
from tests.fakes.post import PASSWORD, Post, served

ID = "conversation/0d7f3c6e-6a55-4d3a-9b0a-111111111111/messages/12.0123456789abcdef0123456789abcdef@fernway.test"
MAIL = MailOut(ID, "Your bell", "Ada from Fernway", ["Dana <dana@example.com>"], html="<p>It <b>rings</b>.</p>")


@pytest.fixture
def post(desk: Callable[..., None]) -> Iterator[Post]:
    with served(Post()) as post:
        yield post


def channel(port: int, **given: Any) -> Email:
    credentials = {"smtp_host": "localhost", "smtp_port": port, "smtp_security": "none", **given}
    return Email(Line("hello@fernway.test", "token", "Hello", credentials))


def send(port: int, mail: MailOut = MAIL, *, text: str = "It rings.", files: Any = (), **given: Any) -> Sent:
    return channel(port, **given).send(Outbound("key", "dana@example.com", text, files, mail=mail))


def changed(**values: Any) -> MailOut:
    return MailOut(**{**MAIL.__dict__, **values})


def a_file(name: str, content: bytes, *, inline_id: str | None = None, size: int = 0) -> File:
    kind = "image/png" if name.endswith("png") else "application/pdf"
    return File(
        name, kind, size or len(content), "file", f"https://desk.test/{name}", lambda: BytesIO(content), inline_id
    )


def test_a_mail_arrives_under_our_own_id_in_both_its_forms(post: Post) -> None:
    references = [f"{'a' * 90}@outlook.example", "b@example.com"]
    mail = changed(
        cc=["Eve <eve@example.com>"], bcc=["boss@fernway.test"], in_reply_to=references[0], references=references
    )
    assert send(post.port, mail) == Sent(ID)
    (came,) = post.mails
    assert (came["From"], came["To"], came["Cc"], came["Bcc"]) == (
        "Ada from Fernway <hello@fernway.test>",
        "Dana <dana@example.com>",
        "Eve <eve@example.com>",
        None,
    )
    assert post.received[0].mail_from == "hello@fernway.test"
    assert post.received[0].rcpt_tos == ["dana@example.com", "eve@example.com", "boss@fernway.test"]
    assert came["Message-ID"] == f"<{ID}>"
    assert came["References"].split() == [f"<{each}>" for each in references]
    assert came.get_body(("plain",)).get_content().strip() == "It rings."
    assert came.get_body(("html",)).get_content().strip() == "<p>It <b>rings</b>.</p>"
    assert came["Auto-Submitted"] is None


def test_pictures_in_the_text_travel_with_it_and_files_beside_it(post: Post) -> None:
    html = '<p><img src="cid:bell@parley"></p>'
    files = [a_file("bell.png", b"picture", inline_id="bell@parley"), a_file("Rechnung Größe №5.pdf", b"bill")]
    send(post.port, changed(html=html), files=files)
    (came,) = post.mails
    assert [part.get_filename() for part in came.iter_attachments()] == ["Rechnung Größe №5.pdf"]
    picture = next(part for part in came.walk() if part["Content-ID"])
    assert (picture["Content-ID"], picture.get_content()) == ("<bell@parley>", b"picture")
    # RFC 2231, for whoever reads no UTF-8 in headers.
    assert b"filename*=utf-8''" in bytes(post.received[0].content or b"")


def test_what_does_not_fit_goes_as_a_link(post: Post) -> None:
    files = [a_file("film.pdf", b"-", size=mime.MOST_ATTACHED + 1), a_file("bill.pdf", b"bill")]
    send(post.port, files=files)
    (came,) = post.mails
    assert [part.get_filename() for part in came.iter_attachments()] == ["bill.pdf"]
    assert "film.pdf (21.0 MB): https://desk.test/film.pdf" in came.get_body(("plain",)).get_content()
    assert 'href="https://desk.test/film.pdf"' in came.get_body(("html",)).get_content()


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\x00"])
def test_no_header_can_be_slipped_in(post: Post, end: str) -> None:
    evil = f"Hello{end}Bcc: all@example.com"
    mail = changed(subject=evil, from_name=evil, in_reply_to=evil, references=[evil], message_id=f"x{end}@y")
    send(post.port, mail, files=[a_file(f"a{end}X-Evil: 1.pdf", b"bill")])
    (came,) = post.mails
    raw = BytesParser(policy=policy.compat32).parsebytes(bytes(post.received[0].content or b""))
    assert raw["Bcc"] is None
    assert raw["X-Evil"] is None
    assert post.received[0].rcpt_tos == ["dana@example.com"]
    assert came["Subject"].startswith("Hello")


def test_an_address_that_is_none_gets_nothing(post: Post) -> None:
    for address in ("dana", "a@b\r\nRCPT TO:<x@y.test>", "a@b, c@d", "<>", "a b@example.com"):
        with pytest.raises(DeliveryFailed) as failed:
            send(post.port, changed(to=[address]))
        assert failed.value.permanent
    assert post.received == []


def test_lines_that_begin_with_a_dot_stay_as_they_are(post: Post) -> None:
    send(post.port, changed(html=""), text=".\n.hidden\n..\nend")
    assert post.mails[0].get_content().splitlines() == [".", ".hidden", "..", "end"]


def test_refusals_are_told_in_the_servers_words(post: Post) -> None:
    post.answer = "554 5.7.1 This looks like spam"
    with pytest.raises(DeliveryFailed) as failed:
        send(post.port)
    assert (failed.value.reason, failed.value.permanent) == ("554 5.7.1 This looks like spam", True)
    post.answer = "451 4.7.1 Greylisted, come back later"
    with pytest.raises(DeliveryFailed) as failed:
        send(post.port)
    assert (failed.value.permanent, failed.value.is_unsure) == (False, False)


def test_whom_the_server_refuses_is_named_and_the_others_get_it(post: Post) -> None:
    post.refuses = {"dana@example.com": "550 5.1.1 No such user"}
    sent = send(post.port, changed(cc=["eve@example.com"]))
    assert sent == Sent(ID, refused={"dana@example.com": "550 5.1.1 No such user"})
    with pytest.raises(DeliveryFailed) as failed:
        send(post.port)
    assert (failed.value.reason, failed.value.permanent) == ("dana@example.com: 550 5.1.1 No such user", True)
    post.refuses = {"dana@example.com": "450 4.2.0 Mailbox busy"}
    with pytest.raises(DeliveryFailed) as failed:
        send(post.port)
    assert not failed.value.permanent


def test_a_mail_to_many_goes_in_several_goes(post: Post) -> None:
    post.at_once = 100
    people = [f"p{number}@example.com" for number in range(250)]
    assert send(post.port, changed(to=people)) == Sent(ID)
    assert [len(each.rcpt_tos) for each in post.received] == [100, 100, 50]


def test_silence_after_the_last_dot_may_have_been_a_delivery(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "ACCEPT_SECONDS", 0.3)
    post.hang = 1.0
    with pytest.raises(DeliveryFailed) as failed:
        send(post.port)
    assert (failed.value.is_unsure, failed.value.permanent) == (True, False)
    post.hang, post.hangs_up = 0.0, True
    with pytest.raises(DeliveryFailed) as failed:
        send(post.port)
    assert failed.value.is_unsure


def test_a_line_that_breaks_before_the_last_dot_delivers_nothing(post: Post) -> None:
    line = BadLine(post.port)
    # Greeting, EHLO, MAIL, RCPT are answered; at DATA nobody is there any more.
    line.breaks_after = 180
    with pytest.raises(DeliveryFailed) as failed:
        send(line.port)
    line.close()
    assert (failed.value.is_unsure, failed.value.permanent) == (False, False)
    assert post.received == []


def test_nobody_there_is_tried_again(desk: Callable[..., None]) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        send(1)
    assert (failed.value.permanent, failed.value.reason) == (False, "Nobody answers at localhost:1.")


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_over_tls_to_a_server_that_is_trusted(
    desk: Callable[..., None], trusted: None, server_tls: ssl.SSLContext, security: str
) -> None:
    options = {"ssl_context" if security == "tls" else "tls_context": server_tls}
    with served(Post(), **options) as post:
        assert send(post.port, smtp_security=security) == Sent(ID)


def test_a_server_that_is_not_trusted_gets_nothing(desk: Callable[..., None], server_tls: ssl.SSLContext) -> None:
    with served(Post(), tls_context=server_tls) as post:
        with pytest.raises(DeliveryFailed, match="is not trusted"):
            send(post.port, smtp_security="starttls")
        assert post.received == []


def test_starttls_that_is_not_offered_is_not_gone_without(post: Post) -> None:
    with pytest.raises(DeliveryFailed, match="does not offer"):
        send(post.port, smtp_security="starttls")


def test_the_server_knows_who_sends(post: Post) -> None:
    send(post.port, smtp_login="hello", smtp_password=PASSWORD)
    assert post.signed_in[-1].endswith(" hello")
    with pytest.raises(DeliveryFailed) as failed:
        send(post.port, smtp_login="hello", smtp_password="guess")
    assert (failed.value.permanent, failed.value.reason[:3]) == (False, "535")


def test_a_token_signs_in_as_a_password_does(post: Post) -> None:
    post.tokens = {"good"}
    given = {"consent": "google", "imap_login": "hello@fernway.test"}
    send(post.port, access_token="good", **given)
    assert post.signed_in == ["XOAUTH2 hello@fernway.test"]
    with pytest.raises(DeliveryFailed) as failed:
        send(post.port, access_token="old", **given)
    assert (failed.value.permanent, failed.value.reason[:3]) == (False, "535")


def test_connecting_says_which_field_is_wrong(post: Post) -> None:
    with pytest.raises(NotConnected) as refused:
        channel(post.port, smtp_login="hello", smtp_password="guess").connect("")
    assert list(refused.value.fields) == ["smtp_password"]
    with pytest.raises(NotConnected) as refused:
        channel(1).connect("")
    assert refused.value.fields == {"smtp_host": "Nobody answers at localhost:1."}


def test_a_server_inside_the_network_is_refused(desk: Callable[..., None]) -> None:
    desk(private_hosts=[])
    with pytest.raises(NotConnected) as refused:
        channel(25).connect("")
    assert refused.value.fields == {"smtp_host": "localhost leads into a private network."}


def test_without_a_server_of_its_own_an_inbox_sends_by_parleys(desk: Callable[..., None], tmp_path: Path) -> None:
    with served(Post()) as post:
        desk(smtp_url=f"smtp://127.0.0.1:{post.port}", private_hosts=[])
        Email(Line("hello@fernway.test")).send(Outbound("key", "", "Hello", mail=MAIL))
        (came,) = post.mails
    assert (came["From"], came["Reply-To"]) == ("Ada from Fernway <parley@desk.test>", "hello@fernway.test")
    desk(smtp_url="")
    Email(Line("hello@fernway.test")).send(Outbound("key", "", "Hello", mail=MAIL))
    assert len(list((tmp_path / "mails").glob("*.eml"))) == 1
