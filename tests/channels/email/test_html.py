"""A mail's HTML is shown as it looks, and nothing in it runs, fetches or leaves its frame."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.header import Header
from html.parser import HTMLParser
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from app.channels.email.html import html_for_show
from app.channels.email.html_text import text_of
from app.channels.email.parse import parse
from app.channels.incoming import Inbound, Media
from tests.channels.email import hostile_html
from tests.channels.email.corpus import OWN, own_key

RUNS = {
    *(
        "script",
        "style",
        "svg",
        "math",
        "iframe",
        "frame",
        "frameset",
        "object",
        "embed",
        "applet",
        "base",
        "meta",
        "link",
        "form",
        "input",
        "button",
        "textarea",
    ),
    *(
        "select",
        "video",
        "audio",
        "source",
        "picture",
        "template",
        "noscript",
        "title",
        "xmp",
        "plaintext",
        "noembed",
        "noframes",
        "portal",
        "dialog",
        "marquee",
        "map",
        "area",
    ),
}
SCHEMES = re.compile(r"(?:https?://|mailto:|tel:|/files/)", re.IGNORECASE)
PICTURES = re.compile(r"(?:/files/|data:image/(?:png|gif|jpeg|webp);base64,)", re.IGNORECASE)


@pytest.fixture(autouse=True, scope="module")
def _own_key() -> Iterator[None]:
    with own_key():
        yield


def _elements(html: str) -> list[tuple[str, dict[str, str]]]:
    """As two parsers see them: the one that browsers' rules are written in, and a naive one."""
    tree = LexborHTMLParser(f"<body>{html}</body>")
    assert tree.body is not None
    found = [
        (node.tag or "", {key: value or "" for key, value in node.attributes.items()}) for node in tree.body.css("*")
    ]
    naive: list[tuple[str, dict[str, str]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            naive.append((tag, {key: value or "" for key, value in attrs}))

    Reader().feed(html)
    return [each for each in found + naive if each[0] != "body"]


def _is_harmless(html: str) -> None:
    for tag, attributes in _elements(html):
        assert tag not in RUNS, tag
        for name, value in attributes.items():
            assert not name.startswith("on"), name
            assert name not in ("srcdoc", "srcset", "ping", "action", "formaction", "xlink:href", "id", "download"), (
                name
            )
            if name == "href":
                assert SCHEMES.match(value), value
                assert "noopener" in attributes["rel"]
                assert attributes["target"] == "_blank"
            if name in ("src", "background"):
                assert PICTURES.match(value), value
            if name == "style":
                assert not re.search(r"url|expression|import|binding|position|\\|/\*|@|image-set|src\(", value, re.I), (
                    value
                )


def test_there_are_enough_payloads() -> None:
    assert len(set(hostile_html.ALL)) >= 300


@pytest.mark.parametrize("number", range(0, len(hostile_html.ALL), 25))
def test_nothing_that_runs_survives(number: int) -> None:
    for payload in hostile_html.ALL[number : number + 25]:
        for body in (payload, f"<div>before{payload}after</div>", f"<table><tr><td>{payload}</table>", payload * 3):
            shown = html_for_show(body, {}, False).html
            _is_harmless(shown)
            # What is shown is stable: read and written once more, as a browser may, it is still harmless.
            _is_harmless(html_for_show(shown, {}, True).html)


@pytest.mark.parametrize("number", range(0, len(hostile_html.ALL), 25))
def test_nothing_that_runs_survives_in_a_quote(number: int) -> None:
    for payload in hostile_html.ALL[number : number + 25]:
        _is_harmless(html_for_show(f"<p>new</p><div class='gmail_quote'>{payload}</div>", {}, False).html)
        _is_harmless(html_for_show(f"<p>new</p><div id=divRplyFwdMsg>{payload}</div><p>{payload}", {}, False).html)


@pytest.mark.parametrize("number", range(0, len(hostile_html.ALL), 50))
def test_hostile_names_and_subjects_stay_words(number: int) -> None:
    for payload in hostile_html.ALL[number : number + 50]:
        fact = _mail(payload)
        assert fact.sender is not None
        told: list[str] = [fact.content_attributes["email"]["subject"], fact.sender.name]
        told += [each.filename for each in fact.attachments if isinstance(each, Media)]
        for words in told:
            assert words == re.sub(r"[\x00-\x1f\x7f]", "", words), "one line, nothing unseen"
        for media in fact.attachments:
            assert "/" not in media.filename
            assert "\\" not in media.filename


def _mail(payload: str) -> Inbound:
    encoded = Header(payload, "utf-8", maxlinelen=10_000).encode()
    raw = (
        f'From: "{encoded}" <eve@evil.example>\r\nSubject: {encoded}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n'
        f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{payload}\r\n"
        f'--b\r\nContent-Type: image/png; name="{encoded}"\r\n\r\nx\r\n--b--\r\n'
    )
    (fact,) = parse(raw.encode("utf-8", "replace"), own=OWN)
    assert isinstance(fact, Inbound)
    return fact


def test_pictures_that_came_along_stand_in_their_places() -> None:
    html = "<img src='cid:A@b'><img src='CID:c%40d'><img src='cid:unknown'>"
    shown = html_for_show(html, {"a@b": "/files/1", "c@d": "/files/2"}, False)
    assert [a.get("src") for tag, a in _elements(shown.html) if tag == "img"][:3] == ["/files/1", "/files/2", None]
    assert shown.remote_images == 0


def test_pictures_from_elsewhere_wait_until_they_are_allowed() -> None:
    html = "<img src=https://t.example/a.gif alt=Hero><td background='http://t.example/b.gif'>x</td><table background=https://t.example/c.gif></table>"
    shut, open_ = html_for_show(html, {}, False), html_for_show(html, {}, True)
    assert shut.remote_images == open_.remote_images == 2
    assert "t.example" not in shut.html
    assert 'alt="Hero"' in shut.html
    assert 'src="https://t.example/a.gif"' in open_.html


def test_a_small_picture_written_out_is_shown() -> None:
    html = "<img src='data:image/png;base64,iVBORw0KGgo='>"
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in html_for_show(html, {}, False).html


def test_looks_are_kept() -> None:
    html = "<p style='color:#333;font-family:\"Segoe UI\",Arial;margin:0 0 8px;background:url(x)' align=center>x</p>"
    shown = html_for_show(html, {}, False).html
    assert "color:#333" in shown
    assert "margin:0 0 8px" in shown
    assert 'align="center"' in shown
    assert "url" not in shown


QUOTES: dict[str, str] = {
    "gmail": '<div>new</div><div class="gmail_quote"><div class="gmail_attr">On 1 Jan 2026 x wrote:</div><blockquote>old</blockquote></div>',
    "apple": '<div>new</div><div><br><blockquote type="cite"><div>On 1. Jan 2026, at 10:00, x wrote:</div>old</blockquote></div>',
    "outlook": '<p>new</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>From:</b> a@x.example<br><b>Sent:</b> 1<br><b>To:</b> b</p></div></div><p>old</p>',
    "outlook web": "<div>new</div><div id='appendonsend'></div><hr><div id='divRplyFwdMsg'>From: a</div><div>old</div>",
    "hotmail": "<div>new</div><hr id='stopSpelling'>From: x<br>old",
    "yahoo": "<div>new</div><div class='yahoo_quoted'>On 1 x wrote: old</div>",
    "thunderbird": "<p>new</p><div class='moz-cite-prefix'>On 1.1.26 x wrote:<br></div><blockquote type='cite'>old</blockquote>",
    "proton": "<div>new</div><div class='protonmail_quote'>old</div>",
    "windows mail": "<p>new</p><div id='mail-editor-reference-message-container'>old</div>",
    "mobile outlook": "<div>new</div><div class='ms-outlook-mobile-reference-message'>old</div>",
}


@pytest.mark.parametrize("program", QUOTES)
def test_what_is_quoted_can_be_folded(program: str) -> None:
    shown = html_for_show(QUOTES[program], {}, False).html
    before, folded, after = shown.partition('<details class="quote">')
    assert folded, "there is a fold"
    assert "new" in before
    assert "old" not in before
    assert "old" in after


def test_a_mail_that_is_nothing_but_a_quote_is_shown_open() -> None:
    html = (
        "<div class='gmail_quote'><div class='gmail_attr'>---------- Forwarded message ---------</div>all of it</div>"
    )
    assert "<details" not in html_for_show(html, {}, False).html


def test_two_answers_between_quotes_stay_where_they_are() -> None:
    html = "<blockquote type=cite>one?</blockquote><p>yes</p><blockquote type=cite>two?</blockquote><p>no</p>"
    shown = html_for_show(html, {}, False).html
    assert " ".join(text_of(shown).replace("•••", "").split()) == "> one? yes > two? no"


def test_tangled_html_is_shown_as_words() -> None:
    shown: Any = html_for_show("<div><b><a href=x>" * 20_000 + "<script>alert(1)</script>words", {}, False)
    _is_harmless(shown.html)
    assert "words" in shown.html


@pytest.mark.parametrize(
    "payload", ["<img src=x onerror=alert(1)>", "<svg>", "<a href=javascript:x>", "<p style='x:url(y)'>"]
)
def test_the_check_itself_finds_what_runs(payload: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        _is_harmless(payload)
