"""What people write becomes clean text, harmless HTML and honest previews, whatever they write."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.errors import Invalid
from app.lib.text import clean, is_rtl, markdown_to_html, plain, shorten

LINK = 'target="_blank" rel="nofollow noopener noreferrer"'


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Hello **Dana**", "<p>Hello <strong>Dana</strong></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("~~gone~~", "<p><s>gone</s></p>"),
        ("`a < b`", "<p><code>a &lt; b</code></p>"),
        ("5 < 6 & 7", "<p>5 &lt; 6 &amp; 7</p>"),
        ("<b>bold</b>", "<p>&lt;b&gt;bold&lt;/b&gt;</p>"),
        ("> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>"),
        (
            "[desk](https://example.com/a?b=1&c=2)",
            f'<p><a href="https://example.com/a?b=1&amp;c=2" {LINK}>desk</a></p>',
        ),
        ("see https://example.com.", f'<p>see <a href="https://example.com" {LINK}>https://example.com</a>.</p>'),
        ("dana@example.com", f'<p><a href="mailto:dana@example.com" {LINK}>dana@example.com</a></p>'),
        ("", ""),
    ],
)
def test_markdown_is_shown_as_it_is_meant(written: str, shown: str) -> None:
    assert _attributes_sorted(markdown_to_html(written)) == _attributes_sorted(shown)


def _attributes_sorted(html: str) -> str:
    return re.sub(r"<a ([^>]*)>", lambda found: "<a " + " ".join(sorted(found[1].split(" "))) + ">", html)


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#x09;script:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](data:image/svg+xml;base64,PHN2Zz4=)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    "[x](/accounts/1/settings)",
    "[x](//evil.example)",
    "[x](<javascript:alert(1)>)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "![x](https://tracker.example/pixel.gif)",
    '[x](https://e.com "onmouseover=alert(1)")',
    '[x](https://e.com/"onmouseover="alert(1))',
    "[x](https://e.com/'><script>alert(1)</script>)",
    "```html onload=alert(1)\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "<!--<img src=--><img src=x onerror=alert(1)//>",
    "<math><mtext><table><mglyph><style><img src onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<form action=javascript:alert(1)><button>",
    "<style>@import 'https://evil.example'</style>",
    "<base href=https://evil.example>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "\x00<\x00script>alert(1)</script>",
    "＜script＞alert(1)＜/script＞",
    "<p id=x name=y style='position:fixed' class=z onclick=alert(1)>",
]
TAG = re.compile(r"<(/?)([a-z0-9]+)((?: [a-z]+=\"[^\"<>]*\")*) ?/?>")
ALLOWED_TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "a", "code", "pre", "blockquote", "ul", "ol", "li"),
    *(f"h{n}" for n in range(1, 7)),
}
ALLOWED_ATTRIBUTES = {"href", "title", "rel", "target", "start"}


def assert_harmless(html: str) -> None:
    for tag in TAG.finditer(html):
        assert tag[2] in ALLOWED_TAGS
        assert set(re.findall(r" ([a-z]+)=", re.sub(r'="[^"]*"', "=", tag[3]))) <= ALLOWED_ATTRIBUTES
        for address in re.findall(r'href="([^"]*)"', tag[3]):
            assert re.match(r"(https?://|mailto:|tel:)", address, re.IGNORECASE)
    assert "<" not in TAG.sub("", html)


@pytest.mark.parametrize("written", HOSTILE)
def test_hostile_text_becomes_harmless_html(written: str) -> None:
    assert_harmless(markdown_to_html(written))


pieces = st.sampled_from(
    [
        *HOSTILE,
        "[",
        "](",
        ")",
        "`",
        "\n",
        "> ",
        "- ",
        "<",
        ">",
        "&lt;",
        '"',
        "'",
        "~~",
        "**",
        "http://",
        "\\",
        "\t",
        "\x00",
    ]
)


@hypothesis_settings(max_examples=200, deadline=None)
@given(written=st.lists(st.one_of(pieces, st.text(st.characters(), max_size=5)), max_size=8).map("".join))
def test_any_mixture_becomes_harmless_html_and_a_one_line_preview(written: str) -> None:
    cleaned = clean(written, 10_000)
    assert_harmless(markdown_to_html(cleaned))
    assert "\n" not in plain(cleaned)


@pytest.mark.parametrize(
    "unit",
    [
        "[",
        "![",
        "> ",
        "*a ",
        "**",
        "`",
        "<",
        "~~",
        "[](",
        "&",
        "a@",
        "http://",
        "- ",
        "_a",
        "\\",
        "[a](b",
        "\n\n",
        "(",
        "www.",
    ],
)
def test_no_repetition_of_20000_characters_holds_the_process(unit: str) -> None:
    begun = time.perf_counter()
    markdown_to_html(unit * (20_000 // len(unit)))
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("# Title\n\nfirst **bold** line\nsecond", "Title first bold line second"),
        ("- one\n- two", "one two"),
        ("[desk](https://example.com)", "desk"),
        ("```py\nx = 1\n```", "x = 1"),
        ("a < b <b>", "a < b <b>"),
        ("> quoted\n\nanswer", "quoted answer"),
        ("**b**old", "bold"),
        (" \n\t ", ""),
    ],
)
def test_a_preview_says_what_the_text_says(written: str, said: str) -> None:
    assert plain(written) == said


def test_short_text_is_not_shortened() -> None:
    assert shorten("hello", 5) == "hello"


@pytest.mark.parametrize(
    ("text", "n", "short"),
    [
        ("hello world again", 13, "hello world…"),
        ("abcdefghij", 5, "abcd…"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
        ("ab👩‍👩‍👧‍👧cd", 6, "ab…"),
        ("abe\u0301\u0301\u0301fg", 5, "ab…"),
        ("ab👍🏽cd", 4, "ab…"),
    ],
)
def test_text_is_cut_where_nothing_is_torn(text: str, n: int, short: str) -> None:
    assert shorten(text, n) == short


@given(text=st.text(), n=st.integers(0, 30))
def test_shortened_text_never_passes_its_length(text: str, n: int) -> None:
    assert len(shorten(text, n)) <= n


@pytest.mark.parametrize(
    ("given_text", "stored"),
    [
        ("a\x00b\x07c", "abc"),
        ("a\r\nb\rc\n", "a\nb\nc\n"),
        ("a\tb", "a\tb"),
        ("\x7f\x80\x9f", ""),
        ("a\ud800b\udfffc", "abc"),
        ("e\u0301", "é"),
        ("שלום 👩‍👧", "שלום 👩‍👧"),
    ],
)
def test_text_is_stored_clean(given_text: str, stored: str) -> None:
    assert clean(given_text, 100) == stored


@given(text=st.text(st.characters()))
def test_clean_text_is_storable_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text, 100_000)
    cleaned.encode()
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in cleaned)
    assert clean(cleaned, 100_000) == cleaned


def test_text_over_its_limit_is_refused_for_its_field() -> None:
    assert clean("a" * 10, 10) == "a" * 10
    assert clean("e\u0301" * 10, 10) == "é" * 10
    for long in ("a" * 11, "a" * 10_000_000):
        with pytest.raises(Invalid) as refused:
            clean(long, 10, field="subject")
        assert list(refused.value.fields) == ["subject"]


def test_a_mountain_of_accents_does_not_hold_the_process() -> None:
    begun = time.perf_counter()
    cleaned = clean("a" + "\u0301\u0316" * 75_000, 150_000)
    assert time.perf_counter() - begun < 2
    assert len(cleaned) < 40


@pytest.mark.parametrize(
    ("text", "rtl"),
    [("שלום", True), ("مرحبا Dana", True), ("Dana שלום", False), ("123 … שלום", True), ("", False), ("123", False)],
)
def test_the_first_letter_with_a_direction_decides(text: str, rtl: bool) -> None:
    assert is_rtl(text) is rtl
