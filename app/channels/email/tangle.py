"""Tells HTML that no browser would read in reasonable time: thousands of elements opened within each other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape

DEEPEST = 500

_BEGINS = re.compile(r"<(?:!--|(/?)([a-zA-Z][^\s/>]{0,40}))")
_REST_OF_TAG = re.compile(r"""(?:[^>"']++|"[^"]*+"|'[^']*+')*+>""")
_MARKUP = re.compile(r"<[^<>]{0,10000}>")
_RAW = frozenset(
    ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext"]
)
# What mail programs open and do not close, and what closes by itself.
_CLOSES_ITSELF = frozenset(
    [
        "p",
        "li",
        "td",
        "th",
        "tr",
        "tbody",
        "thead",
        "tfoot",
        "option",
        "dt",
        "dd",
        "br",
        "img",
        "hr",
        "meta",
        "link",
        "input",
        "col",
        "area",
        "base",
        "wbr",
        "source",
        "html",
        "body",
    ]
)


def is_tangled(html: str) -> bool:
    """Whether more elements stand open at once than any mail program writes."""
    open_now: Counter[str] = Counter()
    depth = 0
    for closes, name in _tags(html):
        if name in _CLOSES_ITSELF:
            continue
        if not closes:
            open_now[name] += 1
            depth += 1
        elif open_now[name]:
            open_now[name] -= 1
            depth -= 1
        if depth > DEEPEST:
            return True
    return False


def without_tags(html: str) -> str:
    """The words of tangled HTML, in the order in which they stand."""
    return unescape(_MARKUP.sub(" ", html))


def _tags(html: str) -> Iterator[tuple[bool, str]]:
    """Tags in their order, without what stands in comments, attributes and scripts; in one walk, whatever is not closed."""
    at = 0
    lower = html.lower()
    while found := _BEGINS.search(html, at):
        if not found[2]:
            at = html.find("-->", found.end())
        else:
            name, closes = found[2].lower(), bool(found[1])
            yield closes, name
            rest = _REST_OF_TAG.match(html, found.end())
            at = rest.end() if rest else -1
            if rest and name in _RAW and not closes:
                at = lower.find(f"</{name}", at)
        if at < 0:
            return
