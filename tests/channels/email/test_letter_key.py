"""The same mail by two ways is one letter; another mail under the same Message-ID is another."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from app.channels.email.letter_key import letter_key
from app.channels.email.parse import parse
from app.channels.email.parts import part_of
from app.channels.incoming import Inbound
from app.config import settings
from app.lib import mail_ids
from tests.channels.email.corpus import CASES, OWN, own_key, raw

THREAD = UUID("3f2a9c58-7d1e-4b60-9a83-5c1de0f4b7a2")
TRACE = b"Received: from relay.example by mx.example; Tue, 3 Mar 2026 09:13:00 +0000\r\nX-Spam-Score: 0.1\r\nReturn-Path: <x@y>\r\n"
MAIL = (
    "From: Dana <dana@home.example>\r\nDate: Tue, 3 Mar 2026 10:12:33 +0100\r\nMessage-ID: <m@home.example>\r\n"
    "Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n"
)


@pytest.fixture(autouse=True, scope="module")
def _own_key() -> Iterator[None]:
    with own_key():
        yield


@pytest.mark.parametrize(
    "case", [case for case in CASES if not case.startswith(("empty_file", "mbox", "bare_carriage"))]
)
def test_what_servers_add_and_how_they_end_lines_makes_no_other_mail(case: str) -> None:
    key = letter_key(raw(case))
    assert letter_key(TRACE + raw(case)) == key
    assert letter_key(raw(case).replace(b"\r\n", b"\n")) == key
    assert letter_key(raw(case) + b"\r\n") == key


def test_encoding_for_travel_makes_no_other_mail() -> None:
    plain = MAIL.format(charset="utf-8", encoding="8bit", body="Grüße aus Köln")
    quoted = MAIL.format(charset="UTF-8", encoding="quoted-printable", body="Gr=C3=BC=C3=9Fe aus =\r\nK=C3=B6ln")
    packed = MAIL.format(charset="utf-8", encoding="base64", body="R3LDvMOfZSBhdXMgS8O2bG4=")
    assert letter_key(plain.encode()) == letter_key(quoted.encode()) == letter_key(packed.encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("aus Köln", "aus Bonn"),
        ("dana@", "eve@"),
        ("<m@", "<n@"),
        ("10:12:33", "10:12:34"),
        ("text/plain", "text/html"),
    ],
)
def test_other_words_author_id_or_hour_make_another_mail(old: str, new: str) -> None:
    mail = MAIL.format(charset="utf-8", encoding="8bit", body="Grüße aus Köln")
    assert letter_key(mail.encode()) != letter_key(mail.replace(old, new).encode())


def test_all_mails_of_the_corpus_differ() -> None:
    named = [case for case in CASES if b"message-id:" in raw(case).lower()]
    assert len({letter_key(raw(case)) for case in named}) == len(named)


def test_a_taken_message_id_gives_no_taken_source_id() -> None:
    first, second = (parse(raw(case), own=OWN)[0] for case in ("gmail_plain_and_html", "same_id_another_body"))
    assert isinstance(first, Inbound)
    assert isinstance(second, Inbound)
    assert first.mail is not None
    assert second.mail is not None
    assert first.mail.message_id == second.mail.message_id
    assert first.source_id != second.source_id


def test_a_mail_of_which_only_the_beginning_came_says_so() -> None:
    (fact,) = parse(raw("outlook_with_pdf")[:900], own=OWN, is_whole=False)
    assert isinstance(fact, Inbound)
    assert "Only the beginning" in fact.content


@pytest.mark.parametrize("ref", [{}, {"part": 99}, {"part": "1"}, {"part": -1}, {"part": 1, "file": 0}, {"part": None}])
def test_what_is_not_there_cannot_be_fetched(ref: dict[str, object]) -> None:
    with pytest.raises(LookupError):
        part_of(raw("gmail_plain_and_html"), ref)


def test_the_whole_mail_can_be_fetched() -> None:
    assert part_of(raw("mutt_signature"), {"part": 0}) == (raw("mutt_signature"), "message/rfc822")


def test_our_ids_are_known_again_and_cannot_be_made_by_others() -> None:
    made = mail_ids.made(THREAD, 41, "fernway.example")
    assert mail_ids.read(made) == mail_ids.read(f"<{made}>") == mail_ids.Ours(THREAD, 41)
    assert mail_ids.read(made.upper()) == mail_ids.Ours(THREAD, 41), "some servers change the case"
    seal = made.split(".")[1][:32]
    for forged in (made.replace("/41.", "/42."), made.replace(seal, "0" * 32), made.replace("3f2a", "3f2b"), seal, ""):
        assert mail_ids.read(forged) is None


def test_ids_made_with_the_last_secret_key_are_still_ours() -> None:
    made = mail_ids.made(THREAD, 41, "fernway.example")
    assert settings().secret_key not in made
    assert mail_ids.found_in(f"Message-ID: <{made}> and <x@y>") == [made]


def test_a_plus_address_names_its_conversation() -> None:
    address = mail_ids.plus_address("desk+old@fernway.example", THREAD)
    assert address == f"desk+{THREAD}@fernway.example"
    assert mail_ids.conversation_in(address.upper()) == THREAD
    for other in (f"desk{THREAD}@x.example", f"desk+{THREAD}x@x.example", "desk+1@x.example", ""):
        assert mail_ids.conversation_in(other) is None
