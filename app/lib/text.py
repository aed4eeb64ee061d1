"""Turns what people write into clean text, safe HTML and one-line previews."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

import nh3
from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from app.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

_TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "a", "code", "pre", "blockquote", "ul", "ol", "li"),
    *("h1", "h2", "h3", "h4", "h5", "h6"),
}
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_LONGEST_MARK_RUN = 30  # UAX 15, Stream-Safe Text Format
# Messages are read again and again, as they were written; longer ones are rare, and would fill the memory.
_REMEMBERED, _LONGEST_REMEMBERED = 2000, 1000


def markdown_to_html(text: str) -> Markup:
    """Markdown as sanitised HTML: CommonMark, strikethrough, bare links, newlines as breaks; no images, no raw HTML."""
    return _remembered_html(text) if len(text) <= _LONGEST_REMEMBERED else _html(text)


def _html(text: str) -> Markup:
    return Markup(  # noqa: S704  # nh3 has just sanitised it
        nh3.clean(
            _markdown().render(text),
            tags=_TAGS,
            attributes={"a": {"href", "title"}, "ol": {"start"}},
            url_schemes={"http", "https", "mailto", "tel"},
            link_rel="nofollow noopener noreferrer",
            set_tag_attribute_values={"a": {"target": "_blank"}},
        ).strip()
    )


def document_to_html(text: str) -> Markup:
    """A text of our own documentation: its lines are folded, and it may have tables."""
    rendered = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).render(text)
    tables = {"table", "thead", "tbody", "tr", "th", "td"}
    return Markup(nh3.clean(rendered, tags=_TAGS | tables, link_rel="noopener"))  # noqa: S704  # just sanitised


_remembered_html = lru_cache(_REMEMBERED)(_html)


def linked(text: str) -> Markup:
    """`text` exactly as it was written, escaped: newlines are breaks, bare addresses of the web and of mail are links."""
    parts, end = [], 0
    for found in _linkify().match(text) or ():
        if not found.url.lower().startswith(("https://", "http://", "mailto:")):
            continue
        parts.append(escape(text[end : found.index]))
        parts.append(
            Markup('<a href="{}" target="_blank" rel="nofollow noopener noreferrer">{}</a>').format(
                found.url, found.text
            )
        )
        end = found.last_index
    parts.append(escape(text[end:]))
    return Markup("").join(parts).replace("\n", Markup("<br>"))


def plain(markdown: str) -> str:
    """What `markdown` says, without its markup, on one line: for previews and notifications."""
    return _remembered_line(markdown) if len(markdown) <= _LONGEST_REMEMBERED else _line(markdown)


def _line(markdown: str) -> str:
    return " ".join("".join(_words(_markdown().parse(markdown))).split())


_remembered_line = lru_cache(_REMEMBERED)(_line)


def shorten(text: str, n: int) -> str:
    """`text` in at most `n` characters; where it is cut, at a word's end if one is near, an ellipsis stands."""
    if len(text) <= n:
        return text
    end = max(n - 1, 0)
    while end and _is_joined(text, end):
        end -= 1
    space = text.rfind(" ", max(end - 20, end // 2), end + 1)
    return text[: space if space > 0 else end].rstrip() + "…"[:n]


def clean(text: str, limit: int, *, field: str = "content") -> str:
    """`text` as it may be stored: NFC, newlines as `\\n`, no other control characters but tab, no lone surrogates.

    Raises Invalid for `field` when more than `limit` characters remain.
    """
    # NFC can shorten a text to a quarter at most, so anything longer need not be read.
    if len(text) <= 4 * limit + 1000:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        text = _SURROGATES.sub("", _CONTROLS.sub("", text))
        if not text.isascii():
            text = unicodedata.normalize("NFC", _with_short_mark_runs(text))
        if len(text) <= limit:
            return text
    raise Invalid({field: f"This is longer than {limit:,} characters."})


def is_rtl(text: str) -> bool:
    """Whether the first letter with a direction reads from right to left (UAX 9, rule P2)."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802  # markdown-it's own name
        # A relative link means nothing in a message, and would point into Parley itself.
        return url.lower().startswith(("https://", "http://", "mailto:", "tel:"))


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    parser = _Markdown("commonmark", {"html": False, "breaks": True, "linkify": True})
    return parser.enable(["strikethrough", "linkify"]).disable("image")


@lru_cache(maxsize=1)
def _linkify() -> LinkifyIt:
    return LinkifyIt()


def _words(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.children is not None:
            yield from _words(token.children)
        elif token.type in ("text", "code_inline"):
            yield token.content
        elif token.type in ("softbreak", "hardbreak"):
            yield " "
        elif token.block:
            # Block tokens part words even where the source had no white space between them.
            yield f" {token.content} "


def _is_joined(text: str, at: int) -> bool:
    """Whether a cut before `text[at]` would tear an accent, a skin tone or a joined emoji from what it belongs to."""
    character = text[at]
    return (
        unicodedata.category(character) in ("Mn", "Me", "Mc")
        or character == "\u200d"
        or text[at - 1] == "\u200d"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )


def _with_short_mark_runs(text: str) -> str:
    # Normalising is quadratic in a run of combining marks: 150,000 of them would hold a process for seconds.
    kept, run = [], 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= _LONGEST_MARK_RUN:
            kept.append(character)
    return "".join(kept)
