"""Whatever comes as a mail is read without an exception, and in a time that fits its size."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.channels.email.html import html_for_show
from app.channels.email.html_text import text_of
from app.channels.email.letter_key import letter_key
from app.channels.email.parse import parse
from app.channels.email.quotes import without_quotes
from app.channels.email.tnef import unpacked
from app.channels.incoming import Fact, Inbound, Unsupported
from bench.mail_fuzz import mutated
from tests.channels.email.corpus import CASES, OWN, own_key, raw

CHEAP = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True, scope="module")
def _own_key() -> Iterator[None]:
    with own_key():
        yield


def _is_sound(facts: list[Fact]) -> None:
    for fact in facts:
        assert not isinstance(fact, Unsupported), "the parser stumbled, and was caught"
        if isinstance(fact, Inbound):
            # What PostgreSQL refuses: NUL, and halves of letters.
            json.dumps(dict(fact.content_attributes), ensure_ascii=False).encode()
            assert "\\u0000" not in json.dumps(dict(fact.content_attributes))
            assert "\0" not in fact.content + (fact.sender.name if fact.sender else "")
            fact.content.encode()


def test_changed_mails_of_the_corpus_never_raise() -> None:
    dice = random.Random(7)
    mails = [raw(case) for case in CASES if len(raw(case)) < 20_000]
    end = time.monotonic() + 6
    count = 0
    while count < 30_000 and time.monotonic() < end:
        _is_sound(parse(mutated(dice.choice(mails), dice, mails), own=OWN))
        count += 1
    assert count > 500


@CHEAP
@given(st.binary(max_size=2000))
def test_any_bytes_are_read(data: bytes) -> None:
    _is_sound(parse(data, own=OWN))
    assert letter_key(data)
    unpacked(b"\x78\x9f\x3e\x22" + data)


@CHEAP
@given(st.text(max_size=2000))
def test_any_text_is_taken_for_html_and_for_a_reply(text: str) -> None:
    text_of(text)
    without_quotes(text)
    html_for_show(text, {}, False)


HEADERS = st.sampled_from(
    ["From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "References", "Content-Type", "In-Reply-To"]
)


@CHEAP
@given(st.lists(st.tuples(HEADERS, st.binary(max_size=200)), max_size=8), st.binary(max_size=300))
def test_any_headers_are_read(headers: list[tuple[str, bytes]], body: bytes) -> None:
    head = b"".join(name.encode() + b": " + value.replace(b"\n", b"") + b"\r\n" for name, value in headers)
    _is_sound(parse(head + b"\r\n" + body, own=OWN))


HOSTILE = {
    "colons": "on 1 " * 100 + "wrote:\n",
    "attributions": "On 1 Jan 2026 at 1:00 x wrote:\n",
    "quotes": "> " * 500 + "\n",
    "rules": "_" * 1000 + "\n",
    "senders": "From: a\n",
    "sent": "sent from my " + " " * 500 + "\n",
    "spaces": " " * 1000 + "\n",
    "open tags": "<div><b><a href=x>",
    "closed tags": "</p></div>",
    "tables": "<table><tr><td>",
    "attributes": "<p " + "a='b' " * 200 + ">",
    "styles": "<p style='" + "color:red;" * 300 + "'>",
    "entities": "&amp;&#x26;&lt;" * 100,
    "comments": "<!-- <!-- --!>",
    "blockquotes": "<blockquote type=cite>",
    "gmail quotes": "<div class=gmail_quote>On 1 wrote:",
    "closings in attributes": "<b title='</b>'><a title='</a>' href=x><div title=\"</div>\">",
    "closings before": "</b></a></div><b><a href=x><div>",
    "closings in comments": "<b><!--</b>--><a href=x><!--</a>--><div>",
    "misnested": "<i><b><u></i></b></u>x",
    "open quotes": "<b title='",
    "open comments": "<!--",
    "open scripts": "<script>",
    "pictures": "<img src=cid:x><img src=http://x>",
}


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_megabyte_of_anything_is_read_in_a_moment(piece: str, kind: str) -> None:
    body = (HOSTILE[piece] * 200_000)[:500_000]
    mail = f"From: a@x.example\nContent-Type: text/{kind}; charset=utf-8\n\n{body}".encode()
    begun = time.process_time()
    _is_sound(parse(mail, own=OWN))
    assert time.process_time() - begun < 5


HOSTILE_HEADERS = {
    "brackets": "(" * 50_000,
    "angles": "<" * 50_000,
    "ats": "a@" * 50_000,
    "quotes": '"' * 50_001,
    "encoded words": "=?utf-8?q?=?" * 10_000,
    "words": "=?utf-8?q?a?= " * 10_000,
    "commas": ",;:" * 30_000,
    "ids": "<a@b>" * 20_000,
    "parameters": "multipart/mixed" + "; a*0*=utf-8''x" * 3_000,
    "backslashes": '"' + "\\" * 50_000,
}


@pytest.mark.parametrize("value", HOSTILE_HEADERS)
@pytest.mark.parametrize("name", ["From", "To", "Subject", "References", "Content-Type", "Date"])
def test_a_long_strange_header_is_read_in_a_moment(name: str, value: str) -> None:
    begun = time.process_time()
    _is_sound(parse(f"{name}: {HOSTILE_HEADERS[value]}\n\nx".encode(), own=OWN))
    assert time.process_time() - begun < 5
